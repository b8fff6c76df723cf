//! What the edge keeps in the journal as JSON: conversations, proposals, settings, spending.
//!
//! One that does not read back is damage, never absence (law 8).

use flowforge_snapshots::{Journal, ReadError, Wanted, WriteError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Keeps a record in place of the one with this id, and waits until that is durable.
pub(crate) fn keep(
    journal: &Journal,
    kind: &str,
    id: &str,
    record: &impl Serialize,
) -> Result<(), WriteError> {
    let bytes = serde_json::to_vec(record).expect("records hold plain fields");
    journal.keep_record(kind, id, &bytes)
}

/// A record.
pub(crate) fn find<T: DeserializeOwned>(
    journal: &Journal,
    kind: &str,
    id: &str,
) -> Result<Option<T>, ReadError> {
    let bytes = journal.record(kind, id)?;
    bytes.map(|bytes| read(kind, id, &bytes)).transpose()
}

/// Shows the records of a kind from the last id to the first, before `before` when it is given, until `each` has
/// enough.
pub(crate) fn for_each<T: DeserializeOwned>(
    journal: &Journal,
    kind: &str,
    before: Option<&str>,
    mut each: impl FnMut(T) -> bool,
) -> Result<(), ReadError> {
    let mut damage = None;
    journal.records(kind, before, |id, bytes| match read(kind, id, bytes) {
        Ok(record) => match each(record) {
            true => Wanted::No,
            false => Wanted::Enough,
        },
        Err(error) => {
            damage = Some(error);
            Wanted::Enough
        }
    })?;
    damage.map_or(Ok(()), Err)
}

fn read<T: DeserializeOwned>(kind: &str, id: &str, bytes: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(bytes).map_err(|error| ReadError::Damaged {
        what: format!("the record {kind} {id}"),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use flowforge_snapshots::Options;

    use super::*;

    #[test]
    fn a_record_that_does_not_read_back_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        keep(&journal, "a", "1", &vec![1, 2]).unwrap();
        assert_eq!(find(&journal, "a", "1").unwrap(), Some(vec![1, 2]));
        assert_eq!(find::<Vec<u8>>(&journal, "a", "2").unwrap(), None);
        journal.keep_record("a", "2", b"[1,").unwrap();
        let damaged = |result| matches!(result, Err(ReadError::Damaged { .. }));
        assert!(damaged(find::<Vec<u8>>(&journal, "a", "2").map(drop)));
        assert!(damaged(for_each(&journal, "a", None, |_: Vec<u8>| true)));
        let mut seen = Vec::new();
        let take = |record: Vec<u8>| {
            seen.push(record);
            true
        };
        for_each(&journal, "a", Some("2"), take).unwrap();
        assert_eq!(seen, [[1, 2]]);
    }
}
