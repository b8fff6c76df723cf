//! What a frame's node was: its type, and the address of what it computes with.
//!
//! Events do not say it; the workflow that the frame ran under does. Looking through a run asks for the same
//! few workflows again and again, so what they say is remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flowforge_engine::frame::{ExecutionFrame, Snapshot, code_hash};
use flowforge_engine::{Address, NodeId, Workflow};

use super::FramePage;
use crate::error::ReadError;
use crate::journal::Journal;

/// Workflows that are remembered; all are forgotten when there are more.
const WORKFLOWS_MAX: usize = 64;

/// Node types and code hashes of the workflows that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Labels(Mutex<HashMap<Address, Arc<Nodes>>>);

/// Node type and code hash by node; empty for a workflow that is not there.
type Nodes = HashMap<NodeId, (String, Address)>;

fn nodes(workflow: &Workflow) -> Nodes {
    let label = |node: &flowforge_engine::workflow::Node| (node.kind.clone(), code_hash(node));
    workflow
        .graph
        .nodes
        .iter()
        .map(|node| (node.id.clone(), label(node)))
        .collect()
}

impl Labels {
    fn get(&self, workflow: &Address) -> Option<Arc<Nodes>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(workflow)
            .cloned()
    }

    fn put(&self, workflow: Address, nodes: Arc<Nodes>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= WORKFLOWS_MAX {
            known.clear();
        }
        known.insert(workflow, nodes);
    }
}

/// Says of frames what their nodes were, one workflow looked up once.
struct Labeller<'a> {
    journal: &'a Journal,
    last: Option<(Address, Arc<Nodes>)>,
}

impl Labeller<'_> {
    fn label<V>(&mut self, frame: &mut ExecutionFrame<V>) -> Result<(), ReadError> {
        let workflow = frame.workflow_version;
        let nodes = match &self.last {
            Some((known, nodes)) if *known == workflow => nodes,
            _ => {
                &self
                    .last
                    .insert((workflow, self.journal.nodes_of(workflow)?))
                    .1
            }
        };
        if let Some((kind, code)) = nodes.get(&frame.node_id) {
            frame.node_type = Some(kind.clone());
            frame.code_hash = Some(*code);
        }
        Ok(())
    }
}

impl Journal {
    fn nodes_of(&self, workflow: Address) -> Result<Arc<Nodes>, ReadError> {
        if let Some(known) = self.labels().get(&workflow) {
            return Ok(known);
        }
        // One that is not there yet may come later, so that is not remembered.
        let Some(found) = self.workflow(workflow)? else {
            return Ok(Arc::default());
        };
        let found = Arc::new(nodes(&found));
        self.labels().put(workflow, Arc::clone(&found));
        Ok(found)
    }

    pub(super) fn labelled<V>(&self, mut snapshot: Snapshot<V>) -> Result<Snapshot<V>, ReadError> {
        let mut labeller = Labeller {
            journal: self,
            last: None,
        };
        for frame in snapshot
            .nodes
            .values_mut()
            .filter_map(|node| node.frame.as_mut())
        {
            labeller.label(frame)?;
        }
        Ok(snapshot)
    }

    pub(super) fn labelled_page<V>(
        &self,
        mut page: FramePage<V>,
    ) -> Result<FramePage<V>, ReadError> {
        let mut labeller = Labeller {
            journal: self,
            last: None,
        };
        for frame in &mut page.frames {
            labeller.label(frame)?;
        }
        Ok(page)
    }
}
