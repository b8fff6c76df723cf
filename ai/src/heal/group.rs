//! Runs that failed alike, and their resume in stages: 1, 10, all, until one fails again.

use flowforge_engine::event::Mode;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::{Address, Failure, FailureKind, NodeId, RunId, Value, WorkflowId};
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::{Journal, ReadError, RunFilter};
use serde::{Deserialize, Serialize};

/// Most frames of a run that are looked at for the one that failed.
const FRAMES_MAX: usize = 1_000;
/// Most pages of them.
const PAGES_MAX: usize = 50;
/// Most runs of one status that are looked through.
const RUNS_MAX: usize = 2_000;

/// What failures that one fix mends have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The node.
    pub node_id: NodeId,
    /// What the node computes with.
    pub code_hash: Option<Address>,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The failure's message with the values taken out.
    pub shape: String,
}

impl Group {
    /// The group of a failure.
    #[must_use]
    pub fn of(frame: &ExecutionFrame, failure: &Failure) -> Self {
        Self {
            node_id: frame.node_id.clone(),
            code_hash: frame.code_hash,
            kind: failure.kind,
            shape: without_values(&failure.message),
        }
    }

    /// A short name that is the same for the same group.
    #[must_use]
    pub fn name(&self) -> String {
        let json = serde_json::to_value(self).map(|json| Value::from_json(&json));
        let address = json.unwrap_or_default().address().to_string();
        address.chars().take(16).collect()
    }
}

/// Numbers become `#`, quoted texts become `""`; what stands in backquotes are names and stay.
fn without_values(message: &str) -> String {
    let mut shape = String::with_capacity(message.len());
    let mut letters = message.chars().peekable();
    let mut in_name = false;
    while let Some(letter) = letters.next() {
        match letter {
            '`' => {
                in_name = !in_name;
                shape.push(letter);
            }
            '"' if !in_name => {
                while letters.next_if(|next| *next != '"').is_some() {}
                letters.next();
                shape.push_str("\"\"");
            }
            digit if digit.is_ascii_digit() && !in_name => {
                while letters
                    .next_if(|next| next.is_ascii_digit() || *next == '.')
                    .is_some()
                {}
                shape.push('#');
            }
            other => shape.push(other),
        }
    }
    shape
}

