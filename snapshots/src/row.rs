//! Small rows: a version, the fields, and a hash over the row's place and its bytes.

use flowforge_engine::event::{Mode, WorkflowRef};
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ReadError;

/// The layout of rows. Part of the format.
const LAYOUT: u8 = 1;
const HASH_BYTES: usize = 8;

/// What the journal knows of a run without reading its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// What it executes; for a fork, after its changes.
    pub workflow: WorkflowRef,
    /// Live or dry.
    pub mode: Mode,
    /// Where it is in its life.
    pub status: Status,
    /// When its first own event was recorded.
    pub started: Timestamp,
    /// When it ended; absent while it has not.
    pub ended: Option<Timestamp>,
    /// Its last event.
    pub last_seq: Seq,
    /// How many frames it opened itself, those it shares with another run not counted.
    pub frames: u64,
    /// How many of these failed.
    pub failed_frames: u64,
    /// The run it was forked from, and the last event that they share.
    pub fork_of: Option<ForkOf>,
    /// The idempotency key it was started with.
    pub key: Option<String>,
    /// How many segments hold its own events.
    pub segments: u64,
    /// How many bytes these take.
    pub segment_bytes: u64,
    /// Whether it came from a file: such a run is never resumed by itself.
    pub imported: bool,
    /// Whether retention removed it, and only what forks share is still there.
    pub(crate) removed: bool,
}

/// Where a fork came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForkOf {
    /// The run it came from.
    pub run: RunId,
    /// The last event that is shared.
    pub at: Seq,
}

impl RunRow {
    /// Whether the run has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        is_final(self.status)
    }

    /// The last event that is not its own: 0 unless it is a fork.
    pub(crate) fn own_after(&self) -> Seq {
        self.fork_of.map_or(Seq(0), |fork| fork.at)
    }
}

/// Whether a run with this status has ended.
pub(crate) fn is_final(status: Status) -> bool {
    matches!(
        status,
        Status::Completed | Status::Failed | Status::Cancelled | Status::Skipped
    )
}

/// The row of `fields` at `key` of `table`.
pub(crate) fn seal(table: &str, key: &[u8], fields: &impl Serialize) -> Vec<u8> {
    let mut row = postcard::to_extend(fields, vec![LAYOUT])
        .expect("rows hold plain fields, and memory takes them");
    let hash = hash(table, key, &row);
    row.extend_from_slice(&hash);
    row
}

/// The fields of a row, when it is as it was written.
pub(crate) fn unseal<T: DeserializeOwned>(
    table: &str,
    key: &[u8],
    row: &[u8],
) -> Result<T, ReadError> {
    let damaged = |why| ReadError::damaged(format!("a row of {table}"), why);
    let Some(split) = row.len().checked_sub(HASH_BYTES).filter(|split| *split > 0) else {
        return Err(damaged("it is cut off"));
    };
    let (sealed, found) = row.split_at(split);
    if hash(table, key, sealed) != found {
        return Err(damaged("it does not match its hash"));
    }
    if sealed[0] != LAYOUT {
        return Err(damaged("its layout is unknown"));
    }
    postcard::from_bytes(&sealed[1..]).map_err(|_| damaged("its fields do not decode"))
}

fn hash(table: &str, key: &[u8], sealed: &[u8]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(table.as_bytes())
        .update(&[0])
        .update(key)
        .update(sealed);
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..HASH_BYTES]);
    hash
}
