//! Removal: what retention deletes from the journal must not be found any more.
//!
//! Occurrences go with their run. A value goes when no other run has an occurrence of it. Both go in
//! one commit, so a crash leaves either all or nothing; what a crash left is found by
//! [`Search::reconcile`], which asks the journal about every run that the index knows.

use std::collections::{BTreeSet, HashSet};

use flowforge_engine::RunId;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, SegmentReader, TERMINATED, Term};

use super::feed::Feed;
use super::hit::to_run_id;
use super::matches::is_alive;
use super::occurrences::each_document;
use super::schema::{Fields, ROLE, ROLE_NONE, RUN, VALUE};
use super::shelf::{Shelf, Trouble};
use super::writing::Writing;
use super::{Search, SearchError};

impl Search {
    /// Removes what is known of runs whose events are gone from the journal.
    ///
    /// # Errors
    /// When the disk gave trouble; the next [`reconcile`](Self::reconcile) does what was left.
    pub fn forget(&self, runs: &[RunId]) -> Result<(), SearchError> {
        self.write(|shelf, writing| forget(shelf, writing, runs))
            .map(|_| ())
    }

    /// Removes runs that the journal does not have; how many there were.
    ///
    /// # Errors
    /// When the journal or the disk gave trouble.
    pub fn reconcile<F: Feed>(&self, feed: &F) -> Result<usize, SearchError> {
        let removed = self.write(|shelf, writing| {
            if writing.mark.position > feed.position()? {
                return Err(Trouble::Damaged("it is of another journal".into()));
            }
            writing.commit(shelf)?;
            let gone = gone(shelf, feed)?;
            forget(shelf, writing, &gone)?;
            Ok(gone.len())
        })?;
        Ok(removed.unwrap_or(0))
    }
}

fn forget(shelf: &Shelf, writing: &mut Writing, runs: &[RunId]) -> Result<(), Trouble> {
    if runs.is_empty() {
        return Ok(());
    }
    writing.commit(shelf)?;
    let orphans = orphans(&shelf.reader.searcher(), &shelf.fields, runs)?;
    let writer = writing.writer(shelf)?;
    for run in runs {
        writer.delete_term(Term::from_field_bytes(shelf.fields.run, run.0.as_bytes()));
    }
    for value in orphans {
        writer.delete_term(Term::from_field_u64(shelf.fields.value, value));
    }
    writing.forget_known();
    writing.publish(shelf)
}

/// The values that occur in these runs and in no other.
fn orphans(searcher: &Searcher, fields: &Fields, runs: &[RunId]) -> Result<BTreeSet<u64>, Trouble> {
    let mut values = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let numbers = segment.fast_fields().u64(VALUE)?;
        for run in runs {
            each_document(segment, &run_term(fields, *run), |document| {
                values.extend(numbers.first(document));
                true
            })?;
        }
    }
    for segment in searcher.segment_readers() {
        let others = Others::open(segment, runs)?;
        let mut kept = Vec::new();
        for value in &values {
            if others.have(fields, *value)? {
                kept.push(*value);
            }
        }
        kept.iter().for_each(|value| {
            values.remove(value);
        });
    }
    Ok(values)
}

fn run_term(fields: &Fields, run: RunId) -> Term {
    Term::from_field_bytes(fields.run, run.0.as_bytes())
}

/// The occurrences in a segment that stay.
struct Others<'a> {
    segment: &'a SegmentReader,
    role: tantivy::columnar::Column<u64>,
    run: Option<tantivy::columnar::BytesColumn>,
    gone: HashSet<u64>,
}

impl<'a> Others<'a> {
    fn open(segment: &'a SegmentReader, runs: &[RunId]) -> Result<Self, Trouble> {
        let role = segment.fast_fields().u64(ROLE)?;
        let run = segment.fast_fields().bytes(RUN)?;
        let mut gone = HashSet::new();
        if let Some(run) = &run {
            for id in runs {
                gone.extend(run.dictionary().term_ord(id.0.as_bytes())?);
            }
        }
        Ok(Self {
            segment,
            role,
            run,
            gone,
        })
    }

    fn have(&self, fields: &Fields, value: u64) -> Result<bool, Trouble> {
        let mut found = false;
        each_document(
            self.segment,
            &Term::from_field_u64(fields.value, value),
            |document| {
                found = self.is_other(document);
                !found
            },
        )?;
        Ok(found)
    }

    fn is_other(&self, document: u32) -> bool {
        let is_occurrence = self.role.first(document) != Some(ROLE_NONE);
        let run = self.run.as_ref().and_then(|run| run.ords().first(document));
        is_occurrence
            && is_alive(self.segment, document)
            && run.is_some_and(|run| !self.gone.contains(&run))
    }
}

/// The runs that the index has and the journal has not.
fn gone<F: Feed>(shelf: &Shelf, feed: &F) -> Result<Vec<RunId>, Trouble> {
    let mut gone = BTreeSet::new();
    for segment in shelf.reader.searcher().segment_readers() {
        let index = segment.inverted_index(shelf.fields.run)?;
        let mut runs = index.terms().stream()?;
        while runs.advance() {
            let Some(run) = to_run_id(runs.key()) else {
                return Err(Trouble::Damaged("a run has no id".into()));
            };
            let mut postings =
                index.read_postings_from_terminfo(runs.value(), IndexRecordOption::Basic)?;
            let mut alive = false;
            while !alive && postings.doc() != TERMINATED {
                alive = is_alive(segment, postings.doc());
                postings.advance();
            }
            if alive && feed.origin(run)?.is_none() {
                gone.insert(run);
            }
        }
    }
    Ok(gone.into_iter().collect())
}
