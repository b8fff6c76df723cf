//! Text and byte strings, shared by reference.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Seal;

macro_rules! shared {
    ($(#[$doc:meta])* $name:ident, $content:ty, $inner:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<$inner>);

        struct $inner {
            content: Box<$content>,
            seal: Seal,
        }

        impl $name {
            pub(crate) fn seal(&self) -> &Seal {
                &self.0.seal
            }
        }

        impl Deref for $name {
            type Target = $content;

            fn deref(&self) -> &$content {
                &self.0.content
            }
        }

        impl From<&$content> for $name {
            fn from(content: &$content) -> Self {
                Self(Arc::new($inner { content: content.into(), seal: Seal::default() }))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0) || self.0.content == other.0.content
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.content.fmt(f)
            }
        }
    };
}

shared! {
    /// Unicode text.
    Text, str, TextInner
}
shared! {
    /// A byte string.
    Bytes, [u8], BytesInner
}

impl From<Vec<u8>> for Bytes {
    fn from(content: Vec<u8>) -> Self {
        Self(Arc::new(BytesInner {
            content: content.into(),
            seal: Seal::default(),
        }))
    }
}
