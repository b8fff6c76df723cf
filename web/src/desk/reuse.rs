//! A script node becomes a node type of the workspace, tested on what was recorded of it.

use flowforge_ai::code::reusable::{self, EXAMPLES_MAX, Example, Reusable, Wish};
use flowforge_ai::context::Redaction;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::workflow::Node;
use flowforge_engine::{Clock, NodeId, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::{ReadError, RunFilter};

use super::Desk;
use super::error::DeskError;

/// How many of the latest runs are looked at for tests, and how many frames of each.
const RUNS_MAX: usize = 50;
const FRAMES_MAX: usize = 200;
/// Largest value in a test, in bytes.
const TEST_BYTES_MAX: u64 = 16 << 10;

/// A wish for a node type.
pub(crate) struct Reuse<'a> {
    /// The workflow that has the node.
    pub(crate) workflow: WorkflowId,
    /// The workflow as the person sees it, when that is not the saved one.
    pub(crate) draft: Option<Workflow>,
    /// The script node.
    pub(crate) node: &'a NodeId,
    /// Its name in files.
    pub(crate) name: &'a str,
    /// Its name for people.
    pub(crate) title: &'a str,
    /// What it is for.
    pub(crate) description: &'a str,
    /// Tests of the person's own; what was recorded when empty.
    pub(crate) examples: Vec<Example>,
}

impl Desk {
    /// Makes the node type and runs its tests; nothing is kept yet.
    pub(crate) async fn reusable(&self, wish: Reuse<'_>) -> Result<Reusable, DeskError> {
        let workflow = match wish.draft {
            Some(draft) => draft,
            None => self.current(&wish.workflow)?,
        };
        let node = workflow.graph.node(wish.node.as_str());
        let node = node.ok_or_else(|| DeskError::NoNode(wish.node.clone()))?;
        let examples = match wish.examples.is_empty() {
            true => self.recorded(&wish.workflow, node)?,
            false => wish.examples,
        };
        let wanted = Wish {
            node,
            name: wish.name,
            title: wish.title,
            description: wish.description,
            examples,
        };
        let now = SystemClock.now();
        Ok(reusable::make(&wanted, 1, now, &self.lab(), &workflow).await?)
    }

    /// What this script was seen to do, the latest first, different inputs only.
    fn recorded(&self, workflow: &WorkflowId, node: &Node) -> Result<Vec<Example>, ReadError> {
        let filter = RunFilter {
            workflow: Some(workflow.clone()),
            ..RunFilter::default()
        };
        let mut found: Vec<Example> = Vec::new();
        for row in self.journal().runs(&filter, None, RUNS_MAX)?.rows {
            let Some(executed) = self.journal().workflow(row.workflow.hash)? else {
                continue;
            };
            let then = executed.graph.node(node.id.as_str());
            if then.is_none_or(|then| then.params != node.params) {
                continue;
            }
            let of_node = FrameFilter {
                node: Some(node.id.clone()),
                status: Some(Status::Completed),
                ..FrameFilter::default()
            };
            let page = self.journal().frames(row.run, &of_node, None, FRAMES_MAX)?;
            let redaction = Redaction::new(&executed);
            for example in page.frames.into_iter().filter_map(example) {
                let is_new = found.iter().all(|known| known.input != example.input);
                if is_new && may_be_kept(&example, &redaction) {
                    found.push(example);
                }
                if found.len() == EXAMPLES_MAX {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

fn example(frame: ExecutionFrame) -> Option<Example> {
    Some(Example {
        input: frame.input?,
        output: frame.output?.to_value(),
    })
}

/// A test is kept for long and shown to models, so it holds nothing secret and nothing large.
fn may_be_kept(example: &Example, redaction: &Redaction) -> bool {
    [&example.input, &example.output]
        .into_iter()
        .all(|value| value.size_bytes() <= TEST_BYTES_MAX && redaction.value(value) == *value)
}
