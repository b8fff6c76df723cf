//! Text and byte strings, shared by reference.
//!
//! Short ones, the common case, are one allocation. Long ones stand alone when they are stored, so
//! they keep their address beside them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::seal::Seal;
use super::{ALONE_BYTES, wire};

/// Shared content: short, or long and with a place for its address.
enum Held<T: ?Sized> {
    Short(Arc<T>),
    Long(Arc<Long<T>>),
}

struct Long<T: ?Sized> {
    content: Box<T>,
    seal: Seal,
}

impl<T: ?Sized> Held<T> {
    fn long(content: Box<T>) -> Self {
        Self::Long(Arc::new(Long {
            content,
            seal: Seal::default(),
        }))
    }
}

impl<T: ?Sized> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Short(content) => Self::Short(content.clone()),
            Self::Long(long) => Self::Long(long.clone()),
        }
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Short(a), Self::Short(b)) => a == b,
            (Self::Long(a), Self::Long(b)) => {
                Arc::ptr_eq(a, b)
                    || a.seal
                        .tell(&b.seal)
                        .unwrap_or_else(|| a.content == b.content)
            }
            _ => false,
        }
    }
}

fn is_long(len: usize) -> bool {
    1 + wire::bytes_len(len) > ALONE_BYTES
}

macro_rules! shared {
    ($(#[$doc:meta])* $name:ident, $content:ty, $owned:ty, $boxed:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Held<$content>);

        impl $name {
            /// The place for the address; short ones have none.
            pub(super) fn seal(&self) -> Option<&Seal> {
                match &self.0 {
                    Held::Short(_) => None,
                    Held::Long(long) => Some(&long.seal),
                }
            }
        }

        impl Deref for $name {
            type Target = $content;

            fn deref(&self) -> &$content {
                match &self.0 {
                    Held::Short(content) => content,
                    Held::Long(long) => &long.content,
                }
            }
        }

        impl From<&$content> for $name {
            fn from(content: &$content) -> Self {
                Self(if is_long(content.len()) {
                    Held::long(content.into())
                } else {
                    Held::Short(content.into())
                })
            }
        }

        impl From<$owned> for $name {
            fn from(content: $owned) -> Self {
                Self(if is_long(content.len()) {
                    Held::long(content.$boxed())
                } else {
                    Held::Short(content.into())
                })
            }
        }

        impl From<Arc<$content>> for $name {
            fn from(content: Arc<$content>) -> Self {
                if is_long(content.len()) { (&*content).into() } else { Self(Held::Short(content)) }
            }
        }

        impl AsRef<$content> for $name {
            fn as_ref(&self) -> &$content {
                self
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

shared! {
    /// Unicode text.
    Text, str, String, into_boxed_str
}
shared! {
    /// A byte string.
    Bytes, [u8], Vec<u8>, into_boxed_slice
}
