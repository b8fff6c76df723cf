//! Values that were read not long ago, by address.
//!
//! Looking through a run meets the same large values again and again: an output is the next input. Two
//! halves instead of a list in order of use: the younger fills up, then becomes the older, whose values
//! are forgotten unless they were asked for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use flowforge_engine::{Address, Value};

/// Encoded bytes of the values in one half.
const HALF_BYTES: u64 = 4 << 20;

/// A bounded set of values.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<Address, Value>,
    old: HashMap<Address, Value>,
    bytes: u64,
}

impl Cache {
    /// The value, if it is here.
    pub(crate) fn get(&self, address: &Address) -> Option<Value> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = halves.young.get(address) {
            return Some(value.clone());
        }
        let value = halves.old.remove(address)?;
        halves.put(*address, value.clone());
        Some(value)
    }

    /// Keeps a value for a while, unless it is too large for that.
    pub(crate) fn put(&self, address: Address, value: &Value) {
        if value.size_bytes() < HALF_BYTES {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .put(address, value.clone());
        }
    }
}

impl Halves {
    fn put(&mut self, address: Address, value: Value) {
        self.bytes += value.size_bytes();
        if self.bytes > HALF_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.bytes = value.size_bytes();
        }
        self.young.insert(address, value);
    }
}
