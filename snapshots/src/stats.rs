//! What a dashboard shows: how many runs there were, how they ended, how long they and their nodes took.
//!
//! Runs are counted from their rows alone. Nodes are timed from the timelines of the newest runs, bounded, so that
//! a busy journal answers as fast as a quiet one.

use std::collections::BTreeMap;

use flowforge_engine::frame::Status;
use flowforge_engine::{NodeId, RunId, Timestamp, WorkflowId};
use redb::{ReadTransaction, ReadableTable};
use serde::Serialize;

use crate::error::ReadError;
use crate::journal::Journal;
use crate::moment::timeline;
use crate::row::{RunRow, unseal};
use crate::tables;

/// Most runs whose nodes are timed.
pub const TIMED_RUNS_MAX: usize = 200;
/// Most frames of these runs, all together.
pub const TIMED_FRAMES_MAX: u64 = 200_000;
/// Most rows of runs that are looked at, the newest first.
const ROWS_MAX: usize = 100_000;

const HOUR_MS: i64 = 3_600_000;
/// How far a run's id may be behind its start: ids carry the time at which they were made.
const ID_LAG_MS: i64 = HOUR_MS;

/// Which runs are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatsFilter {
    /// Runs that started at this time or later.
    pub since: Timestamp,
    /// Runs of this workflow; of all when absent.
    pub workflow: Option<WorkflowId>,
    /// The nodes of this many of the newest are timed, at most [`TIMED_RUNS_MAX`].
    pub timed_runs: usize,
}

/// Runs in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// How many runs started.
    pub runs: u64,
    /// How many of them are where in their life; only those that there are.
    pub by_status: Vec<(Status, u64)>,
    /// By the hour in which they started, in order; hours without runs are left out.
    pub per_hour: Vec<Hour>,
    /// How long those that completed or failed took, in milliseconds, the shortest first.
    pub durations_ms: Durations,
    /// How long nodes took, by workflow and node.
    pub nodes: Vec<NodeDurations>,
    /// How many runs the nodes were timed in.
    pub timed_runs: u64,
    /// Whether there were more runs than were looked at.
    pub is_cut: bool,
}

/// The runs that started within an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hour {
    /// Its first moment.
    pub at: Timestamp,
    /// All of them.
    pub runs: u64,
    /// Those that have completed.
    pub completed: u64,
    /// Those that have failed.
    pub failed: u64,
}

/// How long the frames of one node took that completed or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeDurations {
    /// The workflow that ran.
    pub workflow: WorkflowId,
    /// The node; `call/inner` for one of a sub-workflow.
    pub node: NodeId,
    /// In milliseconds, the shortest first.
    pub durations_ms: Durations,
}

/// Durations in milliseconds, the shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Durations(Vec<u64>);

impl Durations {
    /// Sorts them.
    #[must_use]
    pub fn new(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// The shortest of them that `percent` of a hundred do not exceed; none when there are none.
    #[must_use]
    pub fn percentile_ms(&self, percent: u8) -> Option<u64> {
        let rank = (self.0.len() * usize::from(percent.min(100))).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied()
    }

    /// All of them, the shortest first.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }
}

impl Stats {
    /// Counts these runs. Nodes are added by [`Stats::time`].
    #[must_use]
    pub fn of_rows<'a>(rows: impl IntoIterator<Item = &'a RunRow>) -> Self {
        let mut stats = Self::default();
        let (mut hours, mut durations) = (BTreeMap::new(), Vec::new());
        for row in rows {
            stats.runs += 1;
            stats.count(row.status);
            let at = Timestamp(row.started.0.div_euclid(HOUR_MS) * HOUR_MS);
            let hour: &mut Hour = hours.entry(at).or_insert(Hour {
                at,
                ..Hour::default()
            });
            hour.runs += 1;
            hour.completed += u64::from(row.status == Status::Completed);
            hour.failed += u64::from(row.status == Status::Failed);
            if matches!(row.status, Status::Completed | Status::Failed) {
                durations.extend(row.ended.map(|ended| ended.since_ms(row.started)));
            }
        }
        stats.per_hour = hours.into_values().collect();
        stats.durations_ms = Durations::new(durations);
        stats
    }

    fn count(&mut self, status: Status) {
        match self
            .by_status
            .iter_mut()
            .find(|(known, _)| *known == status)
        {
            Some((_, count)) => *count += 1,
            None => self.by_status.push((status, 1)),
        }
    }

