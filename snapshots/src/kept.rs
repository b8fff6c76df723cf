//! A value as the journal keeps it: inside the event when it is small, by its address when it is not.
//!
//! Which of the two is decided by the size alone, so equal values are kept equally, and most
//! comparisons need not read a value at all.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use flowforge_engine::event::Recorded;
use flowforge_engine::value::{self, BlobSink};
use flowforge_engine::{Address, Value};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::blobs::Gather;

/// Largest encoding that stays inside its event, in bytes.
pub const INLINE_BYTES_MAX: usize = 512;

/// A value as the journal keeps it. Equal values are equal here too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, DeriveDeserialize)]
pub enum Kept {
    /// The whole canonical encoding, at most [`INLINE_BYTES_MAX`] long.
    Inline(Encoding),
    /// A value that is stored once, under its address.
    Stored {
        /// Its address.
        address: Address,
        /// The size of its canonical encoding in bytes, with all that it holds.
        size: u64,
    },
}

/// A stored value, as the segment that refers to it counts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    pub(crate) address: Address,
    pub(crate) size: u64,
}

/// A canonical encoding in one piece.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Encoding(Arc<[u8]>);

impl Kept {
    /// Keeps a value, giving the blobs of a larger one to `sink`.
    pub fn keep(value: &Value, sink: &mut dyn BlobSink) -> Self {
        match value::encode_inline(value, INLINE_BYTES_MAX) {
            Some(bytes) => Self::Inline(Encoding(bytes.into())),
            None => Self::Stored {
                address: value::encode(value, sink),
                size: value.size_bytes(),
            },
        }
    }

    /// The address under which it is stored, when it is not inline.
    #[must_use]
    pub fn stored(&self) -> Option<Address> {
        self.root().map(|root| root.address)
    }

    fn root(&self) -> Option<Root> {
        match self {
            Self::Inline(_) => None,
            Self::Stored { address, size } => Some(Root {
                address: *address,
                size: *size,
            }),
        }
    }

    /// The size of its canonical encoding in bytes, with all that it holds.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Inline(encoding) => encoding.len() as u64,
            Self::Stored { size, .. } => *size,
        }
    }
}

/// A value that is passed over when its event is read: nothing of it is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// What lies there is a [`Kept`].
        #[derive(DeriveDeserialize)]
        #[expect(dead_code, reason = "it is read and not looked at")]
        enum Passed {
            Inline(PassedBytes),
            Stored { address: Address, size: u64 },
        }
        Passed::deserialize(deserializer).map(|_| Self)
    }
}

/// A byte string that is passed over.
struct PassedBytes;

impl<'de> Deserialize<'de> for PassedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = PassedBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoding")
            }

            fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<PassedBytes, E> {
                Ok(PassedBytes)
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

impl std::ops::Deref for Encoding {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value::decode_inline(&self.0) {
            Ok(value) => value.fmt(f),
            Err(_) => write!(f, "{} bytes", self.0.len()),
        }
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Encoding;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoding")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Encoding, E> {
                Ok(Encoding(bytes.into()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

/// Keeps every value of an event, and adds those that are stored to `roots`.
pub(crate) fn keep_event(
    event: Recorded,
    gather: &mut Gather,
    roots: &mut Vec<Root>,
) -> Recorded<Kept> {
    let kept: Result<_, Infallible> = event.try_map(&mut |value| {
        let kept = gather.keep(&value);
        roots.extend(kept.root());
        Ok(kept)
    });
    match kept {
        Ok(event) => event,
    }
}

/// Adds the stored values that an event refers to.
pub(crate) fn add_roots(event: Recorded<Kept>, roots: &mut Vec<Root>) {
    let all: Result<Recorded<()>, Infallible> = event.try_map(&mut |kept: Kept| {
        roots.extend(kept.root());
        Ok(())
    });
    match all {
        Ok(_) => {}
    }
}
