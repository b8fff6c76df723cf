//! Several events of one run, written together: the unit in which the journal stores and reads.
//!
//! A segment is never larger than a reader who wants one event of it should have to pay for. It carries
//! a hash over its key and its bytes, so that neither a flipped bit nor a segment in the wrong
//! place is ever shown as a run's history.

use flowforge_engine::event::Recorded;
use flowforge_engine::{Address, RunId, Seq};

use serde::de::DeserializeOwned;

use crate::error::{ReadError, WriteError};
use crate::kept::{Kept, Root, add_roots};
use crate::pack::{Codec, PACK_BYTES_MAX, pack, unpack};
use crate::tables;

/// Most events of one segment.
pub(crate) const SEGMENT_EVENTS_MAX: u32 = 512;
/// A segment is closed when its events, before compression, reach this many bytes.
pub(crate) const SEGMENT_BYTES: usize = 64 << 10;

/// The layout of segments. Part of the format.
const LAYOUT: u8 = 1;
/// Where the position stands: it is given by the writer, after the hash was made.
const POSITION: std::ops::Range<usize> = 0..8;
const HEAD_BYTES: usize = 8 + 1 + 1 + 4 + 4 + HASH_BYTES;
const HASH_BYTES: usize = 16;

/// A segment that is ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// The seq of its first event.
    pub(crate) first: Seq,
    /// How many events it has.
    pub(crate) count: u32,
    /// The stored values it refers to, each once.
    pub(crate) roots: Vec<Address>,
    /// The sizes of these, counted as often as events refer to them.
    pub(crate) logical_bytes: u64,
    /// Its row; the position is still 0.
    pub(crate) row: Vec<u8>,
}

/// Builds segments from events in order.
pub(crate) struct Segments {
    run: RunId,
    /// Whether a segment is closed when it is large enough.
    bounded: bool,
    done: Vec<Segment>,
    first: Seq,
    count: u32,
    bytes: Vec<u8>,
    roots: Vec<Address>,
    logical_bytes: u64,
}

impl Segments {
    pub(crate) fn new(run: RunId) -> Self {
        Self {
            run,
            bounded: true,
            done: Vec::new(),
            first: Seq(0),
            count: 0,
            bytes: Vec::new(),
            roots: Vec::new(),
            logical_bytes: 0,
        }
    }

    /// Puts everything into one segment; for events that were in segments before.
    pub(crate) fn unbounded(run: RunId) -> Self {
        Self {
            bounded: false,
            ..Self::new(run)
        }
    }

    /// Adds the next event, which refers to `roots`.
    pub(crate) fn push(
        &mut self,
        event: &Recorded<Kept>,
        roots: &[Root],
    ) -> Result<(), WriteError> {
        if self.count == 0 {
            self.first = event.seq;
        }
        let before = self.bytes.len();
        self.bytes =
            postcard::to_extend(event, std::mem::take(&mut self.bytes)).map_err(|error| {
                WriteError::Storage(format!("an event could not be encoded: {error}"))
            })?;
        let bytes = self.bytes.len() - before;
        if bytes > PACK_BYTES_MAX {
            return Err(WriteError::TooLarge {
                bytes,
                bytes_max: PACK_BYTES_MAX,
            });
        }
        self.roots.extend(roots.iter().map(|root| root.address));
        self.logical_bytes += roots.iter().map(|root| root.size).sum::<u64>();
        self.count += 1;
        if self.bounded && (self.count >= SEGMENT_EVENTS_MAX || self.bytes.len() >= SEGMENT_BYTES) {
            self.close();
        }
        Ok(())
    }

    /// The segments of all events that were added.
    pub(crate) fn finish(mut self) -> Vec<Segment> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        if self.count == 0 {
            return;
        }
        self.roots.sort_unstable();
        self.roots.dedup();
        let row = seal(self.run, self.first, self.count, &self.bytes);
        let roots = std::mem::take(&mut self.roots);
        let logical_bytes = std::mem::take(&mut self.logical_bytes);
        self.done.push(Segment {
            first: self.first,
            count: self.count,
            roots,
            logical_bytes,
            row,
        });
        self.count = 0;
        self.bytes.clear();
    }
}

