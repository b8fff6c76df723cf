//! `flowforge token`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::error::{CliError, Exit};
use super::output::Output;
use super::remote::Remote;
use super::workspace::Workspace;
use crate::access::{Access, Right};

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
        /// It lets its holder look at everything and change nothing.
        #[arg(long)]
        viewer: bool,
    },
}

fn right(viewer: bool) -> Right {
    if viewer { Right::Viewer } else { Right::Editor }
}

/// A token, for programs.
#[derive(Serialize)]
struct Made {
    token: String,
}

impl Token {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let Action::Create { name, viewer } = self.action;
        workspace.make_folder()?;
        let access = Access::open(workspace.folder())?;
        let (_, secret) = access.create_token(&name, right(viewer))?;
        show(secret.text(), output);
        Ok(Exit::Ok)
    }

    /// Has the service make it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let Action::Create { name, viewer } = self.action;
        let made = remote
            .post(
                "/tokens",
                &[],
                &json!({ "name": name, "right": right(viewer) }),
            )
            .await?;
        show(made["token"].as_str().unwrap_or_default(), output);
        Ok(Exit::Ok)
    }
}

fn show(token: &str, output: &Output) {
    let token = token.to_owned();
    output.result(&Made { token }, |made| {
        format!(
            "{}\nIt is shown only now. Send it as: Authorization: Bearer …",
            made.token
        )
    });
}
