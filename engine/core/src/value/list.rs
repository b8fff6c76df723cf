//! Values in order.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::kinship::Basis;
use super::seal::{Facts, Measure};
use super::{DEPTH_MAX, Value, deep};

/// Values in order, shared by reference.
#[derive(Clone)]
pub struct List(pub(super) Arc<ListInner>);

pub(super) struct ListInner {
    pub(super) items: Vec<Value>,
    facts: Facts,
}

impl List {
    /// The same list with one more value at its end.
    #[must_use]
    pub fn with(&self, value: Value) -> Self {
        let mut items = Vec::with_capacity(self.len() + 1);
        items.extend_from_slice(self);
        items.push(value);
        Self::of(items, self.facts().basis_for(self.len(), 0))
    }

    fn of(items: Vec<Value>, basis: Option<Basis>) -> Self {
        let measure = items
            .iter()
            .fold(Measure::of_count(items.len()), Measure::and);
        let facts = Facts::new(measure, basis);
        Self(Arc::new(ListInner { items, facts }))
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.0.facts
    }

    pub(super) fn measure(&self) -> Measure {
        self.0.facts.measure
    }
}

impl Default for List {
    fn default() -> Self {
        Vec::new().into()
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
        Self::of(items, None)
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        if self.measure() != other.measure() || self.len() != other.len() {
            return false;
        }
        let (seal, other_seal) = (&self.facts().seal, &other.facts().seal);
        seal.tell(other_seal).unwrap_or_else(|| {
            if self.measure().is_by_address() {
                Value::List(self.clone()).address() == Value::List(other.clone()).address()
            } else {
                self.0.items == other.0.items
            }
        })
    }
}

impl Eq for List {}

impl Drop for ListInner {
    fn drop(&mut self) {
        if self.facts.measure.depth > DEPTH_MAX {
            deep::unwind(std::mem::take(&mut self.items));
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