    /// Adds how long nodes took: `(workflow, node, milliseconds)` of each frame, in any order.
    #[must_use]
    pub fn time(mut self, frames: impl IntoIterator<Item = (WorkflowId, NodeId, u64)>) -> Self {
        let mut nodes: BTreeMap<(WorkflowId, NodeId), Vec<u64>> = BTreeMap::new();
        for (workflow, node, ms) in frames {
            nodes.entry((workflow, node)).or_default().push(ms);
        }
        self.nodes = nodes
            .into_iter()
            .map(|((workflow, node), all)| NodeDurations {
                workflow,
                node,
                durations_ms: Durations::new(all),
            })
            .collect();
        self
    }
}

impl Journal {
    /// Runs in numbers: counted from their rows, the nodes of the newest timed.
    ///
    /// Looks at no more than a hundred thousand rows, [`TIMED_RUNS_MAX`] runs and [`TIMED_FRAMES_MAX`] frames, the
    /// newest first by id; a run with more frames than are left is passed over.
    ///
    /// # Errors
    /// When a row or a run's events are damaged.
    pub fn stats(&self, filter: &StatsFilter) -> Result<Stats, ReadError> {
        self.store().read(|transaction| {
            let (rows, is_cut) = newest(transaction, filter)?;
            let mut frames = Vec::new();
            let timed = timed(&rows, filter.timed_runs);
            for row in &timed {
                let timeline = timeline::fold(transaction, row.run)?;
                let ended = timeline.durations_ms(&[Status::Completed, Status::Failed]);
                frames.extend(ended.map(|(node, ms)| (row.workflow.id.clone(), node.into(), ms)));
            }
            let timed_runs = timed.len() as u64;
            Ok(Stats {
                timed_runs,
                is_cut,
                ..Stats::of_rows(&rows).time(frames)
            })
        })
    }
}

/// The rows that pass, the newest id first, and whether there may be more.
fn newest(
    transaction: &ReadTransaction,
    filter: &StatsFilter,
) -> Result<(Vec<RunRow>, bool), ReadError> {
    let mut rows = Vec::new();
    let runs = transaction.open_table(tables::RUNS)?;
    for (looked, entry) in runs.iter()?.rev().enumerate() {
        let (key, row) = entry?;
        if is_older(tables::run_of(key.value()), filter.since) {
            break;
        }
        if looked >= ROWS_MAX {
            return Ok((rows, true));
        }
        let row: RunRow = unseal("runs", key.value(), row.value())?;
        let is_wanted = filter
            .workflow
            .as_ref()
            .is_none_or(|workflow| row.workflow.id == *workflow);
        if is_wanted && !row.removed && row.started >= filter.since {
            rows.push(row);
        }
    }
    Ok((rows, false))
}

/// Whether this id, and all before it, were made too early for their runs to count.
fn is_older(run: RunId, since: Timestamp) -> bool {
    let made = run
        .0
        .get_timestamp()
        .filter(|_| run.0.get_version_num() == 7);
    made.is_some_and(|made| {
        let (seconds, nanos) = made.to_unix();
        let ms = i64::try_from(seconds).map_or(i64::MAX, |seconds| {
            seconds.saturating_mul(1000) + i64::from(nanos / 1_000_000)
        });
        ms < since.0.saturating_sub(ID_LAG_MS)
    })
}

/// The runs whose nodes are timed.
fn timed(rows: &[RunRow], count: usize) -> Vec<&RunRow> {
    let mut left = TIMED_FRAMES_MAX;
    let fits = |row: &&RunRow| {
        let fits = shown_frames(row) <= left;
        left -= if fits { shown_frames(row) } else { 0 };
        fits
    };
    rows.iter()
        .filter(fits)
        .take(count.min(TIMED_RUNS_MAX))
        .collect()
}

/// At most how many frames a run shows: what a fork shares is not counted in its row, and has at most a
/// frame for each event.
fn shown_frames(row: &RunRow) -> u64 {
    row.frames + row.own_after().0
}

#[cfg(test)]
mod tests {
    use flowforge_engine::Seq;
    use flowforge_engine::event::{Event, Mode, Recorded};

    use super::*;
    use crate::fixtures::{fork, journal, more, run, start, text, workflow, workflow_ref};

    fn row(number: u128, status: Status, started: i64, took_ms: Option<i64>) -> RunRow {
        RunRow {
            run: run(number),
            workflow: workflow_ref(&workflow("flow", 1)),
            mode: Mode::Live,
            status,
            started: Timestamp(started),
            ended: took_ms.map(|ms| Timestamp(started + ms)),
            last_seq: Seq(1),
            frames: 0,
            failed_frames: 0,
            fork_of: None,
            key: None,
            segments: 1,
            segment_bytes: 1,
            imported: false,
            removed: false,
        }
    }

