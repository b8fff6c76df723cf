//! The blobs of values on their way into the journal.
//!
//! Encoding stops at parts that are known to be stored. That knowledge may be out of date when the writer
//! gets there; so the values that relied on it come along, and the writer encodes them again, against
//! the tables, if it has to. What refers to them does not change: an address is an address.

use std::collections::HashSet;

use flowforge_engine::value::{self, BlobSink};
use flowforge_engine::{Address, Value};

use crate::kept::Kept;
use crate::pack::blob_row;
use crate::recent::Recent;

/// A blob that may not be stored yet.
pub(crate) struct NewBlob {
    pub(crate) address: Address,
    pub(crate) row: Vec<u8>,
    /// Those it refers to, each once.
    pub(crate) children: Vec<Address>,
}

/// The blobs of several values, and what they rely on.
#[derive(Default)]
pub(crate) struct Blobs {
    /// The epoch of the knowledge about what is stored.
    pub(crate) epoch: u64,
    /// Children before those that refer to them.
    pub(crate) new: Vec<NewBlob>,
    /// Blobs that were known to be stored.
    pub(crate) assumed: Vec<Address>,
    /// The values that relied on them.
    pub(crate) relying: Vec<Value>,
}

impl Blobs {
    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.new
            .iter()
            .map(|blob| blob.row.len() + size_of::<NewBlob>())
            .sum()
    }

    /// The blobs of the relying values that `known` does not have.
    pub(crate) fn encode_again(&self, known: &mut dyn FnMut(&Address) -> bool) -> Vec<NewBlob> {
        let mut gather = Gather::new(0, known);
        for value in &self.relying {
            value::encode(value, &mut gather);
        }
        gather.blobs.new
    }
}

/// Keeps values, and gathers their blobs.
pub(crate) struct Gather<'a> {
    known: &'a mut dyn FnMut(&Address) -> bool,
    here: HashSet<Address>,
    blobs: Blobs,
}

impl<'a> Gather<'a> {
    /// Leaves out what `known` says is stored in this epoch.
    pub(crate) fn new(epoch: u64, known: &'a mut dyn FnMut(&Address) -> bool) -> Self {
        Self {
            known,
            here: HashSet::new(),
            blobs: Blobs {
                epoch,
                ..Blobs::default()
            },
        }
    }

    /// Keeps a value.
    pub(crate) fn keep(&mut self, value: &Value) -> Kept {
        let before = self.blobs.assumed.len();
        let kept = Kept::keep(value, self);
        if self.blobs.assumed.len() > before {
            self.blobs.relying.push(value.clone());
        }
        kept
    }

    /// The blobs of all values that were kept.
    pub(crate) fn finish(self) -> Blobs {
        self.blobs
    }
}

/// Keeps values, leaving out what was stored not long ago.
pub(crate) fn gather<T>(recent: &Recent, what: impl FnOnce(&mut Gather) -> T) -> (T, Blobs) {
    let epoch = recent.epoch();
    let mut known = |address: &Address| recent.has(address);
    let mut gather = Gather::new(epoch, &mut known);
    let result = what(&mut gather);
    (result, gather.finish())
}

impl BlobSink for Gather<'_> {
    fn has(&mut self, address: &Address) -> bool {
        if self.here.contains(address) {
            return true;
        }
        let known = (self.known)(address);
        if known {
            self.here.insert(*address);
            self.blobs.assumed.push(*address);
        }
        known
    }

    fn put(&mut self, address: Address, bytes: Vec<u8>, children: &[Address]) {
        if self.here.insert(address) {
            let mut children = children.to_vec();
            children.sort_unstable();
            children.dedup();
            self.blobs.new.push(NewBlob {
                address,
                row: blob_row(&bytes),
                children,
            });
        }
    }
}
