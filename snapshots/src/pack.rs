//! Bytes as they lie on disk: compressed when that helps, and never believed when they are read.
//!
//! One compressor per thread is used again and again: making one costs more than compressing a
//! small segment does.

use std::cell::RefCell;

use crate::error::ReadError;

/// Shorter byte strings are not worth compressing.
const PACK_BYTES_MIN: usize = 256;
/// The longest byte string that is packed or believed to be; damage must not reserve memory.
pub(crate) const PACK_BYTES_MAX: usize = 64 << 20;
/// zstd's fastest ordinary level: on segments it gives up a few per cent of size for half the time.
const LEVEL: i32 = 1;

/// How bytes lie on disk. Part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Codec {
    /// As they are.
    Plain = 0,
    /// As one zstd frame.
    Zstd = 1,
}

impl Codec {
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Plain),
            1 => Some(Self::Zstd),
            _ => None,
        }
    }
}

thread_local! {
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Appends `bytes` to `out`, compressed if that makes them shorter, and says which.
pub(crate) fn pack(bytes: &[u8], out: &mut Vec<u8>) -> Codec {
    if bytes.len() >= PACK_BYTES_MIN
        && let Some(packed) = compress(bytes)
        && packed.len() < bytes.len()
    {
        out.extend_from_slice(&packed);
        return Codec::Zstd;
    }
    out.extend_from_slice(bytes);
    Codec::Plain
}

fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Compressor::new(LEVEL).ok();
        }
        slot.as_mut()?.compress(bytes).ok()
    })
}

/// The `len` bytes that were packed.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn unpack(codec: Codec, packed: &[u8], len: usize) -> Result<Vec<u8>, &'static str> {
    if len > PACK_BYTES_MAX {
        return Err("it claims to be larger than anything that is stored");
    }
    let bytes = match codec {
        Codec::Plain => packed.to_vec(),
        Codec::Zstd => decompress(packed, len).ok_or("it does not decompress")?,
    };
    if bytes.len() == len {
        Ok(bytes)
    } else {
        Err("its length is not what it should be")
    }
}

fn decompress(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Decompressor::new().ok();
        }
        slot.as_mut()?.decompress(packed, len).ok()
    })
}

/// What stands before a row's packed bytes.
pub(crate) const HEAD_BYTES: usize = 5;

/// A blob's row: codec, length (u32, little-endian), bytes.
pub(crate) fn blob_row(bytes: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(bytes.len() / 2 + HEAD_BYTES);
    row.push(0);
    row.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    row[0] = pack(bytes, &mut row) as u8;
    row
}

/// The blob of a row. Its address is checked where it is decoded.
pub(crate) fn blob_of(row: &[u8]) -> Result<Vec<u8>, ReadError> {
    let damaged = |why| ReadError::damaged("a stored value", why);
    let (head, packed) = row
        .split_at_checked(5)
        .ok_or_else(|| damaged("it is cut off"))?;
    let codec = Codec::from_byte(head[0]).ok_or_else(|| damaged("its codec is unknown"))?;
    unpack(codec, packed, blob_len(head)).map_err(damaged)
}

fn blob_len(head: &[u8]) -> usize {
    u32::from_le_bytes(head[1..5].try_into().expect("four bytes")) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(bytes in prop::collection::vec(0_u8..8, 0..3000)) {
            prop_assert_eq!(blob_of(&blob_row(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn rows_that_make_no_sense_are_refused(row in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(bytes) = blob_of(&row) {
                prop_assert_eq!(bytes.len(), blob_len(&row));
            }
        }
    }
}
