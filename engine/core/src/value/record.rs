//! Values by name, sorted by name.

use std::fmt;
use std::sync::Arc;

use super::seal::{Measure, Seal};
use super::{DEPTH_MAX, Value, deep};

/// Values by name, sorted by the bytes of the name, shared by reference.
#[derive(Clone)]
pub struct Record(pub(super) Arc<RecordInner>);

pub(super) struct RecordInner {
    pub(super) fields: Vec<(Arc<str>, Value)>,
    measure: Measure,
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

    /// The names of the fields, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| &**key)
    }

    /// The values of the fields, sorted by name.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
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

    pub(super) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    pub(super) fn measure(&self) -> Measure {
        self.0.measure
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0
            .fields
            .binary_search_by(|(name, _)| (**name).cmp(key))
    }

    /// A record of fields that are sorted by name, without two of one name.
    pub(super) fn sorted(fields: Vec<(Arc<str>, Value)>) -> Self {
        debug_assert!(
            fields.is_sorted_by(|(a, _), (b, _)| a < b),
            "fields are sorted and unique"
        );
        let measure = fields
            .iter()
            .fold(Measure::of_count(fields.len()), |sum, (key, value)| {
                sum.and_key(key).and(value)
            });
        Self(Arc::new(RecordInner {
            fields,
            measure,
            seal: Seal::default(),
        }))
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::sorted(Vec::new())
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
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        if self.measure() != other.measure() || self.len() != other.len() {
            return false;
        }
        self.seal().tell(other.seal()).unwrap_or_else(|| {
            if self.measure().depth > DEPTH_MAX {
                self.keys().eq(other.keys())
                    && deep::all_equal(self.values().zip(other.values()).collect())
            } else {
                self.0.fields == other.0.fields
            }
        })
    }
}

impl Eq for Record {}

impl Drop for RecordInner {
    fn drop(&mut self) {
        if self.measure.depth > DEPTH_MAX {
            deep::unwind(self.fields.drain(..).map(|(_, value)| value).collect());
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(key, value)| (key, value)))
            .finish()
    }
}
