//! `flowforge nodes`.

use std::sync::Arc;

use flowforge_engine::node_type::{Catalogue, NodeSpec, NodeType};
use flowforge_snapshots::search::NodeIndex;

use super::error::{CliError, Exit};
use super::output::{Output, pretty, table};
use super::remote::Remote;
use super::workspace::Workspace;

/// Most node types that a search prints.
const FOUND_MAX: usize = 50;

/// List the node types, search them, or print one's page.
#[derive(Debug, clap::Args)]
pub(crate) struct Nodes {
    /// Words to search for, or the name of a node type: `loop`, `http.request`.
    query: Option<String>,
}

impl Nodes {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        self.print(&workspace.catalogue()?, output)
    }

    /// Those of the service.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        self.print(&remote.catalogue().await?, output)
    }

    fn print(self, catalogue: &Catalogue, output: &Output) -> Result<Exit, CliError> {
        let query = self.query.unwrap_or_default();
        if let Some(exact) = catalogue.get(&query) {
            output.result(exact.spec(), page);
            return Ok(Exit::Ok);
        }
        let found = find(catalogue, &query);
        if found.is_empty() {
            return Err(CliError::NoNodeType(query));
        }
        let nodes: Vec<&NodeSpec> = found.iter().map(|kind| kind.spec()).collect();
        output.result(&nodes, |nodes| list(nodes));
        Ok(Exit::Ok)
    }
}

fn find(catalogue: &Catalogue, query: &str) -> Vec<Arc<dyn NodeType>> {
    NodeIndex::new(catalogue)
        .find(query, FOUND_MAX)
        .into_iter()
        .map(|(_, kind)| kind)
        .collect()
}

fn list(nodes: &[&NodeSpec]) -> String {
    let rows = nodes.iter().map(|spec| {
        [
            spec.name.to_owned(),
            spec.title.to_owned(),
            spec.summary.to_owned(),
        ]
    });
    table(["type", "title", "what it does"], rows)
}

fn page(spec: &NodeSpec) -> String {
    let ports = |ports: &[flowforge_engine::node_type::Port]| {
        let names: Vec<_> = ports
            .iter()
            .map(|port| format!("{} ({}): {}", port.name, port.kind, port.about))
            .collect();
        if names.is_empty() {
            "none".into()
        } else {
            names.join("; ")
        }
    };
    format!(
        "{} — {}\n{}\n\n{}\n\nin:  {}\nout: {}\n\nparameters (JSON Schema):\n{}",
        spec.name,
        spec.title,
        spec.summary,
        spec.docs.trim(),
        ports(&spec.inputs),
        ports(&spec.outputs),
        pretty(&spec.params)
    )
}
