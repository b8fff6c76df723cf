//! FlowForge: one binary. Its first argument decides what this process is: a sandbox worker that
//! evaluates hostile code and knows nothing else, or the command line.

mod cli;
mod config;

use std::process::ExitCode;

use flowforge_runtime::sandbox;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == sandbox::worker::ARGUMENT)
    {
        return sandbox::worker::main();
    }
    cli::main()
}
