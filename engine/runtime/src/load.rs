//! A run's state, folded from the journal.

use std::sync::Arc;

use flowforge_engine::event::{Event, Recorded, WorkflowRef};
use flowforge_engine::machine::{Plan, Run};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::Journal;

use crate::error::RuntimeError;

/// A run's events and the plans they name.
pub(crate) struct History {
    pub(crate) events: Vec<Recorded>,
    plans: Vec<Arc<Plan>>,
}

impl History {
    /// The events of `run`, those it shares with its origin included.
    pub(crate) fn read(
        journal: &Journal,
        catalogue: &Catalogue,
        run: RunId,
    ) -> Result<Self, RuntimeError> {
        if journal.run(run)?.is_none() {
            return Err(RuntimeError::NoRun(run));
        }
        let events = journal.read(run, Seq(0), None)?;
        let plans = events
            .iter()
            .filter_map(|recorded| workflow_of(&recorded.event));
        let plans = plans
            .map(|workflow| plan(journal, catalogue, run, workflow))
            .collect::<Result<_, _>>()?;
        Ok(Self { events, plans })
    }

    /// The number of the last event.
    pub(crate) fn last(&self) -> Seq {
        self.events.last().map_or(Seq(0), |recorded| recorded.seq)
    }

    /// A run under the id `id`, before its first event, that knows every plan.
    pub(crate) fn fresh(&self, id: RunId, catalogue: &Arc<Catalogue>) -> Run {
        let mut run = Run::new(id, Arc::clone(&self.plans[0]), Arc::clone(catalogue));
        for plan in &self.plans {
            run.know(Arc::clone(plan));
        }
        run
    }

    /// The run folded up to `seq`.
    pub(crate) fn fold(&self, id: RunId, catalogue: &Arc<Catalogue>, seq: Seq) -> Run {
        let mut run = self.fresh(id, catalogue);
        self.until(seq).for_each(|recorded| run.apply(recorded));
        run
    }

    /// The events up to and including `seq`.
    pub(crate) fn until(&self, seq: Seq) -> impl Iterator<Item = &Recorded> {
        self.events
            .iter()
            .take_while(move |recorded| recorded.seq <= seq)
    }
}

fn workflow_of(event: &Event) -> Option<&WorkflowRef> {
    match event {
        Event::RunStarted { workflow, .. } => Some(workflow),
        Event::RunForked { changes, .. } => changes.workflow.as_ref(),
        Event::RunMended { workflow, .. } => Some(workflow),
        _ => None,
    }
}

fn plan(
    journal: &Journal,
    catalogue: &Catalogue,
    run: RunId,
    workflow: &WorkflowRef,
) -> Result<Arc<Plan>, RuntimeError> {
    let document = journal.workflow(workflow.hash)?;
    let missing = || {
        format!(
            "version {} of `{}` is not in the journal",
            workflow.version, workflow.id
        )
    };
    let document = document.ok_or_else(|| RuntimeError::Workflow {
        run,
        reason: missing(),
    })?;
    Ok(Arc::new(Plan::new(document, catalogue)))
}
