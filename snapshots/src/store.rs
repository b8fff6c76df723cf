//! The database behind the journal: opened with care, never trusted after a failure.
//!
//! redb refuses everything after its first I/O error, and may panic on a page that is not what it should
//! be. So every use goes through [`Store::read`], [`Store::write`] or [`Store::exclusive`]: a panic becomes
//! damage that is reported, and after a failure the file is put back to its last good state and opened
//! anew before anything else happens. An error is never retried and then believed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use flowforge_engine::Timestamp;
use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, TableHandle,
    WriteTransaction,
};

use crate::disk::Disk;
use crate::error::{OpenError, ReadError, WriteError};
use crate::tables;

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The open database, and how to open it again.
pub(crate) struct Store {
    disk: Disk,
    /// How the file is called in errors.
    file: PathBuf,
    cache_bytes: usize,
    database: RwLock<Option<Database>>,
    /// Set when the database must be opened anew before it is used again.
    suspect: AtomicBool,
}

impl Store {
    /// Makes a journal on an empty disk.
    pub(crate) fn create(
        disk: Disk,
        file: &Path,
        cache_bytes: usize,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let store = Self::closed(disk, file, cache_bytes);
        let database = store
            .open_database()
            .map_err(|error| store.open_error(error))?;
        initialise(&database, now).map_err(|error| store.open_error(error.into()))?;
        store.put(database);
        Ok(store)
    }

    /// Opens the journal on a disk. Nothing is written before it is known to be one.
    pub(crate) fn open(disk: Disk, file: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let store = Self::closed(disk, file, cache_bytes);
        store.look()?;
        store.disk.hold();
        let database = match store
            .open_database()
            .map_err(|error| store.open_error(error))
        {
            Ok(database) => store.recognise(database)?,
            Err(error) => {
                store.disk.discard();
                return Err(error);
            }
        };
        store
            .disk
            .release()
            .map_err(|error| store.open_error(DatabaseError::Storage(error.into())))?;
        add_tables(&database).map_err(|error| store.open_error(error.into()))?;
        store.put(database);
        Ok(store)
    }

    fn closed(disk: Disk, file: &Path, cache_bytes: usize) -> Self {
        Self {
            disk,
            file: file.to_owned(),
            cache_bytes,
            database: RwLock::new(None),
            suspect: AtomicBool::new(false),
        }
    }

    /// Looks at the first bytes, before redb does.
    fn look(&self) -> Result<(), OpenError> {
        let found = match self.disk.bytes() {
            Err(error) => return Err(self.open_error(DatabaseError::Storage(error.into()))),
            Ok(0) => "it is empty",
            Ok(_) if !self.disk.has_magic() => "it holds something else",
            Ok(_) => return Ok(()),
        };
        Err(OpenError::NotAJournal {
            file: self.file.clone(),
            found: found.into(),
        })
    }

    /// Reads the format, and closes the database again when it is not ours.
    fn recognise(&self, database: Database) -> Result<Database, OpenError> {
        let format = guarded(|| read_format(&database)).map_err(ReadError::into_reason);
        let error = match format {
            Ok(Ok(Some(FORMAT))) => return Ok(database),
            Ok(Ok(Some(found))) => OpenError::Newer {
                file: self.file.clone(),
                found,
                known: FORMAT,
            },
            Ok(Ok(None)) => OpenError::NotAJournal {
                file: self.file.clone(),
                found: "it is a database of another program".into(),
            },
            Ok(Err(error)) => OpenError::Damaged {
                file: self.file.clone(),
                why: error.to_string(),
            },
            Err(why) => OpenError::Damaged {
                file: self.file.clone(),
                why,
            },
        };
        close(database);
        self.disk.discard();
        Err(error)
    }

    fn open_database(&self) -> Result<Database, DatabaseError> {
        let mut builder = Builder::new();
        builder.set_cache_size(self.cache_bytes);
        catch_unwind(AssertUnwindSafe(|| {
            builder.create_with_backend(self.disk.clone())
        }))
        .unwrap_or_else(|panic| Err(redb::StorageError::Corrupted(said(panic.as_ref())).into()))
    }

