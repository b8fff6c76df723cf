//! Who touched which places of a workflow, when, and in which version it can be seen first.
//!
//! The co-edited document knows each change of its own; a version that was saved without one has a note; and of a
//! version without a note at least what differs is known.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use flowforge_engine::edit::Patch;
use flowforge_engine::{Address, Timestamp};
use flowforge_snapshots::{Author, Change, Journal, NotedVersion, ReadError};
use serde::Serialize;
use utoipa::ToSchema;

use super::past::{Past, document};
use super::{overlap, places};
use crate::openapi::shapes;

/// Changes that one read of the journal gives.
const CHANGES_PER_READ: usize = 4096;

/// Places that somebody touched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Touch {
    /// Absent when that was not noted then.
    pub(crate) author: Option<Author>,
    pub(crate) places: Vec<String>,
    pub(crate) at: Option<Timestamp>,
    /// The first version that has it; absent while none has.
    pub(crate) hash: Option<Address>,
}

/// What one author did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct By {
    /// Null when that was not noted then.
    #[schema(value_type = Option<shapes::Author>)]
    author: Option<Author>,
    /// The places, sorted: `nodes/fetch/params/url`, `edges/a.out>b.in`, `meta/name`.
    places: Vec<String>,
    /// When they did the last of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl Past {
    /// What the versions in `range` did to the one before the first of them, the oldest first.
    pub(crate) fn touches(
        &self,
        journal: &Journal,
        range: RangeInclusive<usize>,
    ) -> Result<Vec<Touch>, ReadError> {
        let seqs = self.seq_before(*range.start())..=self.seq_at(*range.end());
        self.touches_in(journal, range, seqs)
    }

    /// Everything that was ever done, with what no version has yet.
    pub(crate) fn all_touches(&self, journal: &Journal) -> Result<Vec<Touch>, ReadError> {
        self.touches_in(journal, 0..=self.versions.len() - 1, 0..=u64::MAX)
    }

    fn touches_in(
        &self,
        journal: &Journal,
        range: RangeInclusive<usize>,
        seqs: RangeInclusive<u64>,
    ) -> Result<Vec<Touch>, ReadError> {
        let changes = changes_in(journal, self, &seqs)?;
        let mut touches: Vec<Touch> = changes
            .into_iter()
            .map(|change| self.live(change))
            .collect();
        for at in range {
            if self.versions[at].note.seq.is_none() {
                touches.push(self.noted(journal, at)?);
            }
        }
        touches.sort_by_key(|touch| touch.at);
        Ok(touches)
    }

    /// The last update of the document that the versions before this one have.
    fn seq_before(&self, at: usize) -> u64 {
        self.versions[..at]
            .iter()
            .filter_map(|version| version.note.seq)
            .max()
            .unwrap_or(0)
    }

    fn seq_at(&self, at: usize) -> u64 {
        self.seq_before(at + 1)
    }

    /// A change of the document, with the first version that has all of it.
    fn live(&self, change: Change) -> Touch {
        let mut versions = self.versions.iter();
        let has = |version: &&NotedVersion| version.note.seq >= Some(change.seq);
        Touch {
            hash: versions.find(has).map(|version| version.saved.hash),
            author: Some(change.author),
            places: change.touched,
            at: Some(change.last_at),
        }
    }

    /// What is noted beside a version; or what differs from the version before.
    fn noted(&self, journal: &Journal, at: usize) -> Result<Touch, ReadError> {
        let NotedVersion { saved, note, .. } = &self.versions[at];
        let places = match at.checked_sub(1) {
            Some(before) if note.origin.is_empty() => {
                let before = document(journal, self.versions[before].saved.hash)?;
                places(&Patch::diff(&before, &document(journal, saved.hash)?))
            }
            _ => note.touched.clone(),
        };
        Ok(Touch {
            author: note.authors.first().cloned(),
            places,
            at: saved.saved_at,
            hash: Some(saved.hash),
        })
    }
}

fn changes_in(
    journal: &Journal,
    past: &Past,
    seqs: &RangeInclusive<u64>,
) -> Result<Vec<Change>, ReadError> {
    let mut found = Vec::new();
    let mut after = *seqs.start();
    loop {
        let page = journal.document_changes(&past.id, after, CHANGES_PER_READ)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let is_full = page.len() == CHANGES_PER_READ;
        found.extend(
            page.into_iter()
                .filter(|change| change.from_seq <= *seqs.end()),
        );
        if !is_full || after >= *seqs.end() {
            break;
        }
    }
    Ok(found)
}

/// What each author did of what can still be seen in `patch`, in the order in which they began.
pub(crate) fn by_author(touches: &[Touch], patch: &Patch) -> Vec<By> {
    let changed = places(patch);
    let is_seen = |place: &&String| changed.iter().any(|changed| overlap(changed, place));
    let mut by: Vec<By> = Vec::new();
    for touch in touches {
        let seen: Vec<String> = touch.places.iter().filter(is_seen).cloned().collect();
        if seen.is_empty() {
            continue;
        }
        let known = by.iter().position(|by| by.author == touch.author);
        let at = known.unwrap_or_else(|| {
            by.push(By {
                author: touch.author.clone(),
                places: Vec::new(),
                at: None,
            });
            by.len() - 1
        });
        by[at].add(seen, touch.at);
    }
    by
}

impl By {
    fn add(&mut self, places: Vec<String>, at: Option<Timestamp>) {
        self.places.extend(places);
        self.places.sort_unstable();
        self.places.dedup();
        self.at = self.at.max(at);
    }
}

/// The last touch of each place, by place; of those in `node`, when it is given.
pub(crate) fn newest(touches: Vec<Touch>, node: Option<&str>) -> BTreeMap<String, Touch> {
    let within = node.map(|node| format!("nodes/{node}"));
    let mut newest = BTreeMap::new();
    for touch in touches {
        for place in &touch.places {
            let is_wanted = within.as_deref().is_none_or(|node| {
                let rest = place.strip_prefix(node);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if is_wanted {
                newest.insert(place.clone(), touch.clone());
            }
        }
    }
    newest
}
