//! The versions of a workflow that were saved, and taking a workflow off the list.

use flowforge_engine::{Address, Timestamp, WorkflowId};
use redb::{ReadTransaction, ReadableTable};
use serde::Serialize;

use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::read::{document, missing_document};
use crate::row::{seal, unseal};
use crate::tables;

const TABLE: &str = "saved_at";

/// A version of a workflow, as it was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedVersion {
    /// The content address of its document.
    pub hash: Address,
    /// The number that the document gives itself.
    pub version: u64,
    /// When it was saved; absent when that was before such times were kept.
    pub saved_at: Option<Timestamp>,
}

impl Journal {
    /// The versions that were saved under this id, the current one first. One that was saved again after
    /// another is there twice. None for an id that was never saved, or was removed.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn workflow_versions(&self, id: &WorkflowId) -> Result<Vec<SavedVersion>, ReadError> {
        self.store().read(|transaction| {
            let saved = transaction.open_table(tables::SAVED)?;
            let rows = saved.range((id.as_str(), 0)..=(id.as_str(), u64::MAX))?;
            rows.rev()
                .map(|entry| {
                    let (key, hash) = entry?;
                    saved_version(transaction, key.value(), Address(*hash.value()))
                })
                .collect()
        })
    }

    /// Takes a workflow off the list of workflows, and waits until that is durable: it has no current version
    /// any more. Its documents stay, for runs that used them. Whether it was on the list.
    ///
    /// # Errors
    /// When storage fails.
    pub fn remove_workflow(&self, id: &WorkflowId) -> Result<bool, WriteError> {
        let id = id.clone();
        self.alone(move |store, _| {
            store.write(|transaction| {
                let all = (id.as_str(), 0)..=(id.as_str(), u64::MAX);
                let mut saved = transaction.open_table(tables::SAVED)?;
                let was_listed = saved.range(all.clone())?.next().is_some();
                saved.retain_in(all.clone(), |_, _| false)?;
                let mut times = transaction.open_table(tables::SAVED_AT)?;
                times.retain_in(all.clone(), |_, _| false)?;
                let mut notes = transaction.open_table(tables::NOTES)?;
                notes.retain_in(all, |_, _| false)?;
                Ok(was_listed)
            })
        })
    }
}

/// The version that was saved under this key.
pub(crate) fn saved_version(
    transaction: &ReadTransaction,
    key: (&str, u64),
    hash: Address,
) -> Result<SavedVersion, ReadError> {
    let documents = transaction.open_table(tables::WORKFLOWS)?;
    let (workflow, _) = document(&documents, hash)?.ok_or_else(|| missing_document(hash))?;
    Ok(SavedVersion {
        hash,
        version: workflow.version,
        saved_at: time_of(&transaction.open_table(tables::SAVED_AT)?, key)?,
    })
}

/// The row that says when this version was saved.
pub(crate) fn time_row(key: (&str, u64), saved_at: Timestamp) -> Vec<u8> {
    seal(TABLE, &sealed_key(key), &saved_at)
}

fn time_of(
    times: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
    key: (&str, u64),
) -> Result<Option<Timestamp>, ReadError> {
    let row = times.get(key)?;
    row.map(|row| unseal(TABLE, &sealed_key(key), row.value()))
        .transpose()
}

/// The key's bytes as the row's hash has them: the id, and the order of saving (u64, big-endian).
pub(crate) fn sealed_key((id, order): (&str, u64)) -> Vec<u8> {
    [id.as_bytes(), &order.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use flowforge_engine::frame::Status;

    use super::*;
    use crate::fixtures::{assert_sound, journal, start, workflow};

    #[test]
    fn versions_are_listed_from_the_current_one_with_their_times() {
        let journal = journal();
        for (version, at) in [(1, 10), (2, 20), (2, 30), (1, 40)] {
            journal
                .put_workflow(&workflow("flow", version), Timestamp(at))
                .unwrap();
        }
        journal
            .put_workflow(&workflow("flowers", 7), Timestamp(50))
            .unwrap();
        let versions = journal.workflow_versions(&"flow".into()).unwrap();
        let expected = [(1, 40), (2, 20), (1, 10)].map(|(version, at)| SavedVersion {
            hash: workflow("flow", version).hash(),
            version,
            saved_at: Some(Timestamp(at)),
        });
        assert_eq!(versions, expected);
        assert_eq!(journal.workflow_versions(&"flo".into()).unwrap(), []);
        assert_sound(&journal);
    }

    #[test]
    fn a_removed_workflow_is_listed_no_more_and_its_runs_keep_their_versions() {
        let journal = journal();
        let (id, used) = (WorkflowId::from("flow"), workflow("flow", 1));
        journal.put_workflow(&used, Timestamp(1)).unwrap();
        journal
            .put_workflow(&workflow("other", 1), Timestamp(2))
            .unwrap();
        journal
            .append_wait(start(1, &[], Status::Completed))
            .unwrap();
        assert!(journal.remove_workflow(&id).unwrap());
        assert!(!journal.remove_workflow(&id).unwrap());
        assert_eq!(journal.latest_workflow(&id).unwrap(), None);
        assert_eq!(journal.workflow_versions(&id).unwrap(), []);
        let listed = journal.workflows().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, WorkflowId::from("other"));
        assert_eq!(journal.workflow(used.hash()).unwrap(), Some(used.clone()));
        journal.put_workflow(&used, Timestamp(3)).unwrap();
        let versions = journal.workflow_versions(&id).unwrap();
        assert_eq!(versions[0].saved_at, Some(Timestamp(3)));
        assert_eq!(versions.len(), 1);
        assert_sound(&journal);
    }
}
