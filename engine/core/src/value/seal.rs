//! What a list, record, text or byte string knows about itself after it was first asked.

use std::sync::OnceLock;

use super::Address;

/// Facts that are computed once and kept beside the content. They never take part in equality.
#[derive(Debug, Default)]
pub(crate) struct Seal {
    /// The content address.
    pub(crate) address: OnceLock<Address>,
    /// Encoded size in bytes, and depth.
    pub(crate) measure: OnceLock<(u64, u32)>,
}
