//! The one way to the file: a storage backend that stands between redb and the disk.
//!
//! It promises three things that redb does not:
//! - **Nothing is written to a file before it was recognised.** While it *holds*, writes stay in memory;
//!   only [`Disk::release`] carries them out, in the same order and with the same syncs. A file that is
//!   damaged, foreign or newer is refused as it was found.
//! - **A failed commit is undone, not guessed at.** After a failed write or sync nobody knows what the disk
//!   has, and the page cache may show pages that were never stored. [`Disk::restore`] puts back the header
//!   of the last sync that succeeded, so what redb opens next is the last state that is surely there.
//! - **Reading past the end gives zeros.** A damaged page number would otherwise be an I/O error, after
//!   which redb refuses everything; so it is a damaged page, which is reported as one.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

/// The bytes that redb's header takes at the start of the file.
const HEADER_BYTES: usize = 320;

/// What every redb file starts with.
pub(crate) const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

/// A handle of the one backend; redb gets a clone each time it opens, the journal keeps another.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: Box<dyn StorageBackend>,
    holding: AtomicBool,
    held: Mutex<Held>,
    header: Mutex<Header>,
    syncs: AtomicU64,
    kept: AtomicU64,
}

/// The writes that wait for the file to be recognised, in order.
#[derive(Debug, Default)]
struct Held {
    operations: Vec<Operation>,
}

#[derive(Debug)]
enum Operation {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

/// The header as the disk surely has it, and as it was written since.
#[derive(Debug, Default)]
struct Header {
    synced: Vec<u8>,
    written: Option<Vec<u8>>,
    failed: bool,
}

impl Disk {
    /// Takes a backend, with the header that it has now.
    pub(crate) fn new(backend: impl StorageBackend) -> io::Result<Self> {
        let mut synced = vec![
            0;
            usize::try_from(backend.len()?)
                .map_or(HEADER_BYTES, |len| len.min(HEADER_BYTES))
        ];
        if !synced.is_empty() {
            backend.read(0, &mut synced)?;
        }
        Ok(Self(Arc::new(Inner {
            backend: Box::new(backend),
            holding: AtomicBool::new(false),
            held: Mutex::default(),
            header: Mutex::new(Header {
                synced,
                ..Header::default()
            }),
            syncs: AtomicU64::new(0),
            kept: AtomicU64::new(0),
        })))
    }

    /// From now on writes stay in memory.
    pub(crate) fn hold(&self) {
        self.held().operations.clear();
        self.0.holding.store(true, Ordering::Release);
    }

    /// Carries out what was held, and what comes from now on.
    pub(crate) fn release(&self) -> io::Result<()> {
        let mut held = self.held();
        for operation in held.operations.drain(..) {
            match operation {
                Operation::Write(offset, bytes) => self.write_through(offset, &bytes)?,
                Operation::SetLen(len) => self.set_len_through(len)?,
                Operation::Sync => self.sync_through()?,
            }
        }
        self.0.holding.store(false, Ordering::Release);
        Ok(())
    }

    /// Forgets what was held; it still holds.
    pub(crate) fn discard(&self) {
        self.held().operations.clear();
    }

    /// Undoes what was written since the last sync that succeeded, if a write or sync failed since.
    pub(crate) fn restore(&self) -> io::Result<()> {
        let mut header = self.header();
        if !header.failed {
            return Ok(());
        }
        if header.synced.is_empty() {
            self.0.backend.set_len(0)?;
        } else {
            self.0.backend.write(0, &header.synced)?;
        }
        self.0.backend.sync_data()?;
        *header = Header {
            synced: std::mem::take(&mut header.synced),
            ..Header::default()
        };
        Ok(())
    }

    /// The file's length in bytes, as redb sees it.
    pub(crate) fn bytes(&self) -> io::Result<u64> {
        if self.holds() {
            Ok(self.held().len(self.0.backend.len()?))
        } else {
            self.0.backend.len()
        }
    }

    /// Whether it starts as a redb file does.
    pub(crate) fn has_magic(&self) -> bool {
        self.header().synced.starts_with(&MAGIC)
    }

