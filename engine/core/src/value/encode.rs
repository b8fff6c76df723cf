//! Values into blobs.

use std::sync::Arc;

use super::cut::{BranchCutter, EntryCutter, first_piece};
use super::form::{self, Part, Reference};
use super::kinship::{Pieces, count};
use super::wire::{push_bytes, push_varint};
use super::{ALONE_BYTES, Address, BlobSink, Value, flat};

/// Gives blobs to a sink.
pub(super) struct Encoder<'s> {
    sink: &'s mut dyn BlobSink,
}

/// What a list or record holds.
#[derive(Clone, Copy)]
enum Source<'v> {
    Items(&'v [Value]),
    Fields(&'v [(Arc<str>, Value)]),
}

impl<'v> Source<'v> {
    fn len(self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Fields(fields) => fields.len(),
        }
    }

    fn get(self, at: usize) -> (Option<&'v str>, &'v Value) {
        match self {
            Self::Items(items) => (None, &items[at]),
            Self::Fields(fields) => (Some(&fields[at].0), &fields[at].1),
        }
    }
}

/// Entries of a list or record that will be one blob, whole or a piece.
#[derive(Default)]
struct Entries {
    body: Vec<u8>,
    count: u64,
    children: Vec<Address>,
    cutter: EntryCutter,
    is_full: bool,
}

impl<'s> Encoder<'s> {
    pub(super) fn new(sink: &'s mut dyn BlobSink) -> Self {
        Self { sink }
    }

    /// The address of `value`, after all its blobs were given.
    pub(super) fn value(&mut self, value: &Value) -> Address {
        if let Some(address) = value.sealed()
            && self.sink.has(address)
        {
            return *address;
        }
        let address = if value.size_bytes() <= ALONE_BYTES {
            self.flat(value)
        } else {
            self.large(value)
        };
        value.set_seal(address);
        address
    }

    fn flat(&mut self, value: &Value) -> Address {
        let mut bytes = Vec::with_capacity(ALONE_BYTES as usize);
        flat::write(value, &mut bytes);
        self.give(bytes, &[])
    }

    fn large(&mut self, value: &Value) -> Address {
        match value {
            Value::Text(text) => self.raw(value, text.as_bytes()),
            Value::Bytes(bytes) => self.raw(value, bytes),
            Value::List(items) => self.entries(value, Source::Items(items)),
            Value::Record(fields) => self.entries(value, Source::Fields(fields.fields())),
            _ => self.flat(value),
        }
    }

    /// A long text or byte string.
    fn raw(&mut self, value: &Value, bytes: &[u8]) -> Address {
        let mut parts = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(first_piece(rest).0);
            if after.is_empty() && parts.is_empty() {
                return self.flat(value);
            }
            parts.push(self.raw_piece(form::kind(value), piece));
            rest = after;
        }
        self.tree(value, parts)
    }

    fn raw_piece(&mut self, kind: u8, piece: &[u8]) -> Part {
        let mut bytes = Vec::with_capacity(1 + piece.len());
        bytes.push(form::PIECE | kind);
        bytes.extend_from_slice(piece);
        Part {
            address: self.give(bytes, &[]),
            count: piece.len() as u64,
        }
    }

    /// A large list or record.
    fn entries(&mut self, value: &Value, source: Source<'_>) -> Address {
        let kind = form::kind(value);
        let basis = value
            .basis()
            .filter(|basis| self.sink.has(&basis.pieces.root));
        let mut parts = basis.map_or_else(Vec::new, |basis| basis.front_parts(source.len()));
        let mut at = count(&parts);
        let mut entries = Entries::default();
        while at < source.len() {
            let (key, child) = source.get(at);
            self.entry(&mut entries, key, child);
            at += 1;
            if entries.is_full && at < source.len() {
                parts.push(self.entries_piece(kind, &mut entries));
                if let Some(rest) = basis.and_then(|basis| basis.back_parts(source.len() - at)) {
                    parts.extend_from_slice(rest);
                    break;
                }
            }
        }
        if parts.is_empty() {
            return self.whole(kind, &entries);
        }
        if entries.count > 0 {
            parts.push(self.entries_piece(kind, &mut entries));
        }
        let root = self.tree(value, parts.clone());
        value.set_pieces(Pieces { root, parts });
        root
    }

    fn entry(&mut self, entries: &mut Entries, key: Option<&str>, child: &Value) {
        let start = entries.body.len();
        if let Some(key) = key {
            push_bytes(&mut entries.body, key.as_bytes());
        }
        if child.size_bytes() <= ALONE_BYTES {
            flat::write(child, &mut entries.body);
        } else {
            let address = self.value(child);
            entries.children.push(address);
            Reference::to(child, address).write(&mut entries.body);
        }
        entries.count += 1;
        entries.is_full = entries.cutter.ends_after(&entries.body[start..]);
    }

    /// A large list or record that needs no cut.
    fn whole(&mut self, kind: u8, entries: &Entries) -> Address {
        let form = if entries.children.is_empty() {
            form::FLAT
        } else {
            form::LINKED
        };
        self.give(entries.blob(form | kind), &entries.children)
    }

    /// One piece; empties `entries` for the next.
    fn entries_piece(&mut self, kind: u8, entries: &mut Entries) -> Part {
        let form = if entries.children.is_empty() {
            form::PIECE
        } else {
            form::LINKED_PIECE
        };
        let address = self.give(entries.blob(form | kind), &entries.children);
        let count = entries.count;
        entries.clear();
        Part { address, count }
    }

    /// The index over `parts`, and the root.
    fn tree(&mut self, value: &Value, mut parts: Vec<Part>) -> Address {
        let kind = form::kind(value);
        let mut level = 1;
        loop {
            let rows = rows(&parts);
            if rows.len() == 1 {
                break;
            }
            parts = rows
                .into_iter()
                .map(|row| self.branch(kind, level, row))
                .collect();
            level += 1;
        }
        let mut bytes = vec![form::TREE | kind];
        push_varint(&mut bytes, value.size_bytes());
        if form::is_container(kind) {
            push_varint(&mut bytes, u64::from(value.depth()));
        }
        push_varint(&mut bytes, level);
        self.give_parts(bytes, &parts)
    }

    fn branch(&mut self, kind: u8, level: u64, parts: &[Part]) -> Part {
        let mut bytes = vec![form::BRANCH | kind];
        push_varint(&mut bytes, level);
        let count = parts.iter().map(|part| part.count).sum();
        Part {
            address: self.give_parts(bytes, parts),
            count,
        }
    }

    fn give_parts(&mut self, mut bytes: Vec<u8>, parts: &[Part]) -> Address {
        form::write_parts(&mut bytes, parts);
        let children: Vec<_> = parts.iter().map(|part| part.address).collect();
        self.give(bytes, &children)
    }

    fn give(&mut self, bytes: Vec<u8>, children: &[Address]) -> Address {
        let address = Address::of(&bytes);
        if !self.sink.has(&address) {
            self.sink.put(address, bytes, children);
        }
        address
    }
}

impl Entries {
    fn blob(&self, tag: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 4);
        bytes.push(tag);
        push_varint(&mut bytes, self.count);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn clear(&mut self) {
        self.body.clear();
        self.children.clear();
        self.count = 0;
    }
}

/// Parts that become one branch each.
fn rows(parts: &[Part]) -> Vec<&[Part]> {
    let mut cutter = BranchCutter::default();
    parts
        .split_inclusive(|part| cutter.ends_after(&part.address))
        .collect()
}
