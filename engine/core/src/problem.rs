//! A static complaint about a workflow: what, where, how bad, and what to do.

use std::fmt;

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
    /// A field that is not a parameter, as a JSON pointer from the top of the document (`/graph/nodes/3/onError`).
    pub field: Option<String>,
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

    /// The place that is the edge at this position.
    #[must_use]
    pub fn edge(position: usize) -> Self {
        Self {
            edge: u32::try_from(position).ok(),
            ..Self::default()
        }
    }

    /// The place that is this field of the document.
    pub fn field(pointer: impl Into<String>) -> Self {
        Self {
            field: Some(pointer.into()),
            ..Self::default()
        }
    }

    /// The same place, narrowed to a field.
    #[must_use]
    pub fn in_field(self, pointer: impl Into<String>) -> Self {
        Self {
            field: Some(pointer.into()),
            ..self
        }
    }

    /// The same place, narrowed to a parameter.
    #[must_use]
    pub fn in_param(self, pointer: impl Into<String>) -> Self {
        Self {
            param: Some(pointer.into()),
            ..self
        }
    }
}

impl fmt::Display for Place {
    /// On one line: `total /code 3:14`, `edge 2`, `/config/maxParallel`, or `workflow`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edge = self.edge.map(|edge| format!("edge {edge}"));
        let line = self
            .line
            .map(|line| format!("{line}:{}", self.column.unwrap_or(1)));
        let node = self.node.as_ref().map(NodeId::as_str);
        let parts: Vec<&str> = [
            node,
            edge.as_deref(),
            self.param.as_deref(),
            self.field.as_deref(),
            line.as_deref(),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(if parts.is_empty() { "workflow" } else { "" })?;
        f.write_str(&parts.join(" "))
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

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
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

impl Problem {
    /// A complaint that keeps the workflow from running.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.into(),
            message: message.into(),
            hint: None,
            place: Place::default(),
        }
    }

    /// A complaint about something that probably was not meant.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// The same complaint at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same complaint with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Whether it keeps the workflow from running.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    /// On one line: severity, code, place, message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}: {}",
            self.severity, self.code, self.place, self.message
        )
    }
}
