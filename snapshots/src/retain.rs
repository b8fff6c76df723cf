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

#[cfg(test)]
mod tests {
    use flowforge_engine::Value;
    use flowforge_engine::frame::Status;
    use proptest::prelude::*;

    use super::*;
    use crate::append::Append;
    use crate::fixtures::{assert_sound, fork, journal, more, run, start, text, wide};
    use crate::read::RunFilter;

    fn runs(journal: &Journal) -> Vec<RunId> {
        let mut runs: Vec<_> = journal
            .runs(&RunFilter::default(), None, 1000)
            .unwrap()
            .rows
            .iter()
            .map(|row| row.run)
            .collect();
        runs.reverse();
        runs
    }

    fn keep(runs_max: u64) -> Retention {
        Retention {
            runs_max: Some(runs_max),
            ..Retention::default()
        }
    }

    fn many(number: u128, seed: u64) -> Append {
        let values: Vec<Value> = (seed..seed + 3).map(|seed| wide(seed, 6)).collect();
        start(number, &values, Status::Completed)
    }

    #[test]
    fn the_oldest_go_and_take_only_what_nobody_shares() {
        let journal = journal();
        for number in 1..=4 {
            journal
                .append_wait(many(number, u64::try_from(number).unwrap()))
                .unwrap();
        }
        let expected = journal.read(run(4), Seq(0), None).unwrap();
        let retained = journal.retain(&keep(1), Timestamp(0)).unwrap();
        assert_eq!((retained.runs, retained.shared), (3, 0));
        assert!(retained.bytes_after < retained.bytes_before);
        assert_eq!(runs(&journal), [run(4)]);
        assert_eq!(journal.read(run(4), Seq(0), None).unwrap(), expected);
        assert_eq!(
            journal.read(run(1), Seq(0), None),
            Err(ReadError::NoSuchRun(run(1)))
        );
        assert_sound(&journal);
    }

    #[test]
    fn unfinished_and_kept_runs_stay() {
        let journal = journal();
        journal.append_wait(many(1, 1)).unwrap();
        journal
            .append_wait(start(2, &[text(1, 9)], Status::Waiting))
            .unwrap();
        journal.append_wait(many(3, 3)).unwrap();
        let policy = Retention {
            keep: HashSet::from([run(1)]),
            ..keep(0)
        };
        assert_eq!(journal.retain(&policy, Timestamp(0)).unwrap().runs, 1);
        assert_eq!(runs(&journal), [run(1), run(2)]);
        assert_sound(&journal);
    }

    #[test]
    fn age_counts_from_the_end_of_a_run() {
        let journal = journal();
        journal
            .append_wait(start(1, &[text(1, 9)], Status::Completed))
            .unwrap();
        let ended = journal.run(run(1)).unwrap().unwrap().ended.unwrap();
        let policy = Retention {
            age_ms: Some(1000),
            ..Retention::default()
        };
        assert_eq!(
            journal.retain(&policy, ended.plus_ms(1000)).unwrap().runs,
            0
        );
        assert_eq!(
            journal.retain(&policy, ended.plus_ms(1001)).unwrap().runs,
            1
        );
        assert_eq!(journal.size().unwrap().segment_bytes, 0);
    }

    #[test]
    fn bytes_are_freed_until_they_fit() {
        let journal = journal();
        for number in 1..=40 {
            let values = [wide(1000 * u64::try_from(number).unwrap(), 2)];
            journal
                .append_wait(start(number, &values, Status::Completed))
                .unwrap();
        }
        let half = journal
            .size()
            .map(|size| (size.segment_bytes + size.value_bytes) / 2)
            .unwrap();
        let policy = Retention {
            bytes_max: Some(half),
            ..Retention::default()
        };
        let retained = journal.retain(&policy, Timestamp(0)).unwrap();
        assert!(
            retained.bytes_after <= half && retained.runs < 40,
            "{retained:?}"
        );
        assert_sound(&journal);
    }

