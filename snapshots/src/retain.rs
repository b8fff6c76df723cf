//! Retention: old runs go, and take exactly what nobody else refers to.
//!
//! A run is hidden in one transaction and taken apart in further ones, each small, so that running work is
//! never held up for long; what a crash leaves hidden is taken apart by the next call. A run that a fork
//! shares events with keeps these until the last such fork is gone.

use std::collections::{BTreeSet, HashSet};

use flowforge_engine::{RunId, Seq, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::batch::{totals_key, totals_of};
use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::read::removed;
use crate::recent::Recent;
use crate::removal::Removal;
use crate::row::{RunRow, unseal};
use crate::store::Store;
use crate::tables;

/// Segments that one transaction takes out.
const SEGMENTS_PER_STEP: usize = 64;
/// Runs that are removed before the bytes are counted again.
const RUNS_PER_ROUND: usize = 16;

/// Which finished runs may go. Limits that are absent do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Runs that ended longer ago than this go.
    pub age_ms: Option<u64>,
    /// Of the finished runs, this many of the latest stay.
    pub runs_max: Option<u64>,
    /// The oldest go until segments and values take at most this many bytes.
    pub bytes_max: Option<u64>,
    /// Runs that stay whatever the limits say.
    pub keep: HashSet<RunId>,
}

/// What retention did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Runs that were removed.
    pub runs: u64,
    /// Bytes of segments and values before and after.
    pub bytes_before: u64,
    /// The same afterwards; the file becomes smaller by [`Journal::compact`] only.
    pub bytes_after: u64,
    /// Removed runs of which a part stays because a fork shares it.
    pub shared: u64,
}

impl Journal {
    /// Removes the finished runs that the policy lets go, and finishes what an earlier call began.
    ///
    /// # Errors
    /// When storage fails. What was removed before stays removed.
    pub fn retain(&self, policy: &Retention, now: Timestamp) -> Result<Retained, WriteError> {
        let bytes_before = self.stored_bytes()?;
        let (mut going, mut staying) = self.choose(policy, now)?;
        let mut runs = self.remove(std::mem::take(&mut going))?;
        staying.reverse();
        while let Some(bytes_max) = policy.bytes_max
            && !staying.is_empty()
            && self.stored_bytes()? > bytes_max
        {
            let round = staying.split_off(staying.len().saturating_sub(RUNS_PER_ROUND));
            runs += self.remove(round)?;
        }
        let shared = self.store().read(removed)?.len() as u64;
        Ok(Retained {
            runs,
            bytes_before,
            bytes_after: self.stored_bytes()?,
            shared,
        })
    }

    /// Bytes of segments and values.
    fn stored_bytes(&self) -> Result<u64, ReadError> {
        self.store().read(|transaction| {
            let meta = transaction.open_table(tables::META)?;
            let row = meta.get(totals_key())?;
            let totals = totals_of(row.as_ref().map(redb::AccessGuard::value))?;
            Ok(totals.segment_bytes + totals.blob_bytes)
        })
    }

    /// Finished runs, the oldest first: those that go by age and number, and the others.
    fn choose(
        &self,
        policy: &Retention,
        now: Timestamp,
    ) -> Result<(Vec<RunId>, Vec<RunId>), ReadError> {
        let mut finished = self.finished(&policy.keep)?;
        finished.sort_by_key(|row| (row.ended, row.run));
        let surplus = policy.runs_max.map_or(0, |runs_max| {
            (finished.len() as u64).saturating_sub(runs_max)
        });
        let is_old = |row: &RunRow| {
            policy
                .age_ms
                .is_some_and(|age_ms| row.ended.is_some_and(|ended| now.since_ms(ended) > age_ms))
        };
        let (mut going, mut staying) = (Vec::new(), Vec::new());
        for (number, row) in finished.iter().enumerate() {
            let goes = (number as u64) < surplus || is_old(row);
            if goes { &mut going } else { &mut staying }.push(row.run);
        }
        Ok((going, staying))
    }

