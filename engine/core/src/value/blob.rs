//! How values are stored: as blobs, each named by the hash of its bytes.
//!
//! A value's address is the address of its root blob. A value of at most [`ALONE_BYTES`] is one flat
//! blob. In a larger list or record, each child above that size stands alone and is referred to; a
//! long row of entries, a long text and a long byte string are cut where the content says, and the
//! pieces hang under an index that is cut the same way. So what changes is the path to a change, and
//! everything else is stored once. The bytes are laid out in `ENCODING.md`, beside this file.
//!
//! There is one encoding of each value, whatever its history, and decoding refuses any other: what
//! decodes from an address has that address.

use super::decode::Decoder;
use super::encode::Encoder;
use super::wire::Reader;
use super::{Address, DEPTH_MAX, Value, deep, flat, form};

/// Largest flat encoding that is stored inside its parent, in bytes.
pub const ALONE_BYTES: u64 = 4096;

/// Where encoded blobs go.
pub trait BlobSink {
    /// Whether this blob, and all it refers to, is there already.
    fn has(&mut self, address: &Address) -> bool;
    /// Takes a blob that is not there; those it refers to (`children`) were given before.
    fn put(&mut self, address: Address, bytes: Vec<u8>, children: &[Address]);
}

/// Where encoded blobs come from.
pub trait BlobSource {
    /// The bytes stored under this address, unchecked; `None` when there are none.
    ///
    /// # Errors
    /// When storage could not be read.
    fn get(&self, address: &Address) -> Result<Option<Vec<u8>>, String>;
}

/// Why stored bytes are not a value.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The blob is not there.
    #[error("the stored value {0} is missing")]
    Missing(Address),
    /// The bytes do not hash to their address.
    #[error("the stored value {0} is damaged: its bytes do not match its address")]
    Damaged(Address),
    /// The bytes hash right, or have no address, but are no encoding of a value.
    #[error("stored bytes are not a value: {0}")]
    Malformed(&'static str),
    /// It is larger than whoever reads it allows.
    #[error("the stored value has {size} bytes, more than the {max} allowed here")]
    TooLarge {
        /// Its flat size in bytes.
        size: u64,
        /// The largest allowed.
        max: u64,
    },
    /// Storage could not be read.
    #[error("storage could not be read: {0}")]
    Storage(String),
}

/// Takes nothing, has everything that has an address: for asking addresses only.
struct Nowhere;

impl BlobSink for Nowhere {
    fn has(&mut self, _: &Address) -> bool {
        true
    }

    fn put(&mut self, _: Address, _: Vec<u8>, _: &[Address]) {}
}

pub(super) fn address(value: &Value) -> Address {
    value
        .sealed()
        .copied()
        .unwrap_or_else(|| encode(value, &mut Nowhere))
}

/// Gives the blobs of `value` that `sink` does not have, children first, and returns the root's address.
///
/// Parts whose address is known and that `sink` has are not visited, so that the cost of a changed
/// value is the cost of the change. A value deeper than [`DEPTH_MAX`] is outside the domain and must
/// have been refused before; a text that says so is stored in its place.
pub fn encode(value: &Value, sink: &mut dyn BlobSink) -> Address {
    let mut encoder = Encoder::new(sink);
    if value.depth() > DEPTH_MAX {
        encoder.value(&deep::stand_in(value))
    } else {
        encoder.value(value)
    }
}

/// The value whose root blob is `address`; every blob is checked against its address.
///
/// Equal parts are read once and shared in the result.
///
/// # Errors
/// When a blob is missing, damaged, or no encoding.
pub fn decode(address: &Address, source: &dyn BlobSource) -> Result<Value, DecodeError> {
    decode_at_most(address, source, u64::MAX)
}

/// [`decode`] for blobs of doubtful origin: refuses values whose flat size is above `bytes_max`, since
/// a few blobs that refer to each other can stand for very much.
///
/// # Errors
/// When a blob is missing, damaged, or no encoding, or the value is too large.
pub fn decode_at_most(
    address: &Address,
    source: &dyn BlobSource,
    bytes_max: u64,
) -> Result<Value, DecodeError> {
    Decoder::new(source, bytes_max).root(address, DEPTH_MAX)
}

/// Reads several values from one source, and shares what they have in common. For values that follow on
/// each other: what is in all of them is read, checked and held once.
pub struct Reading<'s>(Decoder<'s>);

impl<'s> Reading<'s> {
    /// Has read nothing yet.
    #[must_use]
    pub fn new(source: &'s dyn BlobSource) -> Self {
        Self(Decoder::new(source, u64::MAX))
    }

    /// The value whose root blob is `address`, as [`decode`] gives it.
    ///
    /// # Errors
    /// When a blob is missing, damaged, or no encoding.
    pub fn value(&mut self, address: &Address) -> Result<Value, DecodeError> {
        self.0.shared_root(address)
    }
}

/// The flat encoding in one piece, when it is at most `bytes_max` long and not too deep.
#[must_use]
pub fn encode_inline(value: &Value, bytes_max: usize) -> Option<Vec<u8>> {
    let size = usize::try_from(value.size_bytes()).ok()?;
    if size > bytes_max || value.depth() > DEPTH_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(size);
    flat::write(value, &mut bytes);
    debug_assert_eq!(bytes.len(), size, "the size was known");
    Some(bytes)
}

/// Reads what [`encode_inline`] wrote.
///
/// # Errors
/// When the bytes are no flat encoding.
pub fn decode_inline(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = flat::read(&mut reader, DEPTH_MAX, None)?;
    reader.end()?;
    Ok(value)
}

/// The blobs that this blob refers to, in order, without building values; for garbage collection.
///
/// # Errors
/// When the bytes are no blob. Blobs that cannot refer to others are not looked into.
pub fn children(bytes: &[u8]) -> Result<Vec<Address>, DecodeError> {
    form::children(bytes)
}
