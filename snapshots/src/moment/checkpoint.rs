//! Checkpoints: outlines written down while a run is recorded, in the same commit as its events.
//!
//! They can always be made again from the events. One that is damaged, or was written by another version, is
//! therefore passed over for the one before, and one that cannot be made never fails an append.

use flowforge_engine::fold::{Checkpoint, Outline};
use flowforge_engine::{RunId, Seq};
use redb::{ReadableTable, Table};

use super::past::Past;
use crate::error::WriteError;
use crate::pack::{blob_of, blob_row};
use crate::read::CheckpointRow;
use crate::row::{RunRow, seal, unseal};
use crate::segment::Segment;
use crate::tables;

/// The layout of checkpoints. Another one is passed over, so it may change at any time.
const LAYOUT: u8 = 2;

/// Fewest events between two checkpoints.
const EVENTS_MIN: u64 = 512;

/// A checkpoint is due when the segments since the last one hold at least this many times its bytes.
const BYTES_RATIO: u64 = 7;

type Bytes = &'static [u8];

const TABLE: &str = "checkpoints";

/// Layout, and the bytes of the run's segments up to here (little-endian); the packed outline follows.
const HEAD_BYTES: usize = 1 + 8;

/// The outline of a stored checkpoint, unless it cannot be used.
pub(super) fn restore(run: RunId, key: &[u8; 24], row: &[u8]) -> Option<Outline> {
    let outline = unpack(run, key, row);
    if let Err(why) = &outline {
        tracing::warn!(%run, why, "a checkpoint was passed over");
    }
    outline.ok()
}

fn unpack(run: RunId, key: &[u8; 24], row: &[u8]) -> Result<Outline, String> {
    let CheckpointRow(fields) = unseal(TABLE, key, row).map_err(|error| error.to_string())?;
    let (head, packed) = fields.split_at_checked(HEAD_BYTES).ok_or("it is cut off")?;
    if head[0] != LAYOUT {
        return Err("its layout is unknown".into());
    }
    let bytes = blob_of(packed).map_err(|error| error.to_string())?;
    let stored: Checkpoint = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let outline = Outline::restore(run, stored).map_err(|error| error.to_string())?;
    if outline.seq() != tables::parts(key).1 {
        return Err("it is of another event".into());
    }
    Ok(outline)
}

/// The row of a checkpoint. Without an outline it marks a place that cannot be folded to, so that it is not
/// tried again with every append.
fn pack(key: &[u8; 24], outline: Option<&Outline>, segment_bytes: u64) -> Vec<u8> {
    let mut fields = vec![LAYOUT];
    fields.extend_from_slice(&segment_bytes.to_le_bytes());
    if let Some(outline) = outline {
        let bytes = postcard::to_stdvec(&outline.checkpoint())
            .expect("plain fields, and memory takes them");
        fields.extend_from_slice(&blob_row(&bytes));
    }
    seal(TABLE, key, &CheckpointRow(fields))
}

/// How large the run's segments were at this checkpoint; 0 when it does not say.
fn segment_bytes(key: &[u8; 24], row: &[u8]) -> u64 {
    let Ok(CheckpointRow(fields)) = unseal(TABLE, key, row) else {
        return 0;
    };
    let bytes = fields
        .get(1..HEAD_BYTES)
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

/// What is known of the last checkpoint when the next may be due.
#[derive(Clone, Copy, Debug)]
struct Last {
    seq: Seq,
    segment_bytes: u64,
    bytes: u64,
}

impl Last {
    fn is_due(&self, seq: Seq, segment_bytes: u64) -> bool {
        seq.0.saturating_sub(self.seq.0) >= EVENTS_MIN
            && segment_bytes.saturating_sub(self.segment_bytes)
                >= self.bytes.saturating_mul(BYTES_RATIO)
    }
}

/// Whether the run is long enough for a checkpoint at all.
pub(crate) fn may_be_due(row: &RunRow) -> bool {
    row.last_seq.0.saturating_sub(row.own_after().0) >= EVENTS_MIN
}

/// Writes the checkpoints that are due after these segments were stored and the run's row is up to date.
///
/// # Errors
/// When the disk fails. A run that cannot be folded gets no checkpoints, but its events.
pub(crate) fn keep_up(
    runs: &impl ReadableTable<&'static [u8; 16], Bytes>,
    segments: &impl ReadableTable<&'static [u8; 24], Bytes>,
    checkpoints: &mut Table<'_, &'static [u8; 24], Bytes>,
    row: &RunRow,
    new: &[Segment],
) -> Result<(), WriteError> {
    let mut last = last(checkpoints, row)?;
    let new_bytes: u64 = new.iter().map(|segment| segment.row.len() as u64).sum();
    let mut segment_bytes = row.segment_bytes.saturating_sub(new_bytes);
    for segment in new {
        segment_bytes += segment.row.len() as u64;
        let seq = Seq(segment.first.0 + u64::from(segment.count).saturating_sub(1));
        if last.is_due(seq, segment_bytes) {
            let key = tables::at(row.run, seq);
            let outline = Past {
                runs,
                segments,
                checkpoints: &*checkpoints,
            }
            .outline(row.run, seq);
            let checkpoint = match outline {
                Ok((outline, _)) => pack(&key, Some(&outline), segment_bytes),
                Err(error) if error.is_storage() => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(run = %row.run, %seq, %error, "a checkpoint could not be made");
                    pack(&key, None, segment_bytes)
                }
            };
            checkpoints.insert(&key, checkpoint.as_slice())?;
            last = Last {
                seq,
                segment_bytes,
                bytes: checkpoint.len() as u64,
            };
        }
    }
    Ok(())
}

fn last(
    checkpoints: &impl ReadableTable<&'static [u8; 24], Bytes>,
    row: &RunRow,
) -> Result<Last, WriteError> {
    let none = Last {
        seq: row.own_after(),
        segment_bytes: 0,
        bytes: 0,
    };
    let (first, end) = (
        tables::at(row.run, row.own_after().next()),
        tables::at(row.run, Seq(u64::MAX)),
    );
    let Some((key, stored)) = checkpoints
        .range::<&[u8; 24]>(&first..=&end)?
        .next_back()
        .transpose()?
    else {
        return Ok(none);
    };
    let (key, stored) = (key.value(), stored.value());
    let bytes = stored.len() as u64;
    Ok(Last {
        seq: tables::parts(key).1,
        segment_bytes: segment_bytes(key, stored),
        bytes,
    })
}