    /// How often the disk was asked to keep what it was given.
    pub(crate) fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::Relaxed)
    }

    /// How often a sync succeeded that made a new header durable: once for each commit.
    pub(crate) fn kept(&self) -> u64 {
        self.0.kept.load(Ordering::Acquire)
    }

    fn holds(&self) -> bool {
        self.0.holding.load(Ordering::Acquire)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn header(&self) -> std::sync::MutexGuard<'_, Header> {
        self.0.header.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a failure, for [`restore`](Self::restore).
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.header().failed = true;
        }
        result
    }

    fn write_through(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if offset == 0 {
            self.header().written = Some(bytes[..bytes.len().min(HEADER_BYTES)].to_vec());
        }
        self.note(self.0.backend.write(offset, bytes))
    }

    fn set_len_through(&self, len: u64) -> io::Result<()> {
        self.note(self.0.backend.set_len(len))
    }

    fn sync_through(&self) -> io::Result<()> {
        self.0.syncs.fetch_add(1, Ordering::Relaxed);
        self.note(self.0.backend.sync_data())?;
        let mut header = self.header();
        if let Some(written) = header.written.take() {
            header.synced = written;
            self.0.kept.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Reads what the backend has, and zeros behind its end.
    fn read_through(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = self.0.backend.len()?.saturating_sub(offset);
        let there = usize::try_from(there).map_or(out.len(), |there| there.min(out.len()));
        let (found, beyond) = out.split_at_mut(there);
        beyond.fill(0);
        if found.is_empty() {
            Ok(())
        } else {
            self.0.backend.read(offset, found)
        }
    }
}

impl Held {
    /// The length that a file of `len` bytes has after the operations.
    fn len(&self, len: u64) -> u64 {
        self.operations
            .iter()
            .fold(len, |len, operation| match operation {
                Operation::Write(offset, bytes) => len.max(offset + bytes.len() as u64),
                Operation::SetLen(len) => *len,
                Operation::Sync => len,
            })
    }

    /// Puts the operations over what the file has at `offset`.
    fn overlay(&self, offset: u64, out: &mut [u8]) {
        let end = offset + out.len() as u64;
        for operation in &self.operations {
            match operation {
                Operation::Write(start, bytes) => {
                    let (from, to) = (offset.max(*start), end.min(start + bytes.len() as u64));
                    if from < to {
                        out[span(from, to, offset)].copy_from_slice(&bytes[span(from, to, *start)]);
                    }
                }
                Operation::SetLen(len) if *len < end => {
                    out[span(offset.max(*len), end, offset)].fill(0);
                }
                Operation::SetLen(_) | Operation::Sync => {}
            }
        }
    }
}

/// The bytes from `from` to `to`, counted from `origin`.
fn span(from: u64, to: u64, origin: u64) -> std::ops::Range<usize> {
    let index = |at: u64| usize::try_from(at - origin).expect("it lies in a buffer in memory");
    index(from)..index(to)
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.bytes()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_through(offset, out)?;
        if self.holds() {
            self.held().overlay(offset, out);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.holds() {
            self.held().operations.push(Operation::SetLen(len));
            return Ok(());
        }
        self.set_len_through(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.holds() {
            self.held().operations.push(Operation::Sync);
            return Ok(());
        }
        self.sync_through()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.holds() {
            self.held()
                .operations
                .push(Operation::Write(offset, data.to_vec()));
            return Ok(());
        }
        self.write_through(offset, data)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Err(error) = self.backend.close() {
            tracing::warn!(%error, "the journal's file could not be closed cleanly");
        }
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    fn disk(content: &[u8]) -> Disk {
        let backend = InMemoryBackend::new();
        backend.set_len(content.len() as u64).unwrap();
        backend.write(0, content).unwrap();
        Disk::new(backend).unwrap()
    }

    fn content(disk: &Disk) -> Vec<u8> {
        let mut out = vec![0; usize::try_from(disk.bytes().unwrap()).unwrap()];
        disk.read(0, &mut out).unwrap();
        out
    }

    #[test]
    fn held_writes_are_seen_but_not_made() {
        let disk = disk(b"abcdef");
        disk.hold();
        disk.write(2, b"XY").unwrap();
        disk.set_len(3).unwrap();
        disk.set_len(5).unwrap();
        assert_eq!(content(&disk), b"abX\0\0");
        let mut real = [0; 6];
        disk.0.backend.read(0, &mut real).unwrap();
        assert_eq!(&real, b"abcdef");
        disk.release().unwrap();
        assert_eq!(content(&disk), b"abX\0\0");
        assert_eq!(disk.0.backend.len().unwrap(), 5);
    }

    #[test]
    fn discarded_writes_never_happened() {
        let disk = disk(b"abcdef");
        disk.hold();
        disk.write(0, b"______").unwrap();
        disk.discard();
        disk.release().unwrap();
        assert_eq!(content(&disk), b"abcdef");
    }

    #[test]
    fn behind_the_end_there_are_zeros() {
        let disk = disk(b"abc");
        let mut out = *b"......";
        disk.read(1, &mut out).unwrap();
        assert_eq!(&out, b"bc\0\0\0\0");
    }
}
