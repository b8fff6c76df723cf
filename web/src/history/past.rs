//! The versions of a workflow, from the first on.

use std::ops::RangeInclusive;

use flowforge_engine::{Address, Workflow, WorkflowId};
use flowforge_snapshots::{Journal, NotedVersion, ReadError};

use crate::problem::HttpProblem;

/// The versions of a workflow that were saved, in that order.
pub(crate) struct Past {
    pub(crate) id: WorkflowId,
    pub(crate) versions: Vec<NotedVersion>,
}

impl Past {
    /// Reads them.
    pub(crate) fn of(journal: &Journal, id: &str) -> Result<Self, HttpProblem> {
        let id = WorkflowId::from(id);
        let mut versions = journal.workflow_history(&id, None, usize::MAX)?;
        versions.reverse();
        if versions.is_empty() {
            return Err(HttpProblem::no_workflow(id.as_str()));
        }
        Ok(Self { id, versions })
    }

    /// Where a version stands; the last time it was saved.
    pub(crate) fn find(&self, hash: Address) -> Result<usize, HttpProblem> {
        self.position(hash).ok_or_else(|| {
            let detail = format!("`{}` has no version {hash}", self.id);
            let hint = format!("GET /api/v1/workflows/{}/history lists them", self.id);
            HttpProblem::not_found("no-such-version", detail).with_hint(hint)
        })
    }

    /// Where a version stands, if it is there.
    pub(crate) fn position(&self, hash: Address) -> Option<usize> {
        let mut versions = self.versions.iter();
        versions.rposition(|version| version.saved.hash == hash)
    }

    /// The versions between two, from the earlier one on: from its last saving before the later one's last.
    pub(crate) fn between(
        &self,
        from: Address,
        to: Address,
    ) -> Result<RangeInclusive<usize>, HttpProblem> {
        self.find(from)?;
        let end = self.find(to)?;
        let mut earlier = self.versions[..=end].iter();
        match earlier.rposition(|version| version.saved.hash == from) {
            Some(start) => Ok(start..=end),
            None => Ok(end..=self.find(from)?),
        }
    }

    /// The current version.
    pub(crate) fn last(&self) -> &NotedVersion {
        self.versions.last().expect("a past has a version")
    }
}

/// The document of a version that is listed.
pub(crate) fn document(journal: &Journal, hash: Address) -> Result<Workflow, ReadError> {
    journal.workflow(hash)?.ok_or_else(|| ReadError::Damaged {
        what: format!("the version {hash}"),
        why: "its document is missing".into(),
    })
}
