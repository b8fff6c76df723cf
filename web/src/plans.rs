//! The current workflows, ready to run: checked and planned once for each time they are saved.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowforge_engine::WorkflowId;
use flowforge_engine::machine::Plan;
use flowforge_runtime::Runtime;

use crate::problem::HttpProblem;

/// Most plans that are kept; then all are forgotten.
const PLANS_MAX: usize = 256;

/// Plans by workflow.
pub(crate) struct Plans {
    runtime: Runtime,
    known: Mutex<HashMap<WorkflowId, Arc<Plan>>>,
}

impl Plans {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            known: Mutex::default(),
        }
    }

    /// The plan that is known without asking the journal.
    pub(crate) fn known(&self, id: &WorkflowId) -> Option<Arc<Plan>> {
        self.plans().get(id).cloned()
    }

    /// The plan of the current version. Reads the journal.
    pub(crate) fn load(&self, id: &WorkflowId) -> Result<Arc<Plan>, HttpProblem> {
        let workflow = self.runtime.journal().latest_workflow(id)?;
        let workflow = workflow.ok_or_else(|| HttpProblem::no_workflow(id.as_str()))?;
        let (plan, _warnings) = self.runtime.prepare(workflow)?;
        self.keep(id, &plan)?;
        Ok(plan)
    }

    /// Keeps a plan, unless the workflow was saved meanwhile.
    fn keep(&self, id: &WorkflowId, plan: &Arc<Plan>) -> Result<(), HttpProblem> {
        let mut plans = self.plans();
        let current = self.runtime.journal().latest_workflow(id)?;
        if current.is_some_and(|current| current.hash() == plan.reference().hash) {
            if plans.len() >= PLANS_MAX {
                plans.clear();
            }
            plans.insert(id.clone(), Arc::clone(plan));
        }
        Ok(())
    }

    /// Forgets a plan, after its workflow was saved or removed.
    pub(crate) fn forget(&self, id: &WorkflowId) {
        self.plans().remove(id);
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<WorkflowId, Arc<Plan>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
