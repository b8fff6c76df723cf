//! A static complaint about a workflow: what, where, how bad, and what to do.

use serde::{Deserialize, Serialize};

use crate::id::NodeId;

/// Where something is: a node, a parameter of it, a line of its script, an edge, or a place in a file.
/// Every part is optional; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// The node.
    pub node: Option<NodeId>,
    /// The parameter of the node, as a JSON pointer below `params` (`/fields/total`).
    pub param: Option<String>,
    /// The edge, by its position in the file, counted from 0.
    pub edge: Option<u32>,
    /// The line, in the script when `param` is there, else in the file.
    pub line: Option<u32>,
    /// The column.
    pub column: Option<u32>,
}

impl Place {
    /// The place that is this node.
    pub fn node(node: impl Into<NodeId>) -> Self {
        Self {
            node: Some(node.into()),
            ..Self::default()
        }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The workflow can run, but probably not as meant.
    Warning,
    /// The workflow cannot run.
    Error,
}

/// One static complaint about a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The stable name of the complaint, in kebab-case: `unknown-type`, `cycle`.
    pub code: String,
    /// One sentence: what was expected and what was found.
    pub message: String,
    /// What to do next, when something can be said.
    pub hint: Option<String>,
    /// Where.
    pub place: Place,
}
