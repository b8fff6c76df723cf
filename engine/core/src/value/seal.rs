//! What a list, record, or long text knows about itself.

use std::sync::{Arc, OnceLock};

use super::kinship::{Basis, Pieces};
use super::{Address, DEPTH_MAX, Value};

/// Largest values that are compared by walking them.
const WALKED_BYTES_MAX: u64 = 64 << 20;

/// Size and depth, known from the moment of making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    /// Size of the flat encoding in bytes.
    pub(super) size: u64,
    /// Levels of lists and records, this one included.
    pub(super) depth: u32,
}

impl Measure {
    /// Of a list or record without its content.
    pub(super) fn of_count(count: usize) -> Self {
        Self {
            size: 1 + super::wire::varint_len(count as u64),
            depth: 1,
        }
    }

    /// With one more value in it.
    pub(super) fn and(self, value: &Value) -> Self {
        Self {
            size: self.size.saturating_add(value.size_bytes()),
            depth: self.depth.max(value.depth().saturating_add(1)),
        }
    }

    /// Whether such a value is compared by its address: because walking it would recurse too deep, or
    /// take long where it shares parts with itself, while each shared part has its address but once.
    pub(super) fn is_by_address(self) -> bool {
        self.depth > DEPTH_MAX || self.size > WALKED_BYTES_MAX
    }

    /// With the name of a field.
    pub(super) fn and_key(self, key: &str) -> Self {
        Self {
            size: self.size.saturating_add(super::wire::bytes_len(key.len())),
            ..self
        }
    }
}

/// The content address, kept once it was computed. It never takes part in equality.
#[derive(Debug, Default)]
pub(super) struct Seal(OnceLock<Address>);

impl Seal {
    pub(super) fn get(&self) -> Option<&Address> {
        self.0.get()
    }

    pub(super) fn set(&self, address: Address) {
        let kept = self.0.get_or_init(|| address);
        debug_assert_eq!(*kept, address, "a value has one address");
    }

    /// Whether two values are equal, when both addresses tell.
    pub(super) fn tell(&self, other: &Self) -> Option<bool> {
        Some(self.get()? == other.get()?)
    }
}

/// What a list or record knows besides its entries.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) measure: Measure,
    pub(super) seal: Seal,
    /// How it is cut, once it was stored or read.
    pieces: OnceLock<Arc<Pieces>>,
    /// What it was made from, when that was stored.
    basis: Option<Box<Basis>>,
}

impl Facts {
    pub(super) fn new(measure: Measure, basis: Option<Basis>) -> Self {
        let basis = basis.map(Box::new);
        Self {
            measure,
            seal: Seal::default(),
            pieces: OnceLock::new(),
            basis,
        }
    }

    pub(super) fn set_pieces(&self, pieces: Pieces) {
        self.pieces.get_or_init(|| Arc::new(pieces));
    }

    pub(super) fn basis(&self) -> Option<&Basis> {
        self.basis.as_deref()
    }

    /// The basis of a value that shares this many entries at the front and at the back with this one.
    pub(super) fn basis_for(&self, front: usize, back: usize) -> Option<Basis> {
        match self.pieces.get() {
            Some(pieces) => Some(Basis {
                pieces: pieces.clone(),
                front,
                back,
            }),
            None => self.basis().map(|basis| basis.narrowed(front, back)),
        }
    }
}
