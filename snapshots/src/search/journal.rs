//! The journal as what the index reads.

use flowforge_engine::event::Recorded;
use flowforge_engine::{Address, RunId, Seq, Value, value};

use super::feed::{Fed, Feed, FeedError, Origin, Wake, Watching};
use crate::batch::{totals_key, totals_of};
use crate::error::ReadError;
use crate::journal::Journal;
use crate::kept::Kept;
use crate::read::Source;
use crate::row::{RunRow, unseal};
use crate::segment::Checked;
use crate::tables;
use crate::watch::Watch;

impl From<ReadError> for FeedError {
    fn from(error: ReadError) -> Self {
        if error.is_storage() {
            Self::Storage(Box::new(error))
        } else {
            Self::Damaged(Box::new(error))
        }
    }
}

impl Feed for Journal {
    type Kept = Kept;

    /// Why not [`Journal::feed`]? A damaged segment must not keep the index from all that follows it.
    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Fed<Kept>>, FeedError> {
        let fed = self.store().read(|transaction| {
            let segments = transaction.open_table(tables::SEGMENTS)?;
            let log = transaction.open_table(tables::LOG)?;
            let entries = log.range(after.saturating_add(1)..)?.take(limit);
            entries
                .map(|entry| {
                    let (position, key) = entry?;
                    let row = segments.get(key.value())?;
                    let row = row
                        .as_ref()
                        .map(redb::AccessGuard::value)
                        .unwrap_or_default();
                    let (run, first) = tables::parts(key.value());
                    let events =
                        Checked::new(key.value(), row).and_then(|checked| checked.events());
                    let events = events.or_else(|error| passed_over(run, first, error))?;
                    Ok(Fed {
                        position: position.value(),
                        run,
                        events,
                    })
                })
                .collect()
        });
        Ok(fed?)
    }

    fn position(&self) -> Result<u64, FeedError> {
        let position = self.store().read(|transaction| {
            let meta = transaction.open_table(tables::META)?;
            let row = meta.get(totals_key())?;
            Ok(totals_of(row.as_ref().map(redb::AccessGuard::value))?.position)
        });
        Ok(position?)
    }

