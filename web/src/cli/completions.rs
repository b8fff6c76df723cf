//! `flowforge completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::error::{CliError, Exit};

/// Print the completion script of a shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Exit, CliError> {
        clap_complete::generate(
            self.shell,
            &mut super::Cli::command(),
            "flowforge",
            &mut std::io::stdout(),
        );
        Ok(Exit::Ok)
    }
}
