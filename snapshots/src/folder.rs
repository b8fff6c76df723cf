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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use flowforge_engine::Seq;
    use flowforge_engine::frame::Status;

    use super::*;
    use crate::faults::Chance;
    use crate::fixtures::{run, start, text};
    use crate::journal::Journal;

    fn open(dir: &Path) -> Result<Journal, OpenError> {
        Journal::open(dir, Options::default())
    }

    /// A folder with a journal that holds some runs.
    fn filled() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(dir.path()).unwrap();
        for number in 1..=5 {
            journal
                .append_wait(start(
                    number,
                    &[text(1, 3000), text(2, 100)],
                    Status::Completed,
                ))
                .unwrap();
        }
        dir
    }

    /// Every file but the lock, with its content and time of change.
    fn content(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, i64)> {
        let entries = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.is_file() && !path.ends_with(LOCK))
            .map(|path| {
                let changed = path.metadata().unwrap().mtime_nsec();
                (path.clone(), (std::fs::read(&path).unwrap(), changed))
            })
            .collect()
    }

    /// The folder is refused with an error that names the file, and stays as it is.
    fn assert_refused(dir: &Path, says: &str) {
        let before = content(dir);
        let error = open(dir).unwrap_err().to_string();
        assert!(error.contains(JOURNAL) && error.contains(says), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(before == content(dir), "{says}: the file was changed");
    }

    #[test]
    fn what_was_recorded_is_there_the_next_time() {
        let dir = filled();
        let journal = open(dir.path()).unwrap();
        let expected = start(3, &[text(1, 3000), text(2, 100)], Status::Completed).events;
        assert_eq!(journal.read(run(3), Seq(0), None).unwrap(), expected);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_the_owner_may_look() {
        let dir = tempfile::tempdir().unwrap();
        let (inner, open_to_all) = (dir.path().join("a/b"), dir.path().join("c"));
        std::fs::create_dir(&open_to_all).unwrap();
        std::fs::set_permissions(&open_to_all, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        for folder in [&inner, &open_to_all] {
            drop(open(folder).unwrap());
            assert_eq!(mode(folder), 0o700);
            assert_eq!(
                (mode(&folder.join(JOURNAL)), mode(&folder.join(LOCK))),
                (0o600, 0o600)
            );
        }
    }

    #[test]
    fn a_second_process_is_told_who_holds_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path()).unwrap();
        match open(dir.path()) {
            Err(OpenError::Held { pid, .. }) => assert_eq!(pid, std::process::id()),
            other => panic!("{other:?}"),
        }
        first.append_wait(start(1, &[], Status::Completed)).unwrap();
        drop(first);
        assert!(open(dir.path()).unwrap().run(run(1)).unwrap().is_some());
    }

    #[test]
    fn files_that_are_something_else_are_refused_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(JOURNAL);
        let mut chance = Chance(7);
        let noise: Vec<u8> = std::iter::repeat_with(|| chance.next_number().to_le_bytes()[0])
            .take(65536)
            .collect();
        for (content, says) in [
            (Vec::new(), "it is empty"),
            (noise, "something else"),
            (
                b"id: order-total\nname: Order total\n".to_vec(),
                "something else",
            ),
            (b"redb\x1a\x0a\xa9\x0d\x0a".to_vec(), "damaged"),
        ] {
            std::fs::write(&file, content).unwrap();
            assert_refused(dir.path(), says);
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert_refused(dir.path(), "not an ordinary file");
    }

    #[test]
    fn a_database_of_another_program_is_refused_as_it_is() {
        const OTHER: redb::TableDefinition<'static, u64, u64> = redb::TableDefinition::new("meta");
        let dir = tempfile::tempdir().unwrap();
        let database = redb::Database::create(dir.path().join(JOURNAL)).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(OTHER).unwrap().insert(1, 1).unwrap();
        transaction.commit().unwrap();
        drop(database);
        assert_refused(dir.path(), "another program");
    }

    #[test]
    fn a_newer_format_is_refused_with_both_versions() {
        let dir = filled();
        let database = redb::Database::open(dir.path().join(JOURNAL)).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut meta = transaction.open_table(crate::tables::META).unwrap();
        meta.insert("format", 7_u32.to_le_bytes().as_slice())
            .unwrap();
        drop(meta);
        transaction.commit().unwrap();
        drop(database);
        assert_refused(
            dir.path(),
            "format 7, and this version reads formats up to 1",
        );
    }

    #[test]
    fn a_read_only_file_is_refused() {
        let dir = filled();
        let file = dir.path().join(JOURNAL);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_refused(dir.path(), "read-only");
    }

    #[test]
    fn a_truncated_journal_is_refused_as_it_is() {
        let dir = filled();
        let file = dir.path().join(JOURNAL);
        let whole = std::fs::read(&file).unwrap();
        let mut chance = Chance(60);
        for round in 0..60 {
            let len = if round < 50 {
                chance.below(whole.len() as u64)
            } else {
                round % 10 * 4096
            };
            std::fs::write(&file, &whole[..usize::try_from(len).unwrap()]).unwrap();
            assert_refused(dir.path(), "");
        }
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data");
        std::fs::write(&file, "mine").unwrap();
        assert!(matches!(open(&file), Err(OpenError::Folder { .. })));
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn a_crash_while_it_was_made_leaves_nothing_in_the_way() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(UNBORN), "half").unwrap();
        let journal = open(dir.path()).unwrap();
        journal
            .append_wait(start(1, &[], Status::Completed))
            .unwrap();
        assert!(!dir.path().join(UNBORN).exists());
    }
}
