//! Blobs into values. Any bytes give a value or an error, and only the one canonical form is a value.

use std::collections::HashMap;
use std::sync::Arc;

use super::cut::{BranchCutter, EntryCutter, first_piece};
use super::form::{self, Part, Reference, TreeHead};
use super::kinship::Pieces;
use super::wire::Reader;
use super::{ALONE_BYTES, Address, BlobSource, DEPTH_MAX, DecodeError, Record, Value, flat};

const NOT_CUT: DecodeError = DecodeError::Malformed("it is not cut where its content says");
const EMPTY: DecodeError = DecodeError::Malformed("it is empty");

/// Reads the blobs of one value.
pub(super) struct Decoder<'s> {
    source: &'s dyn BlobSource,
    bytes_max: u64,
    /// What stood alone and was read: equal parts are shared, so that a small file cannot unfold into a huge value.
    known: HashMap<Address, Value>,
}

/// What a row of entries must be.
#[derive(Clone, Copy)]
struct Row {
    kind: u8,
    /// How deep an entry may be.
    depth_max: u32,
    /// At least one entry is a reference.
    is_linked: bool,
    /// Nothing follows it, so it need not end at a cut.
    is_last: bool,
}

/// Entries of a list or record, as they are read.
#[derive(Default)]
struct Entries {
    items: Vec<Value>,
    fields: Vec<(Arc<str>, Value)>,
}

/// A cut value, as it is read.
struct Cut {
    kind: u8,
    /// How deep an entry may be.
    depth_max: u32,
    /// How many more bytes its pieces may have.
    bytes_left: u64,
    raw: Vec<u8>,
    entries: Entries,
    pieces: Vec<Part>,
}

impl<'s> Decoder<'s> {
    pub(super) fn new(source: &'s dyn BlobSource, bytes_max: u64) -> Self {
        Self {
            source,
            bytes_max,
            known: HashMap::new(),
        }
    }

    /// The value whose root blob this is, nested at most `depth_max` deep.
    pub(super) fn root(&mut self, address: &Address, depth_max: u32) -> Result<Value, DecodeError> {
        let bytes = self.load(address)?;
        let (form, kind) = form::split(*bytes.first().ok_or(EMPTY)?);
        let value = match form {
            form::FLAT if bytes.len() as u64 <= ALONE_BYTES => super::blob::decode_inline(&bytes)?,
            form::FLAT if !form::is_container(kind) => whole_raw(&bytes)?,
            form::FLAT | form::LINKED if form::is_container(kind) => {
                self.whole(&bytes, depth_max)?
            }
            form::TREE if form::can_be_large(kind) => {
                self.tree(address, &bytes, kind, depth_max)?
            }
            _ => return Err(DecodeError::Malformed("not the root of a value")),
        };
        self.allow(value.size_bytes())?;
        value.set_seal(*address);
        Ok(value)
    }

    /// The value whose root blob this is, remembered for the next time.
    pub(super) fn shared_root(&mut self, address: &Address) -> Result<Value, DecodeError> {
        if let Some(value) = self.known.get(address) {
            return Ok(value.clone());
        }
        let value = self.root(address, DEPTH_MAX)?;
        self.known.insert(*address, value.clone());
        Ok(value)
    }

    fn load(&self, address: &Address) -> Result<Vec<u8>, DecodeError> {
        let bytes = self.source.get(address).map_err(DecodeError::Storage)?;
        let bytes = bytes.ok_or(DecodeError::Missing(*address))?;
        if Address::of(&bytes) == *address {
            Ok(bytes)
        } else {
            Err(DecodeError::Damaged(*address))
        }
    }

    fn allow(&self, size: u64) -> Result<(), DecodeError> {
        if size > self.bytes_max {
            return Err(DecodeError::TooLarge {
                size,
                max: self.bytes_max,
            });
        }
        Ok(())
    }

    /// A large list or record that is not cut.
    fn whole(&mut self, bytes: &[u8], depth_max: u32) -> Result<Value, DecodeError> {
        let (form, kind) = form::split(bytes[0]);
        let depth_max = flat::below(depth_max)?;
        let row = Row {
            kind,
            depth_max,
            is_linked: form == form::LINKED,
            is_last: true,
        };
        let mut entries = Entries::default();
        self.row(&bytes[1..], row, &mut entries)?;
        Ok(entries.into_value(kind))
    }

