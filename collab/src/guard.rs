//! Looks at bytes of strangers before anything is built from them.
//!
//! A message of a few bytes can claim a billion entries, and nest values deeper than the stack. So every count is
//! checked against the bytes that are left, every length against its end, every depth against a bound, and what
//! the whole would take in memory is added up, before the first byte is decoded. Nothing is allocated here for
//! what is only claimed.
//!
//! Only version 1 of the encoding is spoken, as the public clients do. Parts of the format that no client of a
//! workflow writes (bold and italic text, subdocuments, weak links, the JSON content of old versions) are refused.
//! yrs takes the key of a map to hold a value, and a format is none.

pub(crate) mod bytes;
mod gate;
mod ledger;
mod outline;
mod update;

pub use gate::{Gate, Stopped};
pub use ledger::Unfit;
pub(crate) use update::check_state_vector;

use update::MEMORY_BYTES_MAX;

/// Why bytes are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct Refused {
    /// How many bytes were looked at before.
    pub at: usize,
    /// What is wrong there.
    pub why: Why,
}

/// What is wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is less than was promised.
    #[error("{what}: {claimed} are claimed, and {left} bytes are left")]
    Claim {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        claimed: u64,
        /// How many bytes are left.
        left: usize,
    },
    /// The bytes end inside something.
    #[error("the bytes end inside {0}")]
    Ends(&'static str),
    /// A number is larger than it may be.
    #[error("{0} is larger than it may be")]
    Number(&'static str),
    /// The number that is none.
    #[error("NaN is not taken")]
    NotANumber,
    /// A part of the format that is not spoken here.
    #[error("{what} of the kind {found} is not taken; expected version 1 of the update encoding")]
    Kind {
        /// Of what.
        what: &'static str,
        /// The kind.
        found: u64,
    },
    /// Text that is no UTF-8.
    #[error("{0} is not UTF-8")]
    Text(&'static str),
    /// Values are nested deeper than they may be.
    #[error("values are nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// What is described is larger than it may be.
    #[error("what this describes would take more than {MEMORY_BYTES_MAX} bytes of memory")]
    TooHeavy,
    /// The same is described twice, or not in its order.
    #[error("{0} is there twice, or not in order")]
    Twice(&'static str),
    /// Something that must not be empty is empty.
    #[error("{0} is empty")]
    Nothing(&'static str),
    /// Bytes follow the end.
    #[error("{0} bytes follow the end")]
    Follows(usize),
}

/// Deepest nesting of a plain value, and of shared types.
pub const DEPTH_MAX: usize = 100;

#[cfg(test)]
mod tests;