    fn event(&self, run: RunId, seq: Seq) -> Result<Option<Recorded<Kept>>, FeedError> {
        match self.read_kept(run, Seq(seq.0.saturating_sub(1)), Some(seq)) {
            Ok(mut events) => Ok(events.pop()),
            Err(ReadError::NoSuchRun(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Also of a run that retention removed, while forks share something of it.
    fn origin(&self, run: RunId) -> Result<Option<Origin>, FeedError> {
        let row = self.store().read(|transaction| {
            let key = tables::id(run);
            let runs = transaction.open_table(tables::RUNS)?;
            let row = runs.get(&key)?;
            row.map(|row| unseal::<RunRow>("runs", &key, row.value()))
                .transpose()
        })?;
        Ok(row.map(|row| Origin {
            workflow: row.workflow.id,
            parent: row.fork_of.map(|fork| (fork.run, fork.at)),
        }))
    }

    fn identity(&self, kept: &Kept) -> Result<Address, FeedError> {
        Ok(match kept {
            Kept::Inline(encoding) => Address::of(encoding),
            Kept::Stored { address, .. } => *address,
        })
    }

    /// Why not [`Journal::value`]? What is read once for the index must not push out of the cache what
    /// somebody looks at.
    fn value(&self, kept: &Kept) -> Result<Value, FeedError> {
        let address = match kept {
            Kept::Inline(encoding) => {
                return Ok(value::decode_inline(encoding).map_err(ReadError::from)?);
            }
            Kept::Stored { address, .. } => address,
        };
        match self.cache().get(address) {
            Some(value) => Ok(value),
            None => Ok(self
                .store()
                .read(|transaction| Source::open(transaction)?.decode(address))?),
        }
    }

    fn watch(&self, wake: Wake) -> Box<dyn Watching> {
        Box::new(self.watch(Some(wake)))
    }
}

impl Watching for Watch {
    fn again(&mut self) {
        while self.take().is_some() {}
    }
}

fn passed_over(run: RunId, first: Seq, error: ReadError) -> Result<Vec<Recorded<Kept>>, ReadError> {
    if error.is_storage() {
        return Err(error);
    }
    tracing::warn!(%run, %first, %error, "events cannot be searched");
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use flowforge_engine::Timestamp;
    use flowforge_engine::frame::Status;
    use tempfile::TempDir;

    use super::super::{Question, Search};
    use super::*;
    use crate::fixtures::{fork, journal, more, run, start, text};
    use crate::retain::Retention;

    struct World {
        _dir: TempDir,
        journal: Journal,
        search: Search,
    }

    fn world() -> World {
        let dir = TempDir::new().expect("a folder");
        let search = Search::open(dir.path()).expect("an index");
        World {
            _dir: dir,
            journal: journal(),
            search,
        }
    }

    fn named(name: &str, more: usize) -> Value {
        Value::parse_json(&format!(
            r#"{{"name":"{name}","more":"{}"}}"#,
            "x".repeat(more)
        ))
        .expect("JSON")
    }

    impl World {
        fn catch_up(&self) {
            let progress = self
                .search
                .catch_up(&self.journal, || true)
                .expect("indexed");
            assert_eq!(progress.lag, 0);
        }

        /// The runs and events that `text` finds, in order of run and event.
        fn find(&self, text: &str, within: Option<u128>) -> Vec<(RunId, u64)> {
            let question = Question {
                text,
                limit: 100,
                run: within.map(run),
                ..Question::default()
            };
            let page = self
                .search
                .query(&self.journal, &question)
                .expect("an answer");
            let mut found: Vec<_> = page.hits.iter().map(|hit| (hit.run, hit.seq.0)).collect();
            found.sort_unstable();
            found
        }
    }

    #[test]
    fn small_and_large_values_of_a_journal_are_found() {
        let world = world();
        let values = [named("inline", 9), named("stored", 9000), text(1, 70_000)];
        world
            .journal
            .append_wait(start(1, &values, Status::Running))
            .expect("written");
        world.catch_up();
        for name in ["inline", "stored"] {
            assert_eq!(world.find(&format!("name:{name}"), None).len(), 2, "{name}");
        }
        world
            .journal
            .append_wait(more(1, 7, &[named("late", 9)], Status::Completed))
            .expect("written");
        assert!(world.search.lag(&world.journal).expect("a lag") > 0);
        world.catch_up();
        assert!(!world.find("late", None).is_empty());
    }

    #[test]
    fn compaction_between_two_steps_brings_nothing_twice() {
        let world = world();
        let open = || start(1, &[named("one", 9), named("two", 9)], Status::Running);
        world.journal.append_wait(open()).expect("written");
        world
            .journal
            .append_wait(more(1, 5, &[named("one", 9)], Status::Running))
            .expect("written");
        world.search.index_some(&world.journal, 1).expect("indexed");
        world
            .journal
            .append_wait(more(1, 7, &[named("two", 9)], Status::Completed))
            .expect("written");
        world.search.index_some(&world.journal, 1).expect("indexed");
        world.journal.compact().expect("compacted");
        world.catch_up();
        let found = world.find("name:*", None);
        let mut distinct = found.clone();
        distinct.dedup();
        assert_eq!(found, distinct);
        let whole = self::world();
        whole.journal.append_wait(open()).expect("written");
        for (last, name, status) in [(5, "one", Status::Running), (7, "two", Status::Completed)] {
            whole
                .journal
                .append_wait(more(1, last, &[named(name, 9)], status))
                .expect("written");
        }
        whole.catch_up();
        assert_eq!(found, whole.find("name:*", None));
    }

    #[test]
    fn retention_takes_runs_out_of_the_index_but_not_what_forks_share() {
        let world = world();
        let values = [named("shared", 2000), named("own", 2000)];
        world
            .journal
            .append_wait(start(1, &values, Status::Completed))
            .expect("written");
        world
            .journal
            .append_wait(start(2, &[named("gone", 9)], Status::Completed))
            .expect("written");
        world
            .journal
            .append_wait(fork(3, 1, 3, &[named("fork", 9)], Status::Running))
            .expect("written");
        world.catch_up();
        assert!(!world.find("shared", Some(3)).is_empty());
        let all = Retention {
            runs_max: Some(0),
            ..Retention::default()
        };
        world.journal.retain(&all, Timestamp(0)).expect("removed");
        world.search.reconcile(&world.journal).expect("reconciled");
        assert!(world.find("gone", None).is_empty());
        assert!(!world.find("shared", Some(3)).is_empty());
        assert!(!world.find("fork", None).is_empty());
    }
}