    /// Reads a row of entries; how many there were.
    fn row(&mut self, bytes: &[u8], row: Row, into: &mut Entries) -> Result<u64, DecodeError> {
        let mut reader = Reader::new(bytes);
        let count = reader.count()?;
        let mut cutter = EntryCutter::default();
        let (mut is_linked, mut is_full) = (false, false);
        for _ in 0..count {
            if is_full {
                return Err(NOT_CUT);
            }
            let before = reader.rest();
            is_linked |= self.entry(&mut reader, row, into)?;
            is_full = cutter.ends_after(&before[..before.len() - reader.rest().len()]);
        }
        reader.end()?;
        if is_linked != row.is_linked {
            return Err(DecodeError::Malformed(
                "its tag and its references disagree",
            ));
        }
        if count > 0 && (is_full || row.is_last) {
            Ok(count as u64)
        } else {
            Err(NOT_CUT)
        }
    }

    /// Reads one entry; whether it was a reference.
    fn entry(
        &mut self,
        reader: &mut Reader<'_>,
        row: Row,
        into: &mut Entries,
    ) -> Result<bool, DecodeError> {
        let key = if row.kind == flat::RECORD {
            Some(flat::read_key(reader, &into.fields, None)?)
        } else {
            None
        };
        let is_link = reader
            .rest()
            .first()
            .is_some_and(|byte| form::split(*byte).0 == form::REFERENCE);
        let value = if is_link {
            let reference = Reference::read(reader)?;
            self.linked(&reference, row.depth_max)?
        } else {
            flat::read(reader, row.depth_max, into.items.last())?
        };
        if is_link != (value.size_bytes() > ALONE_BYTES) {
            return Err(DecodeError::Malformed(
                "a child is not stored where its size says",
            ));
        }
        match key {
            Some(key) => into.fields.push((key, value)),
            None => into.items.push(value),
        }
        Ok(is_link)
    }

    fn linked(&mut self, reference: &Reference, depth_max: u32) -> Result<Value, DecodeError> {
        if reference.depth > depth_max {
            return Err(DecodeError::Malformed("nested too deep"));
        }
        self.allow(reference.size)?;
        let value = match self.known.get(&reference.address) {
            Some(value) => value.clone(),
            None => {
                let value = self.root(&reference.address, depth_max)?;
                self.known.insert(reference.address, value.clone());
                value
            }
        };
        if Reference::to(&value, reference.address) == *reference {
            Ok(value)
        } else {
            Err(DecodeError::Malformed(
                "a reference says another kind, size, depth or count",
            ))
        }
    }

    fn tree(
        &mut self,
        address: &Address,
        bytes: &[u8],
        kind: u8,
        depth_max: u32,
    ) -> Result<Value, DecodeError> {
        let mut reader = Reader::new(&bytes[1..]);
        let head = TreeHead::read(&mut reader, kind)?;
        let parts = form::read_parts(&mut reader)?;
        reader.end()?;
        self.allow(head.size)?;
        if head.level == 0 || head.level > form::LEVELS_MAX || parts.len() < 2 {
            return Err(NOT_CUT);
        }
        let depth_max = if form::is_container(kind) {
            flat::below(depth_max)?
        } else {
            0
        };
        let mut cut = Cut {
            kind,
            depth_max,
            bytes_left: head.size,
            raw: Vec::new(),
            entries: Entries::default(),
            pieces: Vec::new(),
        };
        self.branch(&mut cut, &parts, head.level, true)?;
        let parts = std::mem::take(&mut cut.pieces);
        let value = cut.into_value()?;
        value.set_pieces(Pieces {
            root: *address,
            parts,
        });
        if value.size_bytes() == head.size && value.depth() == head.depth && head.size > ALONE_BYTES
        {
            Ok(value)
        } else {
            Err(DecodeError::Malformed(
                "its root says another size or depth",
            ))
        }
    }