/// The frame of a run to blame for its failure, or for its waiting: the one that ended last, inside of loops
/// rather than the loops themselves.
///
/// # Errors
/// When the run cannot be read.
pub fn blamed(journal: &Journal, run: RunId) -> Result<Option<ExecutionFrame>, ReadError> {
    let mut worst: Option<ExecutionFrame> = None;
    for status in [Status::Failed, Status::Interrupted] {
        let filter = FrameFilter {
            status: Some(status),
            ..FrameFilter::default()
        };
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let page = journal.frames(run, &filter, cursor, FRAMES_MAX)?;
            for frame in page.frames {
                let is_inner = frame
                    .error
                    .as_ref()
                    .is_none_or(|error| error.kind == FailureKind::Inner);
                let is_later = worst
                    .as_ref()
                    .is_none_or(|other| frame.closed_seq > other.closed_seq);
                if !is_inner && is_later {
                    worst = Some(frame);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    let Some(frame) = worst else { return Ok(None) };
    Ok((!made_good(journal, &frame)?).then_some(frame))
}

/// Whether a later attempt of the same node at the same place did not fail.
fn made_good(journal: &Journal, frame: &ExecutionFrame) -> Result<bool, ReadError> {
    let filter = FrameFilter {
        node: Some(frame.node_id.clone()),
        ..FrameFilter::default()
    };
    let later = journal.frames(frame.run, &filter, Some(frame.opened_seq), FRAMES_MAX)?;
    let is_good = |other: &ExecutionFrame| {
        other.path == frame.path
            && other.attempt > frame.attempt
            && other.status == Status::Completed
    };
    Ok(later.frames.iter().any(is_good))
}

/// The other runs of this workflow that failed, or wait, in the same way; the oldest first.
///
/// # Errors
/// When the journal cannot be read.
pub fn alike(
    journal: &Journal,
    workflow: &WorkflowId,
    group: &Group,
    but: RunId,
) -> Result<Vec<RunId>, ReadError> {
    let mut found = Vec::new();
    for status in [Status::Failed, Status::Waiting, Status::Interrupted] {
        let filter = RunFilter {
            workflow: Some(workflow.clone()),
            status: Some(status),
            mode: Some(Mode::Live),
            ..RunFilter::default()
        };
        let (mut cursor, mut looked) = (None, 0);
        while looked < RUNS_MAX {
            let page = journal.runs(&filter, cursor, 200)?;
            looked += page.rows.len().max(1);
            for row in &page.rows {
                if row.run != but && is_alike(journal, row.run, group)? {
                    found.push(row.run);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether a run failed in this way and was not gone on with since.
fn is_alike(journal: &Journal, run: RunId, group: &Group) -> Result<bool, ReadError> {
    let Some(frame) = blamed(journal, run)? else {
        return Ok(false);
    };
    let is_same = frame
        .error
        .as_ref()
        .is_some_and(|failure| Group::of(&frame, failure) == *group);
    Ok(is_same && journal.forks(run)?.is_empty())
}

/// How many runs are resumed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Count {
    /// One, to see.
    One,
    /// Ten.
    Ten,
    /// All that are left.
    All,
}

/// Where the resume of a group is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Runs that went on and did not fail again.
    pub resumed: Vec<RunId>,
    /// Runs that wait for their turn, the next first.
    pub left: Vec<RunId>,
    /// The run that failed again: nothing follows it until a person says so.
    pub stopped_at: Option<RunId>,
}

impl Stage {
    /// Nothing was resumed yet.
    #[must_use]
    pub fn new(runs: Vec<RunId>) -> Self {
        Self {
            left: runs,
            ..Self::default()
        }
    }

    /// What to offer next: one, then ten, then all; nothing when none is left or one failed again.
    #[must_use]
    pub fn offer(&self) -> Option<Count> {
        if self.left.is_empty() || self.stopped_at.is_some() {
            return None;
        }
        Some(match self.resumed.len() {
            0 => Count::One,
            1..=10 => Count::Ten,
            _ => Count::All,
        })
    }

    /// The runs to resume for this count, in order; none after one failed again.
    #[must_use]
    pub fn take(&self, count: Count) -> &[RunId] {
        if self.stopped_at.is_some() {
            return &[];
        }
        let most = match count {
            Count::One => 1,
            Count::Ten => 10,
            Count::All => self.left.len(),
        };
        &self.left[..most.min(self.left.len())]
    }

    /// Takes in how a resumed run stands; tells whether to go on with the next.
    pub fn came(&mut self, run: RunId, status: Status) -> bool {
        self.left.retain(|left| *left != run);
        if matches!(
            status,
            Status::Failed | Status::Interrupted | Status::Cancelled
        ) {
            self.stopped_at = Some(run);
            return false;
        }
        self.resumed.push(run);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u128) -> RunId {
        serde_json::from_value(serde_json::json!(format!(
            "00000000-0000-7000-8000-{number:012}"
        )))
        .expect("an id")
    }

    #[test]
    fn messages_are_alike_without_their_values() {
        let a = without_values("`amount` must be a number, found \"12,5\" at line 3");
        let b = without_values("`amount` must be a number, found \"x\" at line 17");
        assert_eq!(a, b);
        assert_ne!(
            a,
            without_values("`total` must be a number, found \"x\" at line 17")
        );
    }

    #[test]
    fn one_then_ten_then_all() {
        let mut stage = Stage::new((0..30).map(run).collect());
        let mut offers = Vec::new();
        while let Some(count) = stage.offer() {
            offers.push((count, stage.take(count).len()));
            for run in stage.take(count).to_vec() {
                assert!(stage.came(run, Status::Completed));
            }
        }
        assert_eq!(
            offers,
            [(Count::One, 1), (Count::Ten, 10), (Count::All, 19)]
        );
    }

    #[test]
    fn nothing_follows_the_first_that_fails_again() {
        let mut stage = Stage::new((0..5).map(run).collect());
        assert!(stage.came(run(0), Status::Completed));
        assert!(!stage.came(run(1), Status::Failed));
        assert_eq!(stage.stopped_at, Some(run(1)));
        assert_eq!(stage.offer(), None);
        assert!(stage.take(Count::All).is_empty());
        assert_eq!(stage.left.len(), 3);
    }
}