    fn finished(&self, keep: &HashSet<RunId>) -> Result<Vec<RunRow>, ReadError> {
        self.store().read(|transaction| {
            let mut finished = Vec::new();
            for entry in transaction.open_table(tables::RUNS)?.iter()? {
                let (key, row) = entry?;
                let row: RunRow = unseal("runs", key.value(), row.value())?;
                if row.is_finished() && !row.removed && !keep.contains(&row.run) {
                    finished.push(row);
                }
            }
            Ok(finished)
        })
    }

    /// Removes runs, and goes on with those that were hidden before.
    fn remove(&self, runs: Vec<RunId>) -> Result<u64, WriteError> {
        let hidden = if runs.is_empty() {
            0
        } else {
            self.alone(move |store, _| hide(store, &runs))?
        };
        let mut waiting: BTreeSet<RunId> = self.store().read(removed)?.into_iter().collect();
        while let Some(run) = waiting.pop_last() {
            match self.alone(move |store, recent| step(store, recent, run))? {
                Step::More => {
                    waiting.insert(run);
                }
                Step::Gone(parent) => waiting.extend(parent),
                Step::Shared => {}
            }
        }
        Ok(hidden)
    }
}

/// What came of taking a part of a run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// There is more to take out.
    More,
    /// Nothing is left; the run it was forked from, if that waits for it.
    Gone(Option<RunId>),
    /// What is left is shared by forks.
    Shared,
}

fn hide(store: &Store, runs: &[RunId]) -> Result<u64, WriteError> {
    store.write(|transaction| {
        let mut removal = Removal::begin(transaction)?;
        let mut hidden = 0;
        for run in runs {
            if let Some(row) = removal
                .row(*run)?
                .filter(|row| row.is_finished() && !row.removed)
            {
                removal.hide(row)?;
                hidden += 1;
            }
        }
        removal.finish()?;
        Ok(hidden)
    })
}

fn step(store: &Store, recent: &Recent, run: RunId) -> Result<Step, WriteError> {
    let result = store.write(|transaction| step_in(transaction, run));
    recent.end_epoch();
    result
}

fn step_in(transaction: &WriteTransaction, run: RunId) -> Result<Step, WriteError> {
    let mut removal = Removal::begin(transaction)?;
    let Some(row) = removal.row(run)? else {
        removal.removed.remove(&tables::id(run))?;
        removal.finish()?;
        return Ok(Step::Gone(None));
    };
    let forks = tables::children(&removal.forks, run)?;
    let shared = forks.iter().map(|(_, at)| *at).max();
    let more = strip(&mut removal, row.clone(), shared.unwrap_or(Seq(0)))?;
    let step = if more {
        Step::More
    } else if shared.is_some() {
        Step::Shared
    } else {
        removal.forget(&row)?;
        Step::Gone(waiting_parent(&removal, &row)?)
    };
    removal.finish()?;
    Ok(step)
}

/// Takes out a run's events after `keep`, as many as one transaction may; whether there are more.
fn strip(removal: &mut Removal, mut row: RunRow, keep: Seq) -> Result<bool, WriteError> {
    let found = removal.last_segments(row.run, keep, SEGMENTS_PER_STEP)?;
    for stored in &found {
        if stored.first() > keep {
            removal.remove_segment(stored)?;
            row.segments = row.segments.saturating_sub(1);
            row.segment_bytes = row.segment_bytes.saturating_sub(stored.row_bytes);
            row.last_seq = row.last_seq.min(Seq(stored.first().0.saturating_sub(1)));
        } else {
            let bytes = removal.cut_segment(row.run, stored, keep)?;
            row.segment_bytes = (row.segment_bytes + bytes).saturating_sub(stored.row_bytes);
            row.last_seq = row.last_seq.min(keep);
        }
    }
    removal.remove_checkpoints(row.run, keep)?;
    removal.put_row(&row)?;
    Ok(found.len() == SEGMENTS_PER_STEP)
}

/// The run that this one was forked from, if it was removed too.
fn waiting_parent(removal: &Removal, row: &RunRow) -> Result<Option<RunId>, WriteError> {
    let Some(fork) = row.fork_of else {
        return Ok(None);
    };
    let waits = removal.removed.get(&tables::id(fork.run))?.is_some();
    Ok(waits.then_some(fork.run))
}
