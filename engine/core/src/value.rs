//! What flows on an edge: immutable, shared by reference, and addressed by content.
//!
//! A value knows its encoded size and its depth from the moment it is made, and its address after it
//! was first asked for or stored, so a large value that is passed on unchanged is neither copied nor
//! hashed again. Records are sorted by key. Why not in the order they were written? Because two equal
//! records must have one address, and scripts see sorted maps anyway.
//!
//! Lists and records can be made of anything, so also deeper than [`DEPTH_MAX`]. Such a value can be
//! passed around, compared and dropped without overflowing the stack, but it is outside the domain:
//! whoever lets values in (a node's output, a request) refuses it by asking [`Value::depth`]. Where
//! nobody did, it is stored and shown as a text that begins with [`TOO_DEEP`].
//!
//! A value that shares parts with itself can be far larger than memory; its size is known, and whoever
//! unfolds it (into JSON, for a script) asks [`Value::size_bytes`] first.

mod address;
mod blob;
mod cut;
mod decode;
mod deep;
mod encode;
mod flat;
mod form;
mod json;
mod kinship;
#[cfg(test)]
mod laws;
mod list;
mod record;
mod seal;
mod text;
mod wire;

pub use address::Address;
pub use blob::{
    ALONE_BYTES, BlobSink, BlobSource, DecodeError, Reading, children, decode, decode_at_most,
    decode_inline, encode, encode_inline,
};
pub use json::JsonError;
pub use list::List;
pub use record::Record;
pub use text::{Bytes, Text};

use kinship::{Basis, Pieces};
use seal::{Facts, Seal};

/// Deepest nesting of lists and records that a value may have.
///
/// Why not 128? JSON readers commonly stop there, and a value must still be readable inside whatever
/// it is wrapped in: a request, an event, a workflow's parameters.
pub const DEPTH_MAX: u32 = 100;

/// Why a value deeper than [`DEPTH_MAX`] is refused, and what the text begins with that is shown in its place.
pub const TOO_DEEP: &str = "nested deeper than 100 levels";

/// What flows on an edge.
///
/// Equality is by content: floats by their bits, except that all NaNs are one value.
#[derive(Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A 64-bit integer; never silently a float.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// Unicode text.
    Text(Text),
    /// Bytes; `{"$bytes": "<base64>"}` in JSON.
    Bytes(Bytes),
    /// Values in order.
    List(List),
    /// Values by name, sorted by name.
    Record(Record),
}

impl Value {
    /// The name of its kind, as people and schemas say it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Record(_) => "record",
        }
    }

    /// The BLAKE3 hash of its canonical encoding; computed once and kept.
    #[must_use]
    pub fn address(&self) -> Address {
        blob::address(self)
    }

    /// The size of its flat encoding in bytes, with all that it holds; known without computing it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::List(list) => list.measure().size,
            Self::Record(record) => record.measure().size,
            _ => flat::leaf_size(self),
        }
    }

    /// How deep lists and records are nested in it: 0 for what can hold nothing, 1 for an empty list.
    #[must_use]
    pub fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.measure().depth,
            Self::Record(record) => record.measure().depth,
            _ => 0,
        }
    }

    fn seal(&self) -> Option<&Seal> {
        match self {
            Self::Text(text) => text.seal(),
            Self::Bytes(bytes) => bytes.seal(),
            Self::List(list) => Some(&list.facts().seal),
            Self::Record(record) => Some(&record.facts().seal),
            _ => None,
        }
    }

    /// Its address, when it is known already.
    fn sealed(&self) -> Option<&Address> {
        self.seal()?.get()
    }

    fn facts(&self) -> Option<&Facts> {
        match self {
            Self::List(list) => Some(list.facts()),
            Self::Record(record) => Some(record.facts()),
            _ => None,
        }
    }

    /// What it was made from, when that was stored in pieces.
    fn basis(&self) -> Option<&Basis> {
        self.facts()?.basis()
    }

    fn set_pieces(&self, pieces: Pieces) {
        if let Some(facts) = self.facts() {
            facts.set_pieces(pieces);
        }
    }

    fn set_seal(&self, address: Address) {
        if let Some(seal) = self.seal() {
            seal.set(address);
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The number, if it is an integer or a float.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "asked for as a float")]
            Self::Int(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The record, if it is one.
    #[must_use]
    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The field of a record, if it is one and has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_record()?.get(key)
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => float_bits(*a) == float_bits(*b),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Record(a), Self::Record(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// The bits by which a float is compared and encoded: all NaNs are one.
pub(crate) fn float_bits(float: f64) -> u64 {
    if float.is_nan() {
        f64::NAN.to_bits()
    } else {
        float.to_bits()
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_json_text())
    }
}

macro_rules! from {
    ($($source:ty => $variant:ident($value:ident) $make:expr;)*) => {
        $(impl From<$source> for Value {
            fn from($value: $source) -> Self {
                Self::$variant($make)
            }
        })*
    };
}

from! {
    bool => Bool(value) value;
    i64 => Int(value) value;
    i32 => Int(value) value.into();
    u32 => Int(value) value.into();
    f64 => Float(value) value;
    &str => Text(value) value.into();
    String => Text(value) value.into();
    Text => Text(value) value;
    Bytes => Bytes(value) value;
    List => List(value) value;
    Vec<Value> => List(value) value.into();
    Record => Record(value) value;
}

impl From<u64> for Value {
    /// An integer, or a float when it does not fit.
    fn from(value: u64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "what JSON readers do with numbers this large"
        )]
        i64::try_from(value).map_or(Self::Float(value as f64), Self::Int)
    }
}
