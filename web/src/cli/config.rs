//! `flowforge config`.

use clap::Subcommand;

use super::error::{CliError, Exit};
use super::output::{Output, table};
use super::workspace::Workspace;
use crate::config::Config;

/// Show every setting and where its value came from.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowConfig {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every setting and where its value came from.
    Show,
}

impl ShowConfig {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let Action::Show = self.action;
        output.result(workspace.config(), text);
        Ok(Exit::Ok)
    }
}

fn text(config: &Config) -> String {
    let json = serde_json::to_value(config).unwrap_or_default();
    let rows = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, setting)| {
            [
                name.clone(),
                setting["value"].to_string(),
                setting["origin"].as_str().unwrap_or_default().to_owned(),
            ]
        });
    table(["setting", "value", "from"], rows)
}
