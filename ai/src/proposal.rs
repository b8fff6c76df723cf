//! A change that nobody has accepted yet, with everything that a person needs to judge it.
//!
//! Reading order: the shapes here, `make` (a patch becomes a proposal), `ground` (what it rests on),
//! `parts` (how it comes apart), `summary`, `hosts`, `hidden` and `sentence` (what it does, in words),
//! `accept` (a proposal becomes a workflow), `show` (a proposal as lines of text).

mod accept;
mod ground;
mod hidden;
mod hosts;
#[cfg(test)]
mod laws;
mod make;
mod parts;
mod sentence;
mod show;
mod summary;

pub use accept::{Accepted, Stale, accept};
pub use ground::{Ground, Thing};
pub use hidden::visible;
pub use sentence::sentences;
pub use show::show;

use flowforge_engine::edit::Patch;
use flowforge_engine::problem::Problem;
use flowforge_engine::{Address, NodeId, RunId, Seq, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};

use crate::lab::Asked;
use crate::model::Usage;

/// Who made a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Origin {
    /// The built-in planner, which knows no language model.
    Planner,
    /// A built-in rule for a kind of failure.
    Rule {
        /// Its name.
        name: String,
    },
    /// A language model.
    Model {
        /// As it names itself.
        model: String,
    },
    /// People, in a branch of the workflow.
    Branch {
        /// The branch.
        from: WorkflowId,
    },
}

/// What a patch does, computed from the patch and the graph, never from a model's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// One sentence a change, in the order of the patch.
    pub lines: Vec<String>,
    /// Hosts that the result contacts and the base does not; an expression stands as it is written.
    pub new_hosts: Vec<String>,
    /// Credentials that the result uses and the base does not.
    pub new_credentials: Vec<String>,
    /// Triggers that appear, change or disappear.
    pub triggers: Vec<String>,
    /// Nodes whose code or expressions change.
    pub code: Vec<NodeId>,
    /// Whether text that changed holds characters that cannot be seen or that change the reading direction.
    pub hidden_text: Vec<NodeId>,
}

/// A part of a patch that can be accepted without the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its number, from 0.
    pub id: usize,
    /// What it does, in one line.
    pub title: String,
    /// The edits, by their position in the patch.
    pub edits: Vec<usize>,
    /// Parts that it cannot be without.
    pub needs: Vec<usize>,
}

/// What a fix was shown to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The failing frames it was replayed on, and how many of these it mends.
    pub fixes: Count,
    /// The good frames of the same node it was replayed on, and how many keep their output.
    pub keeps: Count,
    /// The frames downstream that were replayed, and how many are as they were.
    pub downstream: Count,
    /// Outputs that differ, for a person to look at.
    pub changes: Vec<ChangedOutput>,
    /// What it would send that no recording answers; then it is no fix but a fix that needs a live try.
    pub would_send: Vec<Asked>,
    /// How long the replays took, in milliseconds.
    pub took_ms: u64,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many did.
    pub did: u32,
    /// Of how many.
    pub of: u32,
}

/// An output that a replay gave and the recording did not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedOutput {
    /// The run.
    pub run: RunId,
    /// The frame.
    pub frame: Seq,
    /// Its node.
    pub node_id: NodeId,
    /// As it was, cut.
    pub recorded: String,
    /// As it would be, cut.
    pub replayed: String,
}

/// One call of a model, as it can be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The prompt's name and version: `edit@1f0c33d2`.
    pub prompt: String,
    /// The model, as it names itself.
    pub model: String,
    /// What it used.
    pub usage: Usage,
    /// The frames that were read for it.
    pub read: Vec<(RunId, Seq)>,
}

/// Where a proposal is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum State {
    /// Nobody has decided.
    Open,
    /// Applied, whole or in part.
    #[serde(rename_all = "camelCase")]
    Accepted {
        /// By whom: their id.
        by: String,
        /// What they were called then; empty when nobody wrote it down.
        #[serde(default)]
        by_name: String,
        /// When.
        at: Timestamp,
        /// The version of the workflow that it made.
        version: Address,
        /// The parts; all when empty. As JSON under a name of its own: the state lies among the proposal's fields,
        /// and `parts` there are all that it has.
        #[serde(rename = "acceptedParts")]
        parts: Vec<usize>,
    },
    /// Refused by a person.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// By whom: their id.
        by: String,
        /// What they were called then; empty when nobody wrote it down.
        #[serde(default)]
        by_name: String,
        /// When.
        at: Timestamp,
    },
}

/// A change that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its id; sorts by time.
    pub id: String,
    /// The workflow it changes.
    pub workflow: WorkflowId,
    /// The version that the patch was made for.
    pub base: Address,
    /// The change.
    pub patch: Patch,
    /// The content address of exactly this patch; accepting names it.
    pub hash: Address,
    /// A few words, made from the patch.
    pub title: String,
    /// Why, in the words of whoever proposes; plain text, to be shown as such.
    pub reason: String,
    /// Who proposes.
    pub origin: Origin,
    /// What it does.
    pub summary: Summary,
    /// How it can be taken apart.
    pub parts: Vec<Part>,
    /// What the checks say of the result.
    pub problems: Vec<Problem>,
    /// What the patch rests on, as it was in the base; a later version in which all of it is the same can
    /// take the patch as well.
    #[serde(default)]
    pub ground: Vec<Ground>,
    /// For a fix: the run and the frame that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mends: Option<(RunId, Seq)>,
    /// For a fix: what its replays showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The model calls behind it.
    pub receipts: Vec<Receipt>,
    /// The conversation it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// When it was made.
    pub made: Timestamp,
    /// What became of it.
    #[serde(flatten)]
    pub state: State,
}