    fn open_error(&self, error: DatabaseError) -> OpenError {
        let file = self.file.clone();
        match error {
            DatabaseError::Storage(redb::StorageError::Io(error))
                if !matches!(error.kind(), std::io::ErrorKind::InvalidData) =>
            {
                OpenError::Storage {
                    file,
                    why: error.to_string(),
                }
            }
            other => OpenError::Damaged {
                file,
                why: other.to_string(),
            },
        }
    }

    fn put(&self, database: Database) {
        *self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(database);
    }

    /// How often the disk was asked to keep what it was given.
    pub(crate) fn syncs(&self) -> u64 {
        self.disk.syncs()
    }

    /// The file's length in bytes.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.disk.bytes().unwrap_or(0)
    }

    /// Reads at one moment. Tried once more when the disk failed, after opening anew.
    pub(crate) fn read<T>(
        &self,
        mut what: impl FnMut(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        match self.read_once(&mut what) {
            Err(error) if error.is_storage() => self.read_once(&mut what),
            result => result,
        }
    }

    fn read_once<T>(
        &self,
        what: &mut impl FnMut(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let guard = self.usable().map_err(ReadError::Storage)?;
        let database = guard.as_ref().expect("usable() gives an open database");
        let result = guarded(|| what(&database.begin_read()?)).and_then(|result| result);
        if result.as_ref().is_err_and(ReadError::is_storage) {
            self.suspect.store(true, Ordering::Release);
        }
        result
    }

    /// Writes one transaction and waits until the disk has it. After an error nothing of it is there.
    pub(crate) fn write<T>(
        &self,
        what: impl FnOnce(&WriteTransaction) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let mut result = None;
        let (committed, is_kept) = {
            let guard = self.usable().map_err(WriteError::Storage)?;
            let database = guard.as_ref().expect("usable() gives an open database");
            let kept = self.disk.kept();
            let committed = guarded(|| {
                let transaction = database.begin_write()?;
                result = Some(what(&transaction)?);
                Ok(transaction.commit()?)
            });
            (committed, self.disk.kept() > kept)
        };
        let committed = committed
            .map_err(|error| WriteError::Storage(error.to_string()))
            .and_then(|done| done);
        if committed.as_ref().is_err_and(WriteError::is_storage) {
            self.suspect.store(true, Ordering::Release);
            if let Err(error) = self.usable() {
                tracing::error!(%error, "the journal stays closed until the disk works again");
            }
        }
        match (committed, result) {
            (Ok(()), Some(result)) => Ok(result),
            // What failed came after the sync, which is what counts: giving room back, for example.
            (Err(_), Some(result)) if is_kept => Ok(result),
            (Err(error), _) => Err(error),
            (Ok(()), None) => unreachable!("nothing is committed without a result"),
        }
    }

    /// Does something that tolerates no reader and no writer.
    pub(crate) fn exclusive<T>(
        &self,
        what: impl FnOnce(&mut Database) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        drop(self.usable().map_err(WriteError::Storage)?);
        let mut guard = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_mut() else {
            return Err(WriteError::Storage(
                "the journal was closed meanwhile".into(),
            ));
        };
        let result = guarded(|| what(database))
            .map_err(|error| WriteError::Storage(error.to_string()))
            .and_then(|result| result);
        if result.as_ref().is_err_and(WriteError::is_storage) {
            self.suspect.store(true, Ordering::Release);
        }
        result
    }

    /// The open database, opened anew first when that is needed.
    fn usable(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, String> {
        loop {
            let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
            if guard.is_some() && !self.suspect.load(Ordering::Acquire) {
                return Ok(guard);
            }
            drop(guard);
            self.reopen()?;
        }
    }

    fn reopen(&self) -> Result<(), String> {
        let mut guard = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if guard.is_some() && !self.suspect.load(Ordering::Acquire) {
            return Ok(());
        }
        if let Some(database) = guard.take() {
            close(database);
        }
        self.disk.restore().map_err(|error| error.to_string())?;
        let database = self.open_database().map_err(|error| error.to_string())?;
        self.suspect.store(false, Ordering::Release);
        *guard = Some(database);
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(database) = self
            .database
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            close(database);
        }
    }
}

/// Closes a database, which may panic when its file is damaged.
fn close(database: Database) {
    if catch_unwind(AssertUnwindSafe(|| drop(database))).is_err() {
        tracing::warn!("the journal's database could not be closed cleanly");
    }
}

/// Runs something that reads pages, and turns a panic into damage.
fn guarded<T>(what: impl FnOnce() -> T) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|panic| {
        let why = said(panic.as_ref());
        if why.contains("Poison") {
            ReadError::Storage(why)
        } else {
            ReadError::damaged("the journal's file", why)
        }
    })
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a page makes no sense")
        .to_owned()
}

