//! Where long content is cut: at places that the content itself names.
//!
//! A change then moves only the cuts near it, and every other piece keeps its address. Why not every
//! 4 KiB? Because one inserted row would move all cuts after it. Why two rates? A cut is made unlikely
//! before the aim and likely after it, so pieces are even in size, and a change seldom costs a large one.

use super::Address;

/// Shortest piece in bytes, but for the last.
const MIN: usize = 1024;
/// From this size on a cut is four times as likely.
const AIM: usize = 4096;
/// Longest piece in bytes, but for one more entry.
const MAX: usize = 16 * 1024;

/// Fewest references in a branch, but for the last.
const REFERENCES_MIN: usize = 8;
/// Most references in a branch.
const REFERENCES_MAX: usize = 128;

/// Cuts the entries of a list or record.
#[derive(Default)]
pub(super) struct EntryCutter {
    bytes: usize,
}

impl EntryCutter {
    /// Whether a piece ends after this entry.
    pub(super) fn ends_after(&mut self, entry: &[u8]) -> bool {
        self.bytes += entry.len();
        let is_end = self.bytes >= MAX || (self.bytes >= MIN && self.is_chosen(entry));
        if is_end {
            self.bytes = 0;
        }
        is_end
    }

    /// The chance grows with the entry's length, so that pieces are even whatever the entries are.
    fn is_chosen(&self, entry: &[u8]) -> bool {
        let share: u64 = if self.bytes < AIM { 1 << 52 } else { 1 << 54 };
        hash(entry) < share.saturating_mul(entry.len() as u64)
    }
}

/// A fast hash, part of the format: 64 x 64 -> 128 bit products, halves joined, eight bytes at a time.
fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = fold(bytes.len() as u64 ^ 0x9e37_79b9_7f4a_7c15);
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    fold(fold(state ^ u64::from_le_bytes(last)))
}

fn fold(word: u64) -> u64 {
    let product = u128::from(word) * 0xa076_1d64_78bd_642f;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    {
        product as u64 ^ (product >> 64) as u64
    }
}

/// Cuts the references of an index.
#[derive(Default)]
pub(super) struct BranchCutter {
    references: usize,
}

impl BranchCutter {
    /// Whether a branch ends after the reference to this blob: one in 32 do.
    pub(super) fn ends_after(&mut self, address: &Address) -> bool {
        self.references += 1;
        let is_end = self.references >= REFERENCES_MAX
            || (self.references >= REFERENCES_MIN && address.0[0] < 8);
        if is_end {
            self.references = 0;
        }
        is_end
    }
}

/// The first piece of raw bytes: its length, and whether it ends at a cut or only at their end.
///
/// A byte stops counting after 64 more, since it is shifted out; so the hash starts 64 before [`MIN`].
pub(super) fn first_piece(bytes: &[u8]) -> (usize, bool) {
    let mut hash = 0;
    let found = roll(bytes, MIN - 64, MIN - 1, 0, &mut hash)
        .or_else(|| roll(bytes, MIN - 1, AIM - 1, 12, &mut hash))
        .or_else(|| roll(bytes, AIM - 1, MAX - 1, 10, &mut hash));
    match found {
        Some(at) => (at + 1, true),
        None if bytes.len() >= MAX => (MAX, true),
        None => (bytes.len(), false),
    }
}

/// Rolls over `bytes[from..to]`; the first place where the hash begins with this many zero bits (0: none does).
fn roll(bytes: &[u8], from: usize, to: usize, zeros: u32, hash: &mut u64) -> Option<usize> {
    let window = bytes.get(from..to.min(bytes.len()))?;
    let limit = if zeros == 0 { 0 } else { 1 << (64 - zeros) };
    for (at, byte) in window.iter().enumerate() {
        *hash = (*hash << 1).wrapping_add(GEAR[usize::from(*byte)]);
        if *hash < limit {
            return Some(from + at);
        }
    }
    None
}

/// A random number for each byte, from SplitMix64 started at 0.
const GEAR: [u64; 256] = gear();

const fn gear() -> [u64; 256] {
    let mut table = [0; 256];
    let mut state = 0_u64;
    let mut at = 0;
    while at < 256 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        table[at] = word ^ (word >> 31);
        at += 1;
    }
    table
}
