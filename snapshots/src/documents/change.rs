//! Who changed what and when: run lengths of updates, packed by the block.
//!
//! Somebody who types makes an update for each key. What one author did at the same places within a minute is one
//! change, also when others worked meanwhile. A block names each author and each place once.

use std::collections::HashMap;

use flowforge_engine::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Author, DocumentUpdate};
use crate::error::ReadError;
use crate::pack::{blob_of, blob_row};

/// Updates of one author at the same places are one change for this long, from the first on.
const CHANGE_MS: i64 = 60_000;

/// What one author did at some places within a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The number of its first update.
    pub from_seq: u64,
    /// The number of its last update. Those between may be others'.
    pub seq: u64,
    /// How many updates it was.
    pub updates: u64,
    /// When the first one came.
    pub first_at: Timestamp,
    /// When the last one came.
    pub last_at: Timestamp,
    /// Who.
    pub author: Author,
    /// The places that were touched, sorted, each once.
    pub touched: Vec<String>,
}

/// Changes that are being made from updates.
#[derive(Default)]
pub(super) struct Changes {
    all: Vec<Change>,
    /// The last change of an author at some places.
    open: HashMap<(Author, Vec<String>), usize>,
}

impl Changes {
    /// Goes on from changes that are there.
    pub(super) fn continued(all: Vec<Change>) -> Self {
        let keys = all
            .iter()
            .map(|change| (change.author.clone(), change.touched.clone()));
        let open = keys.zip(0..).collect();
        Self { all, open }
    }

    /// Adds the update with the next number.
    pub(super) fn add(&mut self, seq: u64, update: DocumentUpdate) {
        let DocumentUpdate {
            at,
            author,
            mut touched,
            ..
        } = update;
        touched.sort_unstable();
        touched.dedup();
        let key = (author, touched);
        if let Some(place) = self.open.get(&key)
            && self.all[*place].takes(at)
        {
            self.all[*place].extend(seq, at);
            return;
        }
        self.all.push(Change {
            from_seq: seq,
            seq,
            updates: 1,
            first_at: at,
            last_at: at,
            author: key.0.clone(),
            touched: key.1.clone(),
        });
        self.open.insert(key, self.all.len() - 1);
    }

    /// The changes, by the number of their last update.
    pub(super) fn finish(mut self) -> Vec<Change> {
        self.all.sort_unstable_by_key(|change| change.seq);
        self.all
    }
}

impl Change {
    /// Whether an update of the same author at the same places belongs to it.
    fn takes(&self, at: Timestamp) -> bool {
        let since = at.0.saturating_sub(self.first_at.0);
        (0..=CHANGE_MS).contains(&since)
    }

    fn extend(&mut self, seq: u64, at: Timestamp) {
        self.seq = seq;
        self.updates += 1;
        self.last_at = self.last_at.max(at);
    }
}

/// Changes as they lie in the file: names once, numbers as small as they can be.
#[derive(Serialize, Deserialize)]
struct Block {
    authors: Vec<Author>,
    places: Vec<String>,
    changes: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    /// The number of its last update, less that of the change before.
    seq_after: u64,
    /// That number, less the one of its first update.
    seq_back: u64,
    updates: u64,
    /// When it began, less when the change before did, in milliseconds.
    first_after_ms: i64,
    lasted_ms: u64,
    author: u32,
    places: Vec<u32>,
}

/// Names, each once.
#[derive(Default)]
struct Names<T> {
    all: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T: Clone + Eq + std::hash::Hash> Names<T> {
    fn number(&mut self, name: &T) -> u32 {
        *self.known.entry(name.clone()).or_insert_with(|| {
            self.all.push(name.clone());
            u32::try_from(self.all.len() - 1).expect("a block has few changes")
        })
    }
}

/// Packs changes.
pub(super) fn pack_changes(changes: &[Change]) -> Vec<u8> {
    let (mut authors, mut places) = (Names::default(), Names::default());
    let (mut seq, mut first) = (0, 0);
    let entries = changes.iter().map(|change| {
        let entry = Entry {
            seq_after: change.seq - seq,
            seq_back: change.seq - change.from_seq,
            updates: change.updates,
            first_after_ms: change.first_at.0.wrapping_sub(first),
            lasted_ms: change
                .last_at
                .0
                .saturating_sub(change.first_at.0)
                .unsigned_abs(),
            author: authors.number(&change.author),
            places: change
                .touched
                .iter()
                .map(|place| places.number(place))
                .collect(),
        };
        (seq, first) = (change.seq, change.first_at.0);
        entry
    });
    let changes = entries.collect();
    let block = Block {
        authors: authors.all,
        places: places.all,
        changes,
    };
    blob_row(
        &postcard::to_allocvec(&block).expect("blocks hold plain fields, and memory takes them"),
    )
}

/// The changes that were packed.
pub(super) fn unpack_changes(packed: &[u8]) -> Result<Vec<Change>, ReadError> {
    let damaged = || ReadError::damaged("a row of changes", "its fields do not decode");
    let bytes = blob_of(packed)?;
    let block: Block = postcard::from_bytes(&bytes).map_err(|_| damaged())?;
    let (mut seq, mut first) = (0_u64, 0_i64);
    let entries = block.changes.iter();
    let changes = entries.map(|entry| {
        seq = seq.checked_add(entry.seq_after)?;
        first = first.wrapping_add(entry.first_after_ms);
        let places = entry.places.iter();
        Some(Change {
            from_seq: seq.checked_sub(entry.seq_back)?,
            seq,
            updates: entry.updates,
            first_at: Timestamp(first),
            last_at: Timestamp(first.saturating_add_unsigned(entry.lasted_ms)),
            author: block.authors.get(entry.author as usize)?.clone(),
            touched: places
                .map(|place| block.places.get(*place as usize).cloned())
                .collect::<Option<_>>()?,
        })
    });
    changes.collect::<Option<_>>().ok_or_else(damaged)
}