impl ReadError {
    fn into_reason(self) -> String {
        match self {
            Self::Damaged { why, .. } | Self::Storage(why) => why,
            other => other.to_string(),
        }
    }
}

fn read_format(database: &Database) -> Result<Option<u32>, redb::Error> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(tables::META) {
        Ok(table) => table,
        Err(
            redb::TableError::TableDoesNotExist(_) | redb::TableError::TableTypeMismatch { .. },
        ) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let format = table.get(FORMAT_KEY)?;
    Ok(format.and_then(|bytes| bytes.value().try_into().ok().map(u32::from_le_bytes)))
}

/// Where the format is kept in [`tables::META`].
const FORMAT_KEY: &str = "format";
/// Where the moment of creation is kept.
const CREATED_KEY: &str = "created";

/// Makes every table, so that no reader meets a missing one.
fn initialise(database: &Database, now: Timestamp) -> Result<(), redb::StorageError> {
    let make = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        {
            let mut meta = transaction.open_table(tables::META)?;
            meta.insert(FORMAT_KEY, FORMAT.to_le_bytes().as_slice())?;
            meta.insert(CREATED_KEY, now.0.to_le_bytes().as_slice())?;
        }
        make_tables(&transaction)?;
        Ok(transaction.commit()?)
    };
    make().map_err(storage_error)
}

/// Makes the tables that an earlier version of this format did not have.
fn add_tables(database: &Database) -> Result<(), redb::StorageError> {
    let add = || -> Result<(), redb::Error> {
        let has_all = database
            .begin_read()?
            .list_tables()?
            .any(|table| table.name() == tables::CHANGES.name());
        if has_all {
            return Ok(());
        }
        let transaction = database.begin_write()?;
        make_tables(&transaction)?;
        Ok(transaction.commit()?)
    };
    catch_unwind(AssertUnwindSafe(add))
        .map_err(|panic| redb::StorageError::Corrupted(said(panic.as_ref())))?
        .map_err(storage_error)
}

fn storage_error(error: redb::Error) -> redb::StorageError {
    match error {
        redb::Error::Io(error) => redb::StorageError::Io(error),
        other => redb::StorageError::Corrupted(other.to_string()),
    }
}

fn make_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(tables::SEGMENTS)?;
    transaction.open_table(tables::BLOBS)?;
    transaction.open_table(tables::PAGES)?;
    transaction.open_table(tables::REFS)?;
    transaction.open_table(tables::RUNS)?;
    transaction.open_table(tables::UNFINISHED)?;
    transaction.open_table(tables::REMOVED)?;
    transaction.open_table(tables::FORKS)?;
    transaction.open_table(tables::KEYS)?;
    transaction.open_table(tables::WORKFLOWS)?;
    transaction.open_table(tables::SAVED)?;
    transaction.open_table(tables::SAVED_AT)?;
    transaction.open_table(tables::NOTES)?;
    transaction.open_table(tables::NAMES)?;
    transaction.open_table(tables::RECORDS)?;
    transaction.open_table(tables::DOCUMENTS)?;
    transaction.open_table(tables::STATES)?;
    transaction.open_table(tables::UPDATES)?;
    transaction.open_table(tables::CHANGES)?;
    transaction.open_table(tables::LOG)?;
    transaction.open_table(tables::CHECKPOINTS)?;
    Ok(())
}