    #[test]
    fn runs_are_counted_by_status_and_hour() {
        let rows = [
            row(1, Status::Completed, 10, Some(5)),
            row(2, Status::Failed, HOUR_MS - 1, Some(7)),
            row(3, Status::Completed, HOUR_MS, Some(1)),
            row(4, Status::Running, 3 * HOUR_MS, None),
            row(5, Status::Cancelled, 3 * HOUR_MS, Some(99)),
        ];
        let stats = Stats::of_rows(&rows);
        assert_eq!(stats.runs, 5);
        assert_eq!(
            stats.by_status,
            [
                (Status::Completed, 2),
                (Status::Failed, 1),
                (Status::Running, 1),
                (Status::Cancelled, 1)
            ]
        );
        let hours = [(0, 2, 1, 1), (1, 1, 1, 0), (3, 2, 0, 0)];
        let hours = hours.map(|(hour, runs, completed, failed)| Hour {
            at: Timestamp(hour * HOUR_MS),
            runs,
            completed,
            failed,
        });
        assert_eq!(stats.per_hour, hours);
        assert_eq!(stats.durations_ms.as_slice(), [1, 5, 7]);
    }

    #[test]
    fn percentiles_are_durations_that_there_were() {
        let durations = Durations::new((1..=20).rev().collect());
        let of = |percent| durations.percentile_ms(percent);
        assert_eq!([of(0), of(50), of(95), of(100)], [1, 10, 19, 20].map(Some));
        assert_eq!(Durations::default().percentile_ms(50), None);
        assert_eq!(Durations::new(vec![7]).percentile_ms(95), Some(7));
    }

    #[test]
    fn nodes_of_the_newest_runs_are_timed() {
        let journal = journal();
        for number in 1..=3 {
            journal
                .append_wait(start(number, &[text(1, 10)], Status::Running))
                .unwrap();
        }
        let mut late = more(3, 3, &[text(2, 10)], Status::Completed);
        late.events[1].at.0 += 500;
        journal.append_wait(late).unwrap();
        let filter = StatsFilter {
            timed_runs: 2,
            ..StatsFilter::default()
        };
        let stats = journal.stats(&filter).unwrap();
        assert_eq!((stats.runs, stats.timed_runs, stats.is_cut), (3, 2, false));
        let nodes: Vec<_> = stats
            .nodes
            .iter()
            .map(|node| (node.node.as_str(), node.durations_ms.as_slice().to_vec()))
            .collect();
        assert_eq!(nodes, [("n2", vec![1, 1]), ("n4", vec![501])]);
        let other = StatsFilter {
            workflow: Some("other".into()),
            ..filter
        };
        assert_eq!(journal.stats(&other).unwrap(), Stats::default());
    }

    #[test]
    fn only_runs_that_started_since_are_counted() {
        let journal = journal();
        for number in 1..=4 {
            let mut append = start(number, &[], Status::Completed);
            append.events[0].at = Timestamp(i64::try_from(number).unwrap());
            journal.append_wait(append).unwrap();
        }
        let filter = StatsFilter {
            since: Timestamp(3),
            ..StatsFilter::default()
        };
        assert_eq!(journal.stats(&filter).unwrap().runs, 2);
    }

    #[test]
    fn ids_say_when_nothing_older_need_be_looked_at() {
        let made = |ms: u64| {
            let time = uuid::Timestamp::from_unix(uuid::NoContext, ms / 1000, 0);
            RunId(uuid::Uuid::new_v7(time))
        };
        let since = Timestamp(10 * HOUR_MS);
        let hour = |hours: u64| made(hours * 3_600_000);
        assert!(is_older(hour(8), since));
        assert!(!is_older(hour(9), since) && !is_older(hour(11), since));
        assert!(!is_older(run(1), since));
    }

    #[test]
    fn runs_with_too_many_frames_are_passed_over() {
        let large = RunRow {
            frames: TIMED_FRAMES_MAX - 1,
            ..row(1, Status::Completed, 0, Some(1))
        };
        let small = RunRow {
            frames: 1,
            ..row(2, Status::Completed, 0, Some(1))
        };
        let rows = [large.clone(), large.clone(), small.clone(), small];
        let numbers: Vec<_> = timed(&rows, 9).iter().map(|row| row.run).collect();
        assert_eq!(numbers, [run(1), run(2)]);
        assert_eq!(timed(&rows, 1).len(), 1);
    }

    #[test]
    fn what_a_fork_shares_counts_against_the_limit() {
        let journal = journal();
        let root = start(1, &[text(1, 10)], Status::Completed);
        assert!(matches!(
            root.events[1],
            Recorded {
                event: Event::FrameOpened { .. },
                ..
            }
        ));
        journal.append_wait(root).unwrap();
        journal
            .append_wait(fork(2, 1, 3, &[text(2, 10)], Status::Completed))
            .unwrap();
        let row = journal.run(run(2)).unwrap().unwrap();
        assert_eq!(shown_frames(&row), 1 + 3);
    }
}
