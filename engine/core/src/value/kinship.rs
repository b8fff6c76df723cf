//! What a changed list or record shares with the one it was made from, so that storing it costs the
//! change and not the whole.
//!
//! Where a piece ends depends on the entries since the piece before, and on nothing else. So pieces
//! before the first change stay, and from the first old cut that is a cut again, all later ones stay.

use std::sync::Arc;

use super::Address;
use super::form::Part;

/// The pieces that a list or record was cut into.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The root of the value; who has it has all pieces.
    pub(super) root: Address,
    pub(super) parts: Vec<Part>,
}

/// The stored value that a value was made from, and how many entries at the ends they share.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    pub(super) pieces: Arc<Pieces>,
    pub(super) front: usize,
    pub(super) back: usize,
}

impl Basis {
    /// For a value that shares this much with one that has this basis.
    pub(super) fn narrowed(&self, front: usize, back: usize) -> Self {
        Self {
            pieces: self.pieces.clone(),
            front: self.front.min(front),
            back: self.back.min(back),
        }
    }

    /// The pieces that lie in the shared front, of a value of `len` entries. The last piece is never
    /// among them: that of the basis need not end at a cut, and that of the new value must be made to
    /// see whether it is the only one.
    pub(super) fn front_parts(&self, len: usize) -> Vec<Part> {
        let Some((_, parts)) = self.pieces.parts.split_last() else {
            return Vec::new();
        };
        let mut left = self.front.min(len.saturating_sub(1)) as u64;
        let mut take = 0;
        while let Some(rest) = parts
            .get(take)
            .and_then(|part| left.checked_sub(part.count))
        {
            left = rest;
            take += 1;
        }
        parts[..take].to_vec()
    }

    /// The pieces that hold exactly the last `entries` entries, when those are shared.
    pub(super) fn back_parts(&self, entries: usize) -> Option<&[Part]> {
        if entries > self.back {
            return None;
        }
        let parts = &self.pieces.parts;
        let mut left = entries as u64;
        let mut at = parts.len();
        while left > 0 {
            at = at.checked_sub(1)?;
            left = left.checked_sub(parts[at].count)?;
        }
        Some(&parts[at..])
    }
}

/// How many entries these pieces hold.
pub(super) fn count(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| usize::try_from(part.count).unwrap_or(usize::MAX))
        .sum()
}
