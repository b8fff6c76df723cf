//! The names that people give to runs, most often to forks.
//!
//! Why not a field of the run's row? Rows are written with every commit and their fields are the format;
//! a name is given rarely, and journals from before there were names stay as they are.

use flowforge_engine::RunId;
use redb::{ReadOnlyTable, ReadTransaction};

use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::read::row;
use crate::row::{seal, unseal};
use crate::tables;

/// Longest name of a run, in characters; what is longer is cut.
pub const RUN_NAME_CHARS_MAX: usize = 200;

const TABLE: &str = "names";

impl Journal {
    /// Gives a run a name, or takes it away, and waits until that is durable. Space around the name does
    /// not count, and a name of nothing else is none. It goes when the run does, and is not exported.
    ///
    /// # Errors
    /// When there is no such run, or storage fails.
    pub fn name_run(&self, run: RunId, name: Option<&str>) -> Result<(), WriteError> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        let name: Option<String> = name.map(|name| name.chars().take(RUN_NAME_CHARS_MAX).collect());
        self.alone(move |store, _| {
            store.write(|transaction| {
                let found = row(&transaction.open_table(tables::RUNS)?, run)?;
                if found.is_none_or(|row| row.removed) {
                    return Err(WriteError::NoSuchRun(run));
                }
                let (key, mut names) = (tables::id(run), transaction.open_table(tables::NAMES)?);
                match name {
                    Some(name) => names.insert(&key, seal(TABLE, &key, &name).as_slice())?,
                    None => names.remove(&key)?,
                };
                Ok(())
            })
        })
    }

    /// The name of a run, if it has one.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn run_name(&self, run: RunId) -> Result<Option<String>, ReadError> {
        self.store()
            .read(|transaction| name_of(&open(transaction)?, run))
    }

    /// The names of several runs, in their order; for lists of runs.
    ///
    /// # Errors
    /// When one is damaged.
    pub fn run_names(&self, runs: &[RunId]) -> Result<Vec<Option<String>>, ReadError> {
        self.store().read(|transaction| {
            let names = open(transaction)?;
            runs.iter().map(|run| name_of(&names, *run)).collect()
        })
    }
}

type Names = ReadOnlyTable<&'static [u8; 16], &'static [u8]>;

fn open(transaction: &ReadTransaction) -> Result<Names, ReadError> {
    Ok(transaction.open_table(tables::NAMES)?)
}

fn name_of(names: &Names, run: RunId) -> Result<Option<String>, ReadError> {
    let key = tables::id(run);
    let row = names.get(&key)?;
    row.map(|row| unseal(TABLE, &key, row.value())).transpose()
}

#[cfg(test)]
mod tests {
    use flowforge_engine::Timestamp;
    use flowforge_engine::frame::Status;

    use super::*;
    use crate::faults::FaultyDisk;
    use crate::fixtures::{assert_sound, fork, journal, on, run, start, text, workflow};
    use crate::retain::Retention;

    #[test]
    fn a_run_has_the_name_it_was_given_last() {
        let journal = journal();
        let root = start(1, &[text(1, 10)], Status::Completed);
        journal.append_wait(root).unwrap();
        journal
            .append_wait(fork(2, 1, 3, &[text(2, 10)], Status::Completed))
            .unwrap();
        assert_eq!(journal.run_name(run(2)).unwrap(), None);
        journal.name_run(run(2), Some("first try")).unwrap();
        journal.name_run(run(2), Some(" cheaper \n")).unwrap();
        assert_eq!(
            journal.run_names(&[run(1), run(2), run(9)]).unwrap(),
            [None, Some("cheaper".into()), None]
        );
        journal.name_run(run(2), Some("  ")).unwrap();
        assert_eq!(journal.run_name(run(2)).unwrap(), None);
        assert_eq!(
            journal.name_run(run(9), Some("x")),
            Err(WriteError::NoSuchRun(run(9)))
        );
        assert_sound(&journal);
    }

    /// What a version of the program without names and times of saving left.
    fn without_newer_tables(disk: &FaultyDisk) {
        let database = redb::Builder::new().create_with_backend(disk.clone());
        let transaction = database.as_ref().unwrap().begin_write().unwrap();
        assert!(transaction.delete_table(tables::NAMES).unwrap());
        assert!(transaction.delete_table(tables::RECORDS).unwrap());
        assert!(transaction.delete_table(tables::CHANGES).unwrap());
        assert!(transaction.delete_table(tables::NOTES).unwrap());
        assert!(transaction.delete_table(tables::SAVED_AT).unwrap());
        transaction.commit().unwrap();
    }

    #[test]
    fn a_journal_from_before_there_were_names_gets_them() {
        let disk = FaultyDisk::new();
        let (journal, flow) = (on(&disk), workflow("flow", 1));
        journal
            .append_wait(start(1, &[text(1, 10)], Status::Completed))
            .unwrap();
        journal.put_workflow(&flow, Timestamp(5)).unwrap();
        drop(journal);
        without_newer_tables(&disk);
        let journal = on(&disk);
        assert_eq!(journal.run_name(run(1)).unwrap(), None);
        journal.name_run(run(1), Some("old")).unwrap();
        assert_eq!(journal.run_name(run(1)).unwrap().as_deref(), Some("old"));
        let versions = journal.workflow_versions(&flow.id).unwrap();
        assert_eq!((versions.len(), versions[0].saved_at), (1, None));
        assert_sound(&journal);
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let journal = journal();
        journal
            .append_wait(start(1, &[], Status::Completed))
            .unwrap();
        journal.name_run(run(1), Some(&"é".repeat(500))).unwrap();
        let name = journal.run_name(run(1)).unwrap().unwrap();
        assert_eq!(name, "é".repeat(RUN_NAME_CHARS_MAX));
    }

    #[test]
    fn a_name_goes_with_its_run() {
        let journal = journal();
        journal
            .append_wait(start(1, &[], Status::Completed))
            .unwrap();
        journal.name_run(run(1), Some("gone")).unwrap();
        let none = Retention {
            runs_max: Some(0),
            ..Retention::default()
        };
        journal.retain(&none, Timestamp(0)).unwrap();
        assert_eq!(journal.run_name(run(1)).unwrap(), None);
        assert_eq!(
            journal.name_run(run(1), Some("back")),
            Err(WriteError::NoSuchRun(run(1)))
        );
    }
}
