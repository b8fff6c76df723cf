//! The forms of a blob and of what refers to one.
//!
//! The first byte of a blob is its form in the high half and its kind in the low half. A reference
//! says how large and how deep the value behind it is, so that neither has to be loaded to be known.

use super::wire::{Reader, push_varint};
use super::{Address, DEPTH_MAX, DecodeError, Value, flat};

/// A value in one blob without references: its flat encoding.
pub(super) const FLAT: u8 = 0x00;
/// Not a blob: stands in a parent for a child that stands alone.
pub(super) const REFERENCE: u8 = 0x10;
/// A list or record in one blob, with at least one reference.
pub(super) const LINKED: u8 = 0x20;
/// A piece of a cut value.
pub(super) const PIECE: u8 = 0x30;
/// A piece of a cut list or record, with at least one reference.
pub(super) const LINKED_PIECE: u8 = 0x40;
/// A node of the index over pieces.
pub(super) const BRANCH: u8 = 0x50;
/// The root of a cut value: its measure and the top of the index.
pub(super) const TREE: u8 = 0x60;

const FORM: u8 = 0xf0;
const KIND: u8 = 0x0f;

/// Most levels of an index; each has at most an eighth of the nodes of the one below, commonly a fortieth.
pub(super) const LEVELS_MAX: u64 = 8;

/// Splits a first byte into form and kind.
pub(super) fn split(byte: u8) -> (u8, u8) {
    (byte & FORM, byte & KIND)
}

/// The kind of a value that can be large.
pub(super) fn kind(value: &Value) -> u8 {
    match value {
        Value::Text(_) => flat::TEXT,
        Value::Bytes(_) => flat::BYTES,
        Value::List(_) => flat::LIST,
        _ => flat::RECORD,
    }
}

/// Whether this kind holds other values.
pub(super) fn is_container(kind: u8) -> bool {
    matches!(kind, flat::LIST | flat::RECORD)
}

/// Whether values of this kind can stand alone.
pub(super) fn can_be_large(kind: u8) -> bool {
    matches!(kind, flat::TEXT | flat::BYTES | flat::LIST | flat::RECORD)
}

/// What is known of a child that stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) kind: u8,
    pub(super) address: Address,
    pub(super) size: u64,
    pub(super) depth: u32,
    /// Items or fields; 0 for text and bytes.
    pub(super) count: u64,
}

impl Reference {
    pub(super) fn to(value: &Value, address: Address) -> Self {
        let count = match value {
            Value::List(items) => items.len() as u64,
            Value::Record(fields) => fields.len() as u64,
            _ => 0,
        };
        Self {
            kind: kind(value),
            address,
            size: value.size_bytes(),
            depth: value.depth(),
            count,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(REFERENCE | self.kind);
        out.extend_from_slice(&self.address.0);
        push_varint(out, self.size);
        if is_container(self.kind) {
            push_varint(out, u64::from(self.depth));
            push_varint(out, self.count);
        }
    }

    /// Reads a reference whose first byte is still there.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (form, kind) = split(reader.byte()?);
        if form != REFERENCE || !can_be_large(kind) {
            return Err(DecodeError::Malformed("an unknown tag"));
        }
        let address = Address(reader.array()?);
        let size = reader.varint()?;
        let (depth, count) = if is_container(kind) {
            (read_depth(reader)?, reader.varint()?)
        } else {
            (0, 0)
        };
        Ok(Self {
            kind,
            address,
            size,
            depth,
            count,
        })
    }
}

/// Reads the depth of a list or record.
pub(super) fn read_depth(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    u32::try_from(reader.varint()?).map_err(|_| DecodeError::Malformed("nested too deep"))
}

/// A node of the index, or a piece: its address, and the items, fields or bytes below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) address: Address,
    pub(super) count: u64,
}

/// Appends a row of parts.
pub(super) fn write_parts(out: &mut Vec<u8>, parts: &[Part]) {
    push_varint(out, parts.len() as u64);
    for part in parts {
        out.extend_from_slice(&part.address.0);
        push_varint(out, part.count);
    }
}

/// Reads a row of parts.
pub(super) fn read_parts(reader: &mut Reader<'_>) -> Result<Vec<Part>, DecodeError> {
    let count = reader.count()?;
    let mut parts = Vec::with_capacity(count.min(reader.rest().len() / 33));
    for _ in 0..count {
        parts.push(Part {
            address: Address(reader.array()?),
            count: reader.varint()?,
        });
    }
    Ok(parts)
}

/// What the root of a cut value says before its parts.
pub(super) struct TreeHead {
    pub(super) size: u64,
    pub(super) depth: u32,
    /// Levels of the index: 1 when the parts are pieces.
    pub(super) level: u64,
}

impl TreeHead {
    pub(super) fn read(reader: &mut Reader<'_>, kind: u8) -> Result<Self, DecodeError> {
        let size = reader.varint()?;
        let depth = if is_container(kind) {
            read_depth(reader)?
        } else {
            0
        };
        Ok(Self {
            size,
            depth,
            level: reader.varint()?,
        })
    }
}

pub(super) fn children(bytes: &[u8]) -> Result<Vec<Address>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let (form, kind) = split(reader.byte()?);
    match form {
        FLAT | PIECE if kind <= flat::RECORD => Ok(Vec::new()),
        LINKED | LINKED_PIECE if is_container(kind) => linked(&mut reader, kind),
        BRANCH | TREE if can_be_large(kind) => {
            if form == TREE {
                TreeHead::read(&mut reader, kind)?;
            } else {
                reader.varint()?;
            }
            let parts = read_parts(&mut reader)?;
            reader.end()?;
            Ok(parts.iter().map(|part| part.address).collect())
        }
        _ => Err(DecodeError::Malformed("an unknown tag")),
    }
}

fn linked(reader: &mut Reader<'_>, kind: u8) -> Result<Vec<Address>, DecodeError> {
    let mut addresses = Vec::new();
    for _ in 0..reader.count()? {
        if kind == flat::RECORD {
            reader.bytes()?;
        }
        match reader.rest().first() {
            Some(byte) if split(*byte).0 == REFERENCE => {
                addresses.push(Reference::read(reader)?.address);
            }
            _ => flat::skip(reader, DEPTH_MAX)?,
        }
    }
    reader.end()?;
    Ok(addresses)
}
