//! What is noted beside a saved version: how it came about, who made it, what they touched, its name.
//!
//! Why not fields of the saved row? Versions from before there were notes stay as they are, and a name is given
//! later than the version is saved.

use flowforge_engine::{Address, Timestamp, Workflow, WorkflowId};
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::documents::Author;
use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::row::{seal, unseal};
use crate::tables;
use crate::versions::{SavedVersion, saved_version, sealed_key};

/// Longest name of a version, in characters; what is longer is cut.
pub const VERSION_NAME_CHARS_MAX: usize = 200;

const TABLE: &str = "notes";

/// What is noted beside a saved version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionNote {
    /// How it came about: `typing`, `save`, `proposal`, `restore`, `import`, `seed`. Empty when that is not known.
    pub origin: String,
    /// Who made it out of the version before.
    pub authors: Vec<Author>,
    /// What they touched, as in a document's updates.
    pub touched: Vec<String>,
    /// The name that somebody gave it.
    pub name: Option<String>,
    /// The last update of the co-edited document that it holds, when it was made from one.
    pub seq: Option<u64>,
}

/// A saved version with what is noted beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotedVersion {
    /// Its place in the order of saving; a later one has a larger number.
    pub order: u64,
    /// The version.
    #[serde(flatten)]
    pub saved: SavedVersion,
    /// What is noted; empty for a version from before there were notes.
    #[serde(flatten)]
    pub note: VersionNote,
}

impl Journal {
    /// Saves a workflow as the current one of its id, with a note beside it, and waits until both are durable. When
    /// it is the current one already, the time and the note stay as they are.
    ///
    /// # Errors
    /// When storage fails.
    pub fn put_version(
        &self,
        workflow: &Workflow,
        saved_at: Timestamp,
        note: VersionNote,
    ) -> Result<(), WriteError> {
        self.save(workflow, saved_at, Some(note))
    }

    /// Notes something beside a version; beside the last one, when it was saved several times. A name that it has
    /// stays unless the note brings another. Whether there is such a version.
    ///
    /// # Errors
    /// When storage fails.
    pub fn note_version(
        &self,
        id: &WorkflowId,
        hash: Address,
        note: VersionNote,
    ) -> Result<bool, WriteError> {
        self.change_note(id, hash, move |kept| {
            let name = note.name.or(kept.name);
            VersionNote { name, ..note }
        })
    }

    /// Gives a version a name, or takes it away. Space around the name does not count, and a name of nothing else is
    /// none. Whether there is such a version.
    ///
    /// # Errors
    /// When storage fails.
    pub fn name_version(
        &self,
        id: &WorkflowId,
        hash: Address,
        name: Option<&str>,
    ) -> Result<bool, WriteError> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        let name = name.map(|name| name.chars().take(VERSION_NAME_CHARS_MAX).collect());
        self.change_note(id, hash, |kept| VersionNote { name, ..kept })
    }

    fn change_note(
        &self,
        id: &WorkflowId,
        hash: Address,
        change: impl FnOnce(VersionNote) -> VersionNote + Send + 'static,
    ) -> Result<bool, WriteError> {
        let id = id.clone();
        self.alone(move |store, _| {
            store.write(|transaction| {
                let saved = transaction.open_table(tables::SAVED)?;
                let Some(order) = last_saved(&saved, id.as_str(), hash)? else {
                    return Ok(false);
                };
                let kept = note_of(
                    &transaction.open_table(tables::NOTES)?,
                    (id.as_str(), order),
                )?;
                put(transaction, (id.as_str(), order), &change(kept))?;
                Ok(true)
            })
        })
    }

    /// The versions that were saved under this id with what is noted beside them, the current one first; those before
    /// `before` in the order of saving, when it is given, and at most `limit`.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn workflow_history(
        &self,
        id: &WorkflowId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<NotedVersion>, ReadError> {
        let id = id.as_str();
        self.store().read(|transaction| {
            let saved = transaction.open_table(tables::SAVED)?;
            let notes = transaction.open_table(tables::NOTES)?;
            let rows = saved.range((id, 0)..(id, before.unwrap_or(u64::MAX)))?;
            rows.rev()
                .take(limit)
                .map(|entry| {
                    let (key, hash) = entry?;
                    Ok(NotedVersion {
                        order: key.value().1,
                        saved: saved_version(transaction, key.value(), Address(*hash.value()))?,
                        note: note_of(&notes, key.value())?,
                    })
                })
                .collect()
        })
    }
}

