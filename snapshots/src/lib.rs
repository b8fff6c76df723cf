//! What was true, kept: the journal of runs, their values by content, workflow versions.
//!
//! This crate refuses to know HTTP, the co-edited document, models and async: it is called from any
//! thread, blocks, and callers move it off their reactor. It asks neither the clock nor the environment
//! nor chance, and has two threads: the writer, and the indexer where somebody asked for one.
//!
//! Reading order: [`Journal`] (the handle), `append` (what callers hand over), `writer` and `batch` (how it
//! becomes durable), `segment`, `blobs` and `counts` (what lies in the file; `FORMAT.md` gives the bytes), `read`
//! (how it is found again), `store` and `disk` (what is done when the disk fails).

mod append;
mod batch;
mod blobs;
mod bundle;
mod cache;
mod compact;
mod counts;
#[cfg(test)]
mod crash_tests;
pub mod diff;
mod disk;
mod documents;
mod error;
#[cfg(any(test, feature = "faults"))]
pub mod faults;
#[cfg(test)]
mod fixtures;
mod folder;
mod journal;
mod kept;
pub mod moment;
mod names;
mod notes;
mod pack;
mod queue;
mod read;
mod recent;
mod records;
mod removal;
mod retain;
mod row;
pub mod search;
mod segment;
mod size;
mod stats;
mod store;
mod stream;
mod tables;
mod verify;
mod versions;
mod watch;
mod writer;

pub use append::{Append, NewRun};
pub use bundle::{ExportError, ImportError, Imported};
pub use compact::Compacted;
pub use documents::{Author, Change, DocumentUpdate, KeptDocument};
pub use error::{OpenError, ReadError, WriteError};
pub use journal::{Journal, Options};
pub use kept::{Encoding, INLINE_BYTES_MAX, Kept};
pub use names::RUN_NAME_CHARS_MAX;
pub use notes::{NotedVersion, VERSION_NAME_CHARS_MAX, VersionNote};
pub use read::{Page, RunFilter};
pub use records::{Record, Wanted};
pub use retain::{Retained, Retention};
pub use row::{ForkOf, RunRow};
pub use size::{SizeReport, TableSize};
pub use stats::{
    Durations, Hour, NodeDurations, Stats, StatsFilter, TIMED_FRAMES_MAX, TIMED_RUNS_MAX,
};
pub use store::FORMAT;
pub use verify::Verified;
pub use versions::SavedVersion;
pub use watch::{Notice, Wake, Watch};
pub use writer::Done;