    #[test]
    fn what_a_fork_shares_stays_until_the_fork_goes() {
        let journal = journal();
        let parent = many(1, 1);
        journal.append_wait(parent.clone()).unwrap();
        journal
            .append_wait(more(1, 7, &[wide(9, 6)], Status::Completed))
            .unwrap();
        let child = fork(2, 1, 4, &[text(1, 9)], Status::Running);
        journal.append_wait(child.clone()).unwrap();
        let retained = journal.retain(&keep(0), Timestamp(0)).unwrap();
        assert_eq!((retained.runs, retained.shared), (1, 1));
        assert_eq!(journal.run(run(1)).unwrap(), None);
        let expected = [&parent.events[..4], &child.events].concat();
        assert_eq!(journal.read(run(2), Seq(0), None).unwrap(), expected);
        assert_sound(&journal);
        journal
            .append_wait(more(2, 7, &[], Status::Completed))
            .unwrap();
        assert_eq!(journal.retain(&keep(0), Timestamp(0)).unwrap().shared, 0);
        let size = journal.size().unwrap();
        assert_eq!((size.runs, size.segment_bytes, size.value_bytes), (0, 0, 0));
        assert_sound(&journal);
    }

    #[test]
    fn a_removed_run_cannot_be_forked_or_continued() {
        let journal = journal();
        journal.append_wait(many(1, 1)).unwrap();
        journal
            .append_wait(fork(2, 1, 2, &[], Status::Running))
            .unwrap();
        journal.retain(&keep(0), Timestamp(0)).unwrap();
        let gone = Err(WriteError::NoSuchRun(run(1)));
        assert_eq!(
            journal.append_wait(fork(3, 1, 2, &[], Status::Running)),
            gone
        );
        assert_eq!(journal.append_wait(more(1, 7, &[], Status::Running)), gone);
        assert_eq!(
            journal.append_wait(many(1, 1)),
            Err(WriteError::RunExists(run(1)))
        );
    }

    #[test]
    fn a_value_that_was_removed_meanwhile_is_stored_again() {
        let journal = journal();
        journal.append_wait(many(1, 1)).unwrap();
        let append = many(2, 1);
        let stale = append.clone().encode(journal.recent()).unwrap();
        assert!(!stale.blobs.assumed.is_empty() && stale.blobs.new.is_empty());
        journal.retain(&keep(0), Timestamp(0)).unwrap();
        assert_eq!(journal.size().unwrap().value_bytes, 0);
        journal.write_encoded(stale).unwrap();
        assert_eq!(journal.read(run(2), Seq(0), None).unwrap(), append.events);
        assert_sound(&journal);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whatever_is_removed_the_rest_stays_whole(
            steps in prop::collection::vec((0_u8..4, 0_u64..6, 0_u64..8), 1..24)
        ) {
            let journal = journal();
            let mut expected: Vec<(u128, Vec<flowforge_engine::event::Recorded>)> = Vec::new();
            for (number, (kind, seed, at)) in (1_u128..).zip(steps) {
                let values = [wide(seed, 3), text(seed, 700), wide(at, 3)];
                match expected.get(usize::try_from(at).unwrap()).cloned() {
                    Some((parent, events)) if kind == 1 && journal.run(run(parent)).unwrap().is_some() => {
                        let at = seed.min(events.len() as u64);
                        let append = fork(number, parent, at, &values, Status::Completed);
                        let shared = &events[..usize::try_from(at).unwrap()];
                        expected.push((number, [shared, &append.events].concat()));
                        journal.append_wait(append).unwrap();
                    }
                    _ if kind == 2 => {
                        journal.retain(&keep(at), Timestamp(0)).unwrap();
                    }
                    _ if kind == 3 => {
                        journal.compact().unwrap();
                    }
                    _ => {
                        let append = start(number, &values, Status::Completed);
                        expected.push((number, append.events.clone()));
                        journal.append_wait(append).unwrap();
                    }
                }
            }
            for (number, events) in &expected {
                if journal.run(run(*number)).unwrap().is_some() {
                    prop_assert_eq!(&journal.read(run(*number), Seq(0), None).unwrap(), events);
                }
            }
            assert_sound(&journal);
            journal.retain(&keep(0), Timestamp(0)).unwrap();
            let size = journal.size().unwrap();
            prop_assert_eq!((size.runs, size.segment_bytes, size.value_bytes), (0, 0, 0));
        }
    }
}
