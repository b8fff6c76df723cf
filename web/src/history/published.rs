//! Which version of a workflow triggers run. What is edited is a draft until somebody publishes it.

use flowforge_engine::{Address, Timestamp, WorkflowId};
use flowforge_snapshots::{Author, Journal, ReadError, WriteError};
use serde::{Deserialize, Serialize};

use crate::record;

/// The kind of record that says which version is published.
const KIND: &str = "published";

/// That a version was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Published {
    /// The version.
    pub(crate) hash: Address,
    /// When.
    pub(crate) at: Timestamp,
    /// By whom.
    pub(crate) by: Author,
}

/// The published version, if there is one.
pub(crate) fn find(journal: &Journal, id: &WorkflowId) -> Result<Option<Published>, ReadError> {
    record::find(journal, KIND, id.as_str())
}

/// Publishes a version in place of the one before.
pub(crate) fn keep(
    journal: &Journal,
    id: &WorkflowId,
    published: &Published,
) -> Result<(), WriteError> {
    record::keep(journal, KIND, id.as_str(), published)
}

/// Forgets what was published, when the workflow is removed.
pub(crate) fn forget(journal: &Journal, id: &WorkflowId) -> Result<(), WriteError> {
    journal.remove_record(KIND, id.as_str()).map(drop)
}
