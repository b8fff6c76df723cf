//! What model calls cost, kept call by call, and the limits on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowforge_ai::model::budget::{Account, Entry, Ledger, Limits, Totals};
use flowforge_ai::model::{ModelError, Task, Usage};
use flowforge_engine::{Clock, RunId, Timestamp};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::{Journal, ReadError, Wanted};

use crate::record;

/// The kind of record that a call is kept as.
const SPENT: &str = "spent";

/// The account that calls are made on. Cheap to share.
#[derive(Clone)]
pub(super) struct Spending {
    journal: Journal,
    sums: Arc<Mutex<Sums>>,
}

struct Sums {
    ledger: Ledger,
    limits: Limits,
}

impl Spending {
    /// The account with everything that was spent before.
    pub(super) fn open(journal: Journal, limits: Limits) -> Result<Self, ReadError> {
        let mut entries: Vec<Entry> = Vec::new();
        journal.records(SPENT, None, |id, bytes| {
            match serde_json::from_slice(bytes) {
                Ok(entry) => entries.push(entry),
                Err(error) => tracing::error!(id, %error, "the price of a model call is lost"),
            }
            Wanted::No
        })?;
        let ledger = Ledger::fold(&entries);
        let sums = Arc::new(Mutex::new(Sums { ledger, limits }));
        Ok(Self { journal, sums })
    }

    pub(super) fn limit(&self, limits: Limits) {
        self.sums().limits = limits;
    }

    pub(super) fn totals(&self, now: Timestamp) -> Totals {
        self.sums().ledger.totals(millis(now))
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account for Spending {
    fn may_ask(&self, run: Option<RunId>) -> Result<(), ModelError> {
        let sums = self.sums();
        sums.ledger
            .check(&sums.limits, run, millis(SystemClock.now()))
    }

    fn spent(&self, run: Option<RunId>, task: Task, model: &str, usage: Usage) {
        let entry = Entry {
            at_ms: millis(SystemClock.now()),
            run,
            task,
            model: model.to_owned(),
            usage,
        };
        self.sums().ledger.add(&entry);
        let journal = self.journal.clone();
        // The answer is not held up by the disk; what is lost in a crash is the price of one call.
        let keep = move || {
            let id = uuid::Uuid::now_v7().to_string();
            if let Err(error) = record::keep(&journal, SPENT, &id, &entry) {
                tracing::warn!(%error, "what a model call cost is not kept");
            }
        };
        drop(tokio::task::spawn_blocking(keep));
    }
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or_default()
}
