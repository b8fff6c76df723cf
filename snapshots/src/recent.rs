//! Addresses that were stored not long ago, so that encoding stops where nothing changed.
//!
//! What is remembered may stop being true: retention removes values, and after a failure the file goes
//! back to an earlier state. Each of these ends an *epoch*. Whoever encodes notes the epoch first; the
//! writer compares, and checks the assumptions of an older epoch one by one.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flowforge_engine::Address;

/// Most addresses of one half; the older half is forgotten when the younger is full.
const HALF_MAX: usize = 16 << 10;

/// The addresses that are known to be stored.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    epoch: AtomicU64,
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashSet<Address>,
    old: HashSet<Address>,
}

impl Recent {
    /// The current epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Whether the address is known to be stored.
    pub(crate) fn has(&self, address: &Address) -> bool {
        let halves = self.halves();
        halves.young.contains(address) || halves.old.contains(address)
    }

    /// Remembers addresses that are durably stored.
    pub(crate) fn add(&self, addresses: impl IntoIterator<Item = Address>) {
        let mut halves = self.halves();
        for address in addresses {
            halves.young.insert(address);
            if halves.young.len() >= HALF_MAX {
                halves.old = std::mem::take(&mut halves.young);
            }
        }
    }

    /// Forgets everything, because something stored may be gone.
    pub(crate) fn end_epoch(&self) {
        let mut halves = self.halves();
        *halves = Halves::default();
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u64) -> Address {
        Address::of(&number.to_le_bytes())
    }

    #[test]
    fn it_forgets_the_oldest_and_stays_small() {
        let recent = Recent::default();
        let many = 3 * HALF_MAX as u64;
        recent.add((0..many).map(address));
        assert!(recent.has(&address(many - 1)));
        assert!(!recent.has(&address(0)));
        let halves = recent.halves();
        assert!(halves.young.len() + halves.old.len() <= 2 * HALF_MAX);
    }

    #[test]
    fn a_new_epoch_remembers_nothing() {
        let recent = Recent::default();
        recent.add([address(1)]);
        recent.end_epoch();
        assert!(!recent.has(&address(1)));
        assert_eq!(recent.epoch(), 1);
    }
}