    /// One row of the index and all below it; the number of items, fields or bytes.
    fn branch(
        &mut self,
        cut: &mut Cut,
        parts: &[Part],
        level: u64,
        is_last: bool,
    ) -> Result<u64, DecodeError> {
        let mut cutter = BranchCutter::default();
        let mut is_full = false;
        let mut total = 0_u64;
        for (at, part) in parts.iter().enumerate() {
            if is_full {
                return Err(NOT_CUT);
            }
            is_full = cutter.ends_after(&part.address);
            let count = self.part(
                cut,
                &part.address,
                level - 1,
                is_last && at + 1 == parts.len(),
            )?;
            if count != part.count {
                return Err(DecodeError::Malformed("an index counts wrong"));
            }
            total = total.saturating_add(count);
        }
        if total > 0 && (is_full || is_last) {
            Ok(total)
        } else {
            Err(NOT_CUT)
        }
    }

    /// The piece (level 0) or the branch at this address.
    fn part(
        &mut self,
        cut: &mut Cut,
        address: &Address,
        level: u64,
        is_last: bool,
    ) -> Result<u64, DecodeError> {
        let bytes = self.load(address)?;
        let (&tag, body) = bytes.split_first().ok_or(EMPTY)?;
        let (form, kind) = form::split(tag);
        if kind != cut.kind {
            return Err(DecodeError::Malformed("a piece of another kind"));
        }
        if level == 0 {
            let count = self.piece(cut, form, body, is_last)?;
            cut.pieces.push(Part {
                address: *address,
                count,
            });
            return Ok(count);
        }
        let mut reader = Reader::new(body);
        if form != form::BRANCH || reader.varint()? != level {
            return Err(DecodeError::Malformed("an index out of order"));
        }
        let parts = form::read_parts(&mut reader)?;
        reader.end()?;
        self.branch(cut, &parts, level, is_last)
    }

    fn piece(
        &mut self,
        cut: &mut Cut,
        form: u8,
        body: &[u8],
        is_last: bool,
    ) -> Result<u64, DecodeError> {
        cut.charge(body.len())?;
        if !form::is_container(cut.kind) {
            if form != form::PIECE {
                return Err(DecodeError::Malformed("not a piece"));
            }
            return raw_piece(body, is_last, &mut cut.raw);
        }
        let is_linked = match form {
            form::PIECE => false,
            form::LINKED_PIECE => true,
            _ => return Err(DecodeError::Malformed("not a piece")),
        };
        let row = Row {
            kind: cut.kind,
            depth_max: cut.depth_max,
            is_linked,
            is_last,
        };
        self.row(body, row, &mut cut.entries)
    }
}

impl Cut {
    /// Takes the bytes of a piece off what the root promised; a piece's own count is at most five bytes.
    fn charge(&mut self, len: usize) -> Result<(), DecodeError> {
        let left = self.bytes_left.checked_sub((len as u64).saturating_sub(5));
        self.bytes_left = left.ok_or(DecodeError::Malformed(
            "its pieces are longer than its root says",
        ))?;
        Ok(())
    }

    fn into_value(self) -> Result<Value, DecodeError> {
        match self.kind {
            flat::BYTES => Ok(Value::Bytes(self.raw.into())),
            flat::TEXT => String::from_utf8(self.raw)
                .map(Value::from)
                .map_err(|_| DecodeError::Malformed("a text is not UTF-8")),
            kind => Ok(self.entries.into_value(kind)),
        }
    }
}

impl Entries {
    fn into_value(self, kind: u8) -> Value {
        if kind == flat::RECORD {
            Value::Record(Record::sorted(self.fields))
        } else {
            Value::List(self.items.into())
        }
    }
}

fn raw_piece(body: &[u8], is_last: bool, into: &mut Vec<u8>) -> Result<u64, DecodeError> {
    let (len, is_cut) = first_piece(body);
    if body.is_empty() || len != body.len() || !(is_cut || is_last) {
        return Err(NOT_CUT);
    }
    into.extend_from_slice(body);
    Ok(len as u64)
}

/// A large text or byte string that is not cut.
fn whole_raw(bytes: &[u8]) -> Result<Value, DecodeError> {
    let value = super::blob::decode_inline(bytes)?;
    let content = match &value {
        Value::Text(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
        _ => return Err(DecodeError::Malformed("an unknown tag")),
    };
    if first_piece(content).0 == content.len() {
        Ok(value)
    } else {
        Err(NOT_CUT)
    }
}