impl Segment {
    /// Writes the position at which it is stored into its row.
    pub(crate) fn place(&mut self, position: u64) {
        self.row[POSITION].copy_from_slice(&position.to_le_bytes());
    }
}

fn seal(run: RunId, first: Seq, count: u32, bytes: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(HEAD_BYTES + bytes.len() / 2);
    row.resize(HEAD_BYTES, 0);
    row[9] = pack(bytes, &mut row) as u8;
    row[8] = LAYOUT;
    row[10..14].copy_from_slice(&count.to_le_bytes());
    row[14..18].copy_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    let hash = hash(&tables::at(run, first), &row);
    row[18..HEAD_BYTES].copy_from_slice(&hash);
    row
}

/// The hash of a segment: its key, its head without position and hash, its packed bytes.
fn hash(key: &[u8; 24], row: &[u8]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(key)
        .update(&row[8..18])
        .update(&row[HEAD_BYTES..]);
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..HASH_BYTES]);
    hash
}

/// A stored segment whose hash was checked.
pub(crate) struct Checked<'a> {
    key: &'a [u8; 24],
    row: &'a [u8],
}

impl<'a> Checked<'a> {
    /// Checks a row against its key and its hash.
    pub(crate) fn new(key: &'a [u8; 24], row: &'a [u8]) -> Result<Self, ReadError> {
        if row.len() < HEAD_BYTES {
            return Err(damaged(key, "it is cut off"));
        }
        if row[8] != LAYOUT {
            return Err(damaged(key, "its layout is unknown"));
        }
        if hash(key, row) != row[18..HEAD_BYTES] {
            return Err(damaged(key, "it does not match its hash"));
        }
        Ok(Self { key, row })
    }

    /// Where it stands in the log.
    pub(crate) fn position(&self) -> u64 {
        u64::from_le_bytes(self.row[POSITION].try_into().expect("eight bytes"))
    }

    /// How many events it has.
    pub(crate) fn count(&self) -> u32 {
        self.number(10)
    }

    /// How long its events are before compression.
    pub(crate) fn bytes(&self) -> usize {
        self.number(14) as usize
    }

    /// Its events, in seq order.
    pub(crate) fn events(&self) -> Result<Vec<Recorded<Kept>>, ReadError> {
        let mut events = Vec::with_capacity(self.count().min(SEGMENT_EVENTS_MAX) as usize);
        self.each(|event| events.push(event))?;
        Ok(events)
    }

    /// Gives its events to `each`, in seq order, without holding them, with values read as a `K`. When they
    /// do not decode, those before were given already.
    pub(crate) fn each<K: DeserializeOwned>(
        &self,
        mut each: impl FnMut(Recorded<K>),
    ) -> Result<(), ReadError> {
        let codec = Codec::from_byte(self.row[9])
            .ok_or_else(|| damaged(self.key, "its codec is unknown"))?;
        let bytes = unpack(codec, &self.row[HEAD_BYTES..], self.bytes())
            .map_err(|why| damaged(self.key, why))?;
        let mut rest = bytes.as_slice();
        let mut next = tables::parts(self.key).1;
        for _ in 0..self.count() {
            let (event, left) = postcard::take_from_bytes::<Recorded<K>>(rest)
                .map_err(|_| damaged(self.key, "its events do not decode"))?;
            if event.seq != next {
                return Err(damaged(self.key, "its events are not in order"));
            }
            (rest, next) = (left, next.next());
            each(event);
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(damaged(self.key, "it holds more than its events"))
        }
    }

    /// The stored values it refers to, each once, and their sizes, counted as often as events refer to them.
    pub(crate) fn roots(&self) -> Result<(Vec<Address>, u64), ReadError> {
        let mut roots = Vec::new();
        for event in self.events()? {
            add_roots(event, &mut roots);
        }
        let logical_bytes = roots.iter().map(|root| root.size).sum();
        let mut roots: Vec<Address> = roots.into_iter().map(|root| root.address).collect();
        roots.sort_unstable();
        roots.dedup();
        Ok((roots, logical_bytes))
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.row[at..at + 4].try_into().expect("four bytes"))
    }
}

fn damaged(key: &[u8; 24], why: &str) -> ReadError {
    let (run, first) = tables::parts(key);
    ReadError::damaged(format!("the segment of run {run} from event {first}"), why)
}
