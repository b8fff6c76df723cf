//! Values by name, sorted by name.

use std::sync::Arc;

use super::{Seal, Value};

/// Values by name, sorted by the bytes of the name, shared by reference.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<RecordInner>);

#[derive(Debug, Default)]
struct RecordInner {
    fields: Vec<(Arc<str>, Value)>,
    seal: Seal,
}

impl Record {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).ok().map(|at| &self.0.fields[at].1)
    }

    /// The fields, sorted by name.
    pub fn iter(&self) -> std::slice::Iter<'_, (Arc<str>, Value)> {
        self.0.fields.iter()
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.fields.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.fields.is_empty()
    }

    /// The same record with one field added or replaced; every other value is shared.
    #[must_use]
    pub fn with(&self, key: &str, value: Value) -> Self {
        let mut fields = self.0.fields.clone();
        match self.position(key) {
            Ok(at) => fields[at].1 = value,
            Err(at) => fields.insert(at, (key.into(), value)),
        }
        Self::sorted(fields)
    }

    /// The same record without one field; every other value is shared.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        match self.position(key) {
            Ok(at) => {
                let mut fields = self.0.fields.clone();
                fields.remove(at);
                Self::sorted(fields)
            }
            Err(_) => self.clone(),
        }
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    pub(crate) fn measure(&self) -> (u64, u32) {
        *self.0.seal.measure.get_or_init(|| {
            self.iter().fold((9, 1), |(size, depth), (key, value)| {
                let field = value.size_bytes().saturating_add(key.len() as u64 + 9);
                (size.saturating_add(field), depth.max(value.depth() + 1))
            })
        })
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0
            .fields
            .binary_search_by(|(name, _)| (**name).cmp(key))
    }

    fn sorted(fields: Vec<(Arc<str>, Value)>) -> Self {
        Self(Arc::new(RecordInner {
            fields,
            seal: Seal::default(),
        }))
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Record {
    /// A record of these fields; of several with one name the last counts.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(fields: I) -> Self {
        let mut fields: Vec<(Arc<str>, Value)> = fields
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect();
        if !fields.is_sorted_by(|(a, _), (b, _)| a < b) {
            fields.reverse();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            fields.dedup_by(|(a, _), (b, _)| a == b);
        }
        Self::sorted(fields)
    }
}

impl<'a> IntoIterator for &'a Record {
    type Item = &'a (Arc<str>, Value);
    type IntoIter = std::slice::Iter<'a, (Arc<str>, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.fields == other.0.fields
    }
}
