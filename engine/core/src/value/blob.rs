//! The canonical encoding of values, as a tree of blobs.

use super::{Address, Value};

/// Where encoded blobs go.
pub trait BlobSink {
    /// Whether this blob, and all it refers to, is there already.
    fn has(&mut self, address: &Address) -> bool;
    /// Takes a blob; those it refers to (`children`) were given before.
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
    /// Storage could not be read.
    #[error("storage could not be read: {0}")]
    Storage(String),
}

pub(super) fn address(value: &Value) -> Address {
    Address::of(value.to_json().to_string().as_bytes())
}

/// Gives the blobs of `value` to `sink`, children first, and returns the root's address.
pub fn encode(value: &Value, sink: &mut dyn BlobSink) -> Address {
    let address = value.address();
    sink.put(address, value.to_json().to_string().into_bytes(), &[]);
    address
}

/// The value whose root blob is `address`; every blob is checked against its address.
///
/// # Errors
/// When a blob is missing, damaged, or no encoding.
pub fn decode(address: &Address, source: &dyn BlobSource) -> Result<Value, DecodeError> {
    let bytes = source
        .get(address)
        .map_err(DecodeError::Storage)?
        .ok_or(DecodeError::Missing(*address))?;
    decode_inline(&bytes)
}

/// The whole encoding in one piece, when it is at most `bytes_max` long.
#[must_use]
pub fn encode_inline(value: &Value, bytes_max: usize) -> Option<Vec<u8>> {
    let bytes = value.to_json().to_string().into_bytes();
    (bytes.len() <= bytes_max).then_some(bytes)
}

/// Reads what [`encode_inline`] wrote.
///
/// # Errors
/// When the bytes are no encoding.
pub fn decode_inline(bytes: &[u8]) -> Result<Value, DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Malformed("not text"))?;
    Value::parse_json(text).map_err(|_| DecodeError::Malformed("not JSON"))
}