/// Where a version was saved last in the order of saving.
fn last_saved(
    saved: &impl ReadableTable<(&'static str, u64), &'static [u8; 32]>,
    id: &str,
    hash: Address,
) -> Result<Option<u64>, ReadError> {
    for entry in saved.range((id, 0)..=(id, u64::MAX))?.rev() {
        let (key, found) = entry?;
        if *found.value() == hash.0 {
            return Ok(Some(key.value().1));
        }
    }
    Ok(None)
}

/// Puts a note beside a version.
pub(crate) fn put(
    transaction: &WriteTransaction,
    key: (&str, u64),
    note: &VersionNote,
) -> Result<(), WriteError> {
    let mut notes = transaction.open_table(tables::NOTES)?;
    notes.insert(key, seal(TABLE, &sealed_key(key), note).as_slice())?;
    Ok(())
}

fn note_of(
    notes: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
    key: (&str, u64),
) -> Result<VersionNote, ReadError> {
    let row = notes.get(key)?;
    row.map_or_else(
        || Ok(VersionNote::default()),
        |row| opened(key, row.value()),
    )
}

/// The note of a row, when it is as it was written.
pub(crate) fn opened(key: (&str, u64), row: &[u8]) -> Result<VersionNote, ReadError> {
    unseal(TABLE, &sealed_key(key), row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{assert_sound, journal, workflow};

    fn note(who: &str, origin: &str) -> VersionNote {
        VersionNote {
            origin: origin.into(),
            authors: vec![Author {
                id: who.into(),
                name: who.into(),
                kind: "person".into(),
            }],
            touched: vec!["nodes/a/params/code".into()],
            name: None,
            seq: Some(7),
        }
    }

    /// Version number, origin and name, from the current one.
    fn told(journal: &Journal, before: Option<u64>, limit: usize) -> Vec<(u64, String, String)> {
        let history = journal
            .workflow_history(&"flow".into(), before, limit)
            .unwrap();
        let line = |version: NotedVersion| {
            let name = version.note.name.unwrap_or_default();
            (version.saved.version, version.note.origin, name)
        };
        history.into_iter().map(line).collect()
    }

    fn row(version: u64, origin: &str, name: &str) -> (u64, String, String) {
        (version, origin.into(), name.into())
    }

    #[test]
    fn history_tells_who_made_each_version_from_the_current_one_on() {
        let journal = journal();
        journal
            .put_workflow(&workflow("flow", 1), Timestamp(1))
            .unwrap();
        let second = note("ann", "typing");
        journal
            .put_version(&workflow("flow", 2), Timestamp(2), second.clone())
            .unwrap();
        journal
            .put_version(&workflow("flow", 2), Timestamp(3), note("bob", "save"))
            .unwrap();
        journal
            .put_version(&workflow("flow", 3), Timestamp(4), note("bob", "save"))
            .unwrap();
        let all = [row(3, "save", ""), row(2, "typing", ""), row(1, "", "")];
        assert_eq!(told(&journal, None, 9), all);
        let page = journal.workflow_history(&"flow".into(), None, 2).unwrap();
        assert_eq!(
            (page[1].note.clone(), page[1].saved.saved_at),
            (second, Some(Timestamp(2)))
        );
        assert_eq!(told(&journal, Some(page[1].order), 9), all[2..]);
        assert_eq!(told(&journal, None, 1), all[..1]);
        assert_sound(&journal);
    }

    #[test]
    fn a_version_has_the_name_it_was_given_last() {
        let (journal, id) = (journal(), WorkflowId::from("flow"));
        let hash = workflow("flow", 1).hash();
        assert!(!journal.name_version(&id, hash, Some("early")).unwrap());
        for version in [1, 2, 1] {
            journal
                .put_workflow(&workflow("flow", version), Timestamp(1))
                .unwrap();
        }
        assert!(
            journal
                .name_version(&id, hash, Some(" before the summer "))
                .unwrap()
        );
        assert!(
            journal
                .note_version(&id, hash, note("ann", "restore"))
                .unwrap()
        );
        let named = [
            row(1, "restore", "before the summer"),
            row(2, "", ""),
            row(1, "", ""),
        ];
        assert_eq!(told(&journal, None, 9), named);
        assert!(journal.name_version(&id, hash, Some(" ")).unwrap());
        assert_eq!(told(&journal, None, 1), [row(1, "restore", "")]);
        assert!(
            !journal
                .name_version(&"other".into(), hash, Some("x"))
                .unwrap()
        );
        assert_sound(&journal);
    }

    #[test]
    fn notes_go_with_their_workflow() {
        let journal = journal();
        journal
            .put_version(&workflow("flow", 1), Timestamp(1), note("ann", "save"))
            .unwrap();
        assert!(journal.remove_workflow(&"flow".into()).unwrap());
        assert_eq!(told(&journal, None, 9), []);
        journal
            .put_workflow(&workflow("flow", 1), Timestamp(2))
            .unwrap();
        assert_eq!(told(&journal, None, 9), [row(1, "", "")]);
        assert_sound(&journal);
    }
}
