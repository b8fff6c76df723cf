//! What differs, between two values, two workflows or two runs, as data that every surface shows.
//!
//! Sharing makes it cheap: equal addresses are skipped without looking inside, so the cost is that of
//! what differs, not of what is there.

mod list;
mod run;
mod value;
mod workflow;

use flowforge_engine::Value;
use serde::Serialize;

pub use run::{Divergence, FrameDiff, FrameRef, RunDiff, RunSide, Side, StatusChange, diff_runs};
pub use value::diff_values;
pub use workflow::{NodeDiff, WorkflowDiff, diff_workflows};

/// How a place differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Op {
    /// It is only in the second.
    Added,
    /// It is only in the first.
    Removed,
    /// It is in both, and different.
    Changed,
}

/// One place where two values differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Where, as a JSON pointer: into the first value when it was removed, else into the second.
    pub path: String,
    /// Where it was in the first value, when list items before it moved it.
    pub from: Option<String>,
    /// How.
    pub op: Op,
    /// What was there; null in JSON when it was added.
    pub before: Option<Value>,
    /// What is there; null in JSON when it was removed.
    pub after: Option<Value>,
    /// A unified diff with three lines of context, for texts of several lines.
    pub lines: Option<String>,
}
