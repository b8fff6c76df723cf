//! The one place where the time is read.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use flowforge_engine::{Clock, Timestamp};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock for runs that wait for nothing: it jumps to whatever is due next.
#[derive(Debug, Default)]
pub(crate) struct SkippingClock {
    skipped_ms: AtomicI64,
}

impl SkippingClock {
    /// Moves on to `moment`, never back.
    pub(crate) fn skip_to(&self, moment: Timestamp) {
        let ahead = moment.since_ms(self.now());
        self.skipped_ms
            .fetch_add(i64::try_from(ahead).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        Timestamp(
            SystemClock
                .now()
                .0
                .saturating_add(self.skipped_ms.load(Ordering::Relaxed)),
        )
    }
}
