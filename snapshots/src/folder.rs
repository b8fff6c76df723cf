//! The data folder: who holds it, who may read it, and what lies in it.
//!
//! Whoever works with the folder holds a lock on its file `lock`, in which the process id stands; the
//! system releases the lock when the process ends, however it ends. The lock counts among processes on
//! one machine; a folder on a network share must not be used from two.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;

use crate::disk::Disk;
use crate::error::OpenError;
use crate::journal::Options;
use crate::store::Store;

/// The journal's file.
const JOURNAL: &str = "journal.redb";
/// The same while it is being made: it gets its name when it is whole.
const UNBORN: &str = "journal.redb.new";
/// The file that is locked.
const LOCK: &str = "lock";

/// A data folder that this process holds, until it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is not there, and holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let unusable = |why: String| OpenError::Folder {
            folder: path.into(),
            why,
        };
        if path.exists() && !path.is_dir() {
            return Err(unusable("it is a file; name a folder".into()));
        }
        make_private(path).map_err(|error| unusable(error.to_string()))?;
        let mut lock = open_private(&path.join(LOCK), true)
            .map_err(|error| unusable(format!("{LOCK} cannot be written: {error}")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Held {
                    folder: path.into(),
                    pid: holder(&mut lock),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(unusable(format!("{LOCK} cannot be locked: {error}")));
            }
        }
        sign(&mut lock).map_err(|error| unusable(format!("{LOCK} cannot be written: {error}")))?;
        Ok(Self {
            path: path.into(),
            _lock: lock,
        })
    }

    /// Opens the journal in it, or makes one.
    pub(crate) fn open(&self, options: Options) -> Result<Store, OpenError> {
        let file = self.path.join(JOURNAL);
        match file.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.create(&file, options)
            }
            Err(error) => Err(OpenError::Storage {
                file,
                why: error.to_string(),
            }),
            Ok(found) if !found.is_file() => Err(OpenError::NotAJournal {
                file,
                found: "it is not an ordinary file".into(),
            }),
            Ok(found) if found.permissions().readonly() => {
                let why = "it is read-only: make it writable (chmod u+w)".into();
                Err(OpenError::Storage { file, why })
            }
            Ok(_) => Store::open(disk(&file, false)?, &file, options.cache_bytes),
        }
    }

    /// Makes a journal under another name, so that a crash never leaves half of one under the right name.
    fn create(&self, file: &Path, options: Options) -> Result<Store, OpenError> {
        let storage = |error: std::io::Error| OpenError::Storage {
            file: file.into(),
            why: error.to_string(),
        };
        let unborn = self.path.join(UNBORN);
        match std::fs::remove_file(&unborn) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(storage(error));
            }
            _ => {}
        }
        let store = Store::create(disk(&unborn, true)?, file, options.cache_bytes, options.now)?;
        std::fs::rename(&unborn, file).map_err(storage)?;
        sync_folder(&self.path).map_err(storage)?;
        Ok(store)
    }
}

fn disk(file: &Path, create: bool) -> Result<Disk, OpenError> {
    let storage = |why: String| OpenError::Storage {
        file: file.into(),
        why,
    };
    let opened = open_private(file, create).map_err(|error| storage(error.to_string()))?;
    let backend = FileBackend::new(opened).map_err(|error| storage(error.to_string()))?;
    Disk::new(backend).map_err(|error| storage(error.to_string()))
}

/// The process in the lock file; 0 when it did not say.
fn holder(lock: &mut File) -> u32 {
    let mut text = String::new();
    // The holder is named for help only; a lock file that cannot be read names nobody.
    let _ = lock.take(64).read_to_string(&mut text);
    text.trim().parse().unwrap_or(0)
}

fn sign(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

/// Makes a folder that only its owner may enter. One that is there is narrowed if it is empty or holds a
/// journal; a folder with other things in it is left as it is.
fn make_private(path: &Path) -> std::io::Result<()> {
    if !path.exists() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        return builder.create(path);
    }
    if path.join(JOURNAL).exists() || std::fs::read_dir(path)?.next().is_none() {
        narrow(path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn narrow(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !0o077))
}

#[cfg(not(unix))]
fn narrow(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Opens a file that only its owner may read and write.
fn open_private(path: &Path, create: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a new name in a folder durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}
