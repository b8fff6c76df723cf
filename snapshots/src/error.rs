//! Why the journal could not be opened, written or read.

use std::path::PathBuf;

use flowforge_engine::value::DecodeError;
use flowforge_engine::{RunId, Seq, WorkflowId};

/// Why a journal could not be opened. The file is as it was found.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data folder.
    #[error("the data folder {folder} is in use by process {pid}: stop it, or use another folder")]
    Held {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it; 0 when it did not say.
        pid: u32,
    },
    /// The data folder cannot be used.
    #[error("the data folder {folder} cannot be used: {why}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What stands in the way.
        why: String,
    },
    /// What is there is no journal.
    #[error("{file} is not a FlowForge journal: {found}; move it away or use another data folder")]
    NotAJournal {
        /// The file.
        file: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// It is a journal, and it is broken.
    #[error("the journal {file} is damaged: {why}; restore it from a backup")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A newer version of FlowForge wrote it.
    #[error(
        "the journal {file} has format {found}, and this version reads formats up to {known}: use a newer FlowForge"
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// The system refused.
    #[error("the journal {file} could not be opened: {why}")]
    Storage {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
}

/// Why something was not written. Nothing of it is in the journal then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The disk is full.
    #[error("the disk is full: free some space, and it goes on")]
    StorageFull,
    /// The disk failed. What was not acknowledged is undone.
    #[error("the journal could not be written: {0}")]
    Storage(String),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// The events do not follow on the last one.
    #[error("run {run}: expected event {expected} next, found {found}")]
    OutOfOrder {
        /// The run.
        run: RunId,
        /// The seq that comes next.
        expected: Seq,
        /// The seq that was given.
        found: Seq,
    },
    /// A run with this id is there already.
    #[error("run {0} is in the journal already")]
    RunExists(RunId),
    /// There is no run with this id.
    #[error("run {0} is not in the journal")]
    NoSuchRun(RunId),
    /// Another run was started with the same idempotency key.
    #[error("the idempotency key was used by run {run}")]
    KeyTaken {
        /// That run.
        run: RunId,
    },
    /// A document has no update with this number.
    #[error("document {document} has no update {found}; its last one is {last}")]
    NoSuchUpdate {
        /// The document.
        document: WorkflowId,
        /// The number of its last update.
        last: u64,
        /// The number that was given.
        found: u64,
    },
    /// One event is larger than a segment may be, or a state of a document larger than one may be.
    #[error("{bytes} bytes are more than can be kept in one piece, which is {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// What is there already cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl WriteError {
    /// Whether the disk is at fault, and not what was to be written.
    #[must_use]
    pub fn is_storage(&self) -> bool {
        match self {
            Self::StorageFull | Self::Storage(_) => true,
            Self::Read(error) => error.is_storage(),
            _ => false,
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no run with this id.
    #[error("run {0} is not in the journal")]
    NoSuchRun(RunId),
    /// The run has no event with this number.
    #[error("run {run} has no event {seq}; its events are numbered from 1 to {last}")]
    NoSuchEvent {
        /// The run.
        run: RunId,
        /// The number that was asked for.
        seq: Seq,
        /// The run's last event.
        last: Seq,
    },
    /// What is stored is not what was stored.
    #[error("{what} is damaged: {why}; restore it from a backup or an export")]
    Damaged {
        /// What.
        what: String,
        /// How it shows.
        why: String,
    },
    /// The disk failed.
    #[error("the journal could not be read: {0}")]
    Storage(String),
}

impl ReadError {
    pub(crate) fn damaged(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Damaged {
            what: what.into(),
            why: why.into(),
        }
    }

    pub(crate) fn is_storage(&self) -> bool {
        matches!(self, Self::Storage(_))
    }
}

impl From<DecodeError> for ReadError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Storage(why) => Self::Storage(why),
            DecodeError::Missing(address) => {
                Self::damaged(format!("value {address}"), "a part is missing")
            }
            other => Self::damaged("a value", other.to_string()),
        }
    }
}

/// What redb said, sorted into what the disk did and what the file holds.
pub(crate) fn read_error(error: &redb::Error) -> ReadError {
    match error {
        redb::Error::Io(_)
        | redb::Error::PreviousIo
        | redb::Error::DatabaseClosed
        | redb::Error::LockPoisoned(_) => ReadError::Storage(error.to_string()),
        other => ReadError::damaged("the journal's file", other.to_string()),
    }
}

/// What redb said about a write.
pub(crate) fn write_error(error: &redb::Error) -> WriteError {
    match error {
        redb::Error::Io(source) if is_full(source) => WriteError::StorageFull,
        other => WriteError::Storage(other.to_string()),
    }
}

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

macro_rules! from_redb {
    ($($source:ident),*) => {
        $(impl From<redb::$source> for ReadError {
            fn from(error: redb::$source) -> Self {
                read_error(&error.into())
            }
        }

        impl From<redb::$source> for WriteError {
            fn from(error: redb::$source) -> Self {
                write_error(&error.into())
            }
        })*
    };
}

from_redb!(
    StorageError,
    TableError,
    TransactionError,
    CommitError,
    CursorError,
    Error
);
