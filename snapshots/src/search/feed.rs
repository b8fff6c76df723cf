//! What the index reads: everything that was ever committed, in the order in which it was committed.
//!
//! The journal is a feed. Why not name the journal here? Because all that is indexed must come back
//! from these few questions, so that an index can be thrown away and built again at any time.

use flowforge_engine::event::Recorded;
use flowforge_engine::{Address, RunId, Seq, Value, WorkflowId};

/// One commit of one run's events.
#[derive(Clone, Debug)]
pub struct Fed<K> {
    /// Its place in the order of commits, counted from 1; gaps are allowed.
    pub position: u64,
    /// The run.
    pub run: RunId,
    /// What was committed, in seq order.
    pub events: Vec<Recorded<K>>,
}

/// Where a run comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The workflow it executes.
    pub workflow: WorkflowId,
    /// For a fork, the run it came from and the last event that is shared.
    pub parent: Option<(RunId, Seq)>,
}

/// Why the feed gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// What is stored is not what was written. The index goes on without it.
    #[error("a stored value or event is damaged: {0}")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Storage could not be read now. The index tries again later.
    #[error("the journal could not be read: {0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Called when something was committed, from any thread; it must be quick.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// A wish to be woken, until it is dropped.
pub trait Watching: Send {
    /// Asks to be woken again. What was committed before may have woken no more than once.
    fn again(&mut self);
}

/// Everything that was ever committed, in the order in which it was committed.
pub trait Feed: Send + Sync {
    /// A value as it is stored.
    type Kept;

    /// The next commits after `after`, at most `limit` of them, in order of position. Events of a run
    /// come in seq order; some that came before may come again at its next commit.
    ///
    /// # Errors
    /// When storage could not be read.
    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Fed<Self::Kept>>, FeedError>;

    /// The position of the latest commit; 0 when there is none.
    ///
    /// # Errors
    /// When storage could not be read.
    fn position(&self) -> Result<u64, FeedError>;

    /// One event as `run` sees it: a fork sees those that it shares. `None` when it is gone.
    ///
    /// # Errors
    /// When it could not be read or is damaged.
    fn event(&self, run: RunId, seq: Seq) -> Result<Option<Recorded<Self::Kept>>, FeedError>;

    /// Where a run comes from. `None` when nothing of it is left, also nothing that a fork shares.
    ///
    /// # Errors
    /// When it could not be read or is damaged.
    fn origin(&self, run: RunId) -> Result<Option<Origin>, FeedError>;

    /// What a stored value shares with equal ones and with no other: its content address, or the hash
    /// of what is stored when that is at hand.
    ///
    /// # Errors
    /// When it could not be read or is damaged.
    fn identity(&self, kept: &Self::Kept) -> Result<Address, FeedError>;

    /// A stored value, checked against its address.
    ///
    /// # Errors
    /// When it could not be read or is damaged.
    fn value(&self, kept: &Self::Kept) -> Result<Value, FeedError>;

    /// Asks to be woken when there is more.
    fn watch(&self, wake: Wake) -> Box<dyn Watching>;
}
