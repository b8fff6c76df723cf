//! Values in order.

use std::ops::Deref;
use std::sync::Arc;

use super::{Seal, Value};

/// Values in order, shared by reference.
#[derive(Clone, Debug, Default)]
pub struct List(Arc<ListInner>);

#[derive(Debug, Default)]
struct ListInner {
    items: Vec<Value>,
    seal: Seal,
}

impl List {
    /// The same list with one more value at its end.
    #[must_use]
    pub fn with(&self, value: Value) -> Self {
        let mut items = Vec::with_capacity(self.len() + 1);
        items.extend_from_slice(self);
        items.push(value);
        items.into()
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    pub(crate) fn measure(&self) -> (u64, u32) {
        *self.0.seal.measure.get_or_init(|| {
            self.iter().fold((9, 1), |(size, depth), item| {
                (
                    size.saturating_add(item.size_bytes()),
                    depth.max(item.depth() + 1),
                )
            })
        })
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        Self(Arc::new(ListInner {
            items,
            seal: Seal::default(),
        }))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.items == other.0.items
    }
}
