//! A disk in memory that fails on purpose: for tests of what is kept when something breaks.
//!
//! It remembers what was synced and what was written since. A power loss keeps the first, and of the second
//! any part: whole writes get lost, others are torn between sectors. A failed sync behaves as on
//! Linux: the process goes on seeing what it wrote, and the disk never gets it.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;
/// What a file system gives a file at once, in bytes.
const BLOCK_BYTES: u64 = 4096;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk(Arc<Mutex<State>>);

/// When the disk fails. Counts start at 1 and at the moment the plan is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// This write fails with an I/O error.
    pub write: Option<u64>,
    /// This sync fails with an I/O error.
    pub sync: Option<u64>,
    /// After this many operations every one fails: the process is as good as dead.
    pub death: Option<u64>,
    /// The disk is full when the file has this many bytes of blocks.
    pub capacity_bytes: Option<u64>,
}

#[derive(Default)]
struct State {
    /// What the process sees.
    seen: Vec<u8>,
    /// What survives a power loss for certain.
    synced: Vec<u8>,
    /// What was done since the last sync.
    pending: Vec<Operation>,
    /// Blocks that the file has.
    blocks: HashSet<u64>,
    faults: Faults,
    counts: Counts,
}

/// How often the disk was asked for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes, and changes of the length.
    pub writes: u64,
    /// Syncs.
    pub syncs: u64,
}

#[derive(Clone)]
enum Operation {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

impl FaultyDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that holds an image.
    #[must_use]
    pub fn with_image(image: Vec<u8>) -> Self {
        let blocks = (0..(image.len() as u64).div_ceil(BLOCK_BYTES)).collect();
        Self(Arc::new(Mutex::new(State {
            seen: image.clone(),
            synced: image,
            blocks,
            ..State::default()
        })))
    }

    /// Fails as planned from now on.
    pub fn plan(&self, faults: Faults) {
        let mut state = self.state();
        state.faults = faults;
        state.counts = Counts::default();
    }

    /// What was asked for since the last plan.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// What the process sees.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.state().seen.clone()
    }

    /// What a power loss at this moment leaves: all that was synced, and chance's part of the rest.
    #[must_use]
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let state = self.state();
        let mut image = state.synced.clone();
        let mut chance = Chance(seed);
        for operation in &state.pending {
            match operation {
                Operation::SetLen(len) if chance.coin() => image.resize(*len, 0),
                Operation::Write(offset, bytes) => tear(&mut image, *offset, bytes, &mut chance),
                Operation::SetLen(_) => {}
            }
        }
        Self::with_image(image)
    }

    /// Turns one bit around, behind everybody's back.
    pub fn flip_bit(&self, bit: u64) {
        let mut state = self.state();
        let (at, mask) = (
            usize::try_from(bit / 8).unwrap_or(usize::MAX),
            1 << (bit % 8),
        );
        for image in [&mut state.seen] {
            if let Some(byte) = image.get_mut(at) {
                *byte ^= mask;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes some sectors, or none, or all.
fn tear(image: &mut Vec<u8>, offset: usize, bytes: &[u8], chance: &mut Chance) {
    let (all, none) = (chance.below(4) == 0, chance.below(3) == 0);
    for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
        if all || (!none && chance.coin()) {
            put(image, offset + number * SECTOR_BYTES, sector);
        }
    }
}

fn put(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

impl State {
    /// Counts an operation; fails when the process should be dead.
    fn live(&self) -> io::Result<()> {
        match self.faults.death {
            Some(death) if self.counts.writes + self.counts.syncs > death => {
                Err(io::Error::other("dead"))
            }
            _ => Ok(()),
        }
    }

    fn begin_write(&mut self) -> io::Result<()> {
        self.counts.writes += 1;
        self.live()?;
        if self.faults.write == Some(self.counts.writes) {
            return Err(io::Error::other("planned write error"));
        }
        Ok(())
    }

    /// Takes the blocks of a write, if there is room.
    fn take_blocks(&mut self, offset: u64, len: usize) -> io::Result<()> {
        let blocks = offset / BLOCK_BYTES..(offset + len as u64).div_ceil(BLOCK_BYTES);
        let new = blocks
            .clone()
            .filter(|block| !self.blocks.contains(block))
            .count() as u64;
        if let Some(capacity) = self.faults.capacity_bytes
            && new > 0
            && (self.blocks.len() as u64 + new) * BLOCK_BYTES > capacity
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.blocks.extend(blocks);
        Ok(())
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("disks in memory are small")
}

impl StorageBackend for FaultyDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        state.live()?;
        let start = index(offset);
        match state.seen.get(start..start + out.len()) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.begin_write()?;
        state.seen.resize(index(len), 0);
        state
            .blocks
            .retain(|block| *block < len.div_ceil(BLOCK_BYTES));
        state.pending.push(Operation::SetLen(index(len)));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.counts.syncs += 1;
        state.live()?;
        let pending = std::mem::take(&mut state.pending);
        if state.faults.sync == Some(state.counts.syncs) {
            return Err(io::Error::other("planned sync error"));
        }
        for operation in pending {
            match operation {
                Operation::Write(offset, bytes) => put(&mut state.synced, offset, &bytes),
                Operation::SetLen(len) => state.synced.resize(len, 0),
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.begin_write()?;
        state.take_blocks(offset, data.len())?;
        put(&mut state.seen, index(offset), data);
        state
            .pending
            .push(Operation::Write(index(offset), data.to_vec()));
        Ok(())
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("bytes", &self.seen.len())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// Repeatable chance: splitmix64.
#[derive(Clone, Copy, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A number below `end`; 0 when that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            0
        } else {
            self.next_number() % end
        }
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}
