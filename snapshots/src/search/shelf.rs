//! The index on disk: opened, or built anew when it cannot be used.
//!
//! Everything in it comes from the journal, so an index that is damaged, of an older build or of
//! another journal is deleted without asking. What must not be deleted is decided in [`Trouble`].

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError};

use super::feed::FeedError;
use super::schema::{self, FORMAT, Fields};

/// How far the index has come. Kept in each commit of the index, so that the two never disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The format of the documents.
    pub(crate) format: u32,
    /// The last commit of the journal that is included.
    pub(crate) position: u64,
    /// How many values were numbered.
    pub(crate) values: u64,
    /// How many occurrences were numbered.
    pub(crate) occurrences: u64,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            format: FORMAT,
            position: 0,
            values: 0,
            occurrences: 0,
        }
    }
}

impl Mark {
    pub(crate) fn to_payload(&self) -> String {
        serde_json::to_string(self).expect("four numbers are JSON")
    }
}

/// Why work on the index stopped.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The index is not usable: it is deleted and built anew.
    Damaged(String),
    /// The index could not be read or written now, or somebody else writes it.
    Storage(String),
    /// The journal gave no answer.
    Feed(FeedError),
    /// A question asks for too much at once.
    TooBroad,
}

impl From<FeedError> for Trouble {
    fn from(error: FeedError) -> Self {
        Self::Feed(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if is_damage(&error) {
            Self::Damaged(error.to_string())
        } else {
            Self::Storage(error.to_string())
        }
    }
}

impl From<TantivyError> for Trouble {
    fn from(error: TantivyError) -> Self {
        let text = error.to_string();
        match error {
            TantivyError::InvalidArgument(_) => Self::TooBroad,
            TantivyError::IoError(inner)
            | TantivyError::OpenReadError(OpenReadError::IoError {
                io_error: inner, ..
            })
            | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError {
                io_error: inner,
                ..
            }) => {
                if is_damage(&inner) {
                    Self::Damaged(text)
                } else {
                    Self::Storage(text)
                }
            }
            TantivyError::LockFailure(LockError::IoError(inner), _)
            | TantivyError::OpenWriteError(OpenWriteError::IoError {
                io_error: inner, ..
            }) if is_damage(&inner) => Self::Damaged(text),
            TantivyError::OpenWriteError(OpenWriteError::FileAlreadyExists(_)) => {
                Self::Damaged(text)
            }
            TantivyError::LockFailure(..)
            | TantivyError::OpenWriteError(_)
            | TantivyError::OpenDirectoryError(_)
            | TantivyError::ErrorInThread(_)
            | TantivyError::SystemError(_) => Self::Storage(text),
            _ => Self::Damaged(text),
        }
    }
}

/// What reading a damaged file gives, as opposed to a full or failing disk.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::InvalidData
            | ErrorKind::InvalidInput
            | ErrorKind::NotFound
            | ErrorKind::Other
    )
}

/// Does `work`; a panic in it is damage, because a damaged file can make the search library panic.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Trouble::Damaged("reading it ended in a panic".into())))
}

/// An opened index.
pub(crate) struct Shelf {
    pub(crate) index: Index,
    pub(crate) reader: IndexReader,
    pub(crate) fields: Fields,
}

impl Shelf {
    /// Opens the index in `dir`, or makes an empty one; with how far it had come.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Mark), Trouble> {
        guarded(|| Self::open_unguarded(dir))
    }

    fn open_unguarded(dir: &Path) -> Result<(Self, Mark), Trouble> {
        let directory = MmapDirectory::open(dir).map_err(TantivyError::from)?;
        let (expected, fields) = schema::schema();
        let index = if Index::exists(&directory).map_err(TantivyError::from)? {
            Index::open(directory)?
        } else {
            Index::create(directory, expected.clone(), schema::settings())?
        };
        if index.schema() != expected {
            return Err(Trouble::Damaged("it has other fields".into()));
        }
        schema::register(&index);
        let mark = read_mark(&index)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok((
            Self {
                index,
                reader,
                fields,
            },
            mark,
        ))
    }
}

fn read_mark(index: &Index) -> Result<Mark, Trouble> {
    let metas = index.load_metas()?;
    let Some(payload) = metas.payload else {
        return if metas.segments.is_empty() {
            Ok(Mark::default())
        } else {
            Err(unmarked("no mark"))
        };
    };
    let mark: Mark =
        serde_json::from_str(&payload).map_err(|error| unmarked(&error.to_string()))?;
    if mark.format == FORMAT {
        Ok(mark)
    } else {
        Err(unmarked(&format!("format {}, not {FORMAT}", mark.format)))
    }
}

fn unmarked(why: &str) -> Trouble {
    Trouble::Damaged(format!("it does not say how far it had come: {why}"))
}

/// Deletes all that is in the index's folder and makes an empty index.
pub(crate) fn rebuild(dir: &Path, why: &str) -> Result<(Shelf, Mark), Trouble> {
    tracing::warn!(why, dir = %dir.display(), "the search index is deleted and built anew from the journal");
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Trouble::Storage(error.to_string()));
        }
        _ => {}
    }
    std::fs::create_dir_all(dir).map_err(|error| Trouble::Storage(error.to_string()))?;
    Shelf::open(dir)
}

/// Opens the index, building it anew when it is not usable.
pub(crate) fn open_or_rebuild(dir: &Path) -> Result<(Shelf, Mark), Trouble> {
    std::fs::create_dir_all(dir).map_err(|error| Trouble::Storage(error.to_string()))?;
    match Shelf::open(dir) {
        Err(Trouble::Damaged(why)) => rebuild(dir, &why),
        other => other,
    }
}
