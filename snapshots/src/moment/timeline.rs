//! A whole run at a glance: when each frame was open, without reading a single value.

use flowforge_engine::event::Recorded;
use flowforge_engine::fold::{Addressed, Timeline, TimelineFold};
use flowforge_engine::{Address, RunId, Seq};
use redb::ReadTransaction;

use super::{existing, past};
use crate::error::ReadError;
use crate::journal::Journal;
use crate::kept::Unread;
use crate::read;

impl Addressed for Unread {
    /// All are alike: a timeline says that a frame called a workflow, not which.
    fn address(&self) -> Address {
        Address([0; 32])
    }
}

impl Journal {
    /// Every frame of a run as columns, in the order they were opened, a fork's with those it shares. With
    /// `from`, only those that can have changed after that event, see [`Timeline::since`].
    ///
    /// # Errors
    /// When there is no such run, or its events are damaged.
    pub fn timeline(
        &self,
        run: RunId,
        from: impl Into<Option<Seq>>,
    ) -> Result<Timeline, ReadError> {
        let timeline = self.store().read(|transaction| fold(transaction, run))?;
        Ok(match from.into() {
            Some(from) => timeline.since(from),
            None => timeline,
        })
    }
}

/// The timeline of a run that is there.
pub(crate) fn fold(transaction: &ReadTransaction, run: RunId) -> Result<Timeline, ReadError> {
    let mut fold = TimelineFold::new(run);
    let row = existing(transaction, run)?;
    let each = &mut |event: Recorded<Unread>| {
        past::apply(run, |event| fold.apply(event), &event);
    };
    read::each_event(transaction, row, Seq(0), None, each)?;
    Ok(fold.finish())
}
