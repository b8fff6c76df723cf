//! FlowForge: one binary. Its first argument decides what this process is: a sandbox worker that
//! evaluates hostile code and knows nothing else, or the command line.
//!
//! Reading order: `cli` (commands), `service` (what the routes share), `routes` (one file per noun), `access`
//! (who may ask), `rooms` (shared documents), `hub` and `sse` (what happens, as it happens), `problem` (errors as HTTP).

mod access;
mod assets;
mod beacon;
mod body;
mod cli;
mod colleague;
mod config;
mod connections;
mod desk;
mod examples;
mod headers;
mod healer;
mod history;
mod hub;
mod metrics;
mod models;
mod openapi;
mod past;
mod pieces;
mod plans;
mod preview;
mod problem;
mod record;
mod retention;
mod rooms;
mod routes;
mod service;
mod shelf;
mod sse;
mod stall;

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
