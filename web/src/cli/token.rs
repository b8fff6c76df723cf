//! `flowforge token`.

use clap::Subcommand;
use serde::Serialize;

use super::error::{CliError, Exit};
use super::output::Output;
use super::workspace::Workspace;
use crate::access::Access;

/// Tokens let programs use the API.
#[derive(Debug, clap::Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token; it is shown once.
    Create {
        /// What to call it.
        name: String,
    },
}

/// A token, for programs.
#[derive(Serialize)]
struct Made {
    token: String,
}

impl Token {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let Action::Create { name } = self.action;
        workspace.make_folder()?;
        let access = Access::open(workspace.folder())?;
        let (_, secret) = access.create_token(&name)?;
        let token = secret.text().to_owned();
        output.result(&Made { token }, |made| {
            format!(
                "{}\nIt is shown only now. Send it as: Authorization: Bearer …",
                made.token
            )
        });
        Ok(Exit::Ok)
    }
}
