//! Values by name, sorted by name.

use std::fmt;
use std::sync::Arc;

use super::kinship::Basis;
use super::seal::{Facts, Measure};
use super::{DEPTH_MAX, Value, deep};

/// Values by name, sorted by the bytes of the name, shared by reference.
#[derive(Clone)]
pub struct Record(pub(super) Arc<RecordInner>);

pub(super) struct RecordInner {
    pub(super) fields: Vec<(Arc<str>, Value)>,
    facts: Facts,
}

impl Record {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.field(key).map(|(_, value)| value)
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
        let (front, back, fields) = match self.position(key) {
            Ok(at) => {
                let mut fields = self.0.fields.clone();
                fields[at].1 = value;
                (at, self.len() - at - 1, fields)
            }
            Err(at) => {
                let mut fields = Vec::with_capacity(self.len() + 1);
                fields.extend_from_slice(&self.0.fields[..at]);
                fields.push((key.into(), value));
                fields.extend_from_slice(&self.0.fields[at..]);
                (at, self.len() - at, fields)
            }
        };
        Self::of(fields, self.facts().basis_for(front, back))
    }

    /// The same record without one field; every other value is shared.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        match self.position(key) {
            Ok(at) => {
                let mut fields = self.0.fields.clone();
                fields.remove(at);
                Self::of(fields, self.facts().basis_for(at, self.len() - at - 1))
            }
            Err(_) => self.clone(),
        }
    }

    /// The name of a field as it is shared, and its value.
    pub(super) fn field(&self, key: &str) -> Option<&(Arc<str>, Value)> {
        self.position(key).ok().map(|at| &self.0.fields[at])
    }

    pub(super) fn fields(&self) -> &[(Arc<str>, Value)] {
        &self.0.fields
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.0.facts
    }

    pub(super) fn measure(&self) -> Measure {
        self.0.facts.measure
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0
            .fields
            .binary_search_by(|(name, _)| (**name).cmp(key))
    }

    /// A record of fields that are sorted by name, without two of one name.
    pub(super) fn sorted(fields: Vec<(Arc<str>, Value)>) -> Self {
        Self::of(fields, None)
    }

    fn of(fields: Vec<(Arc<str>, Value)>, basis: Option<Basis>) -> Self {
        debug_assert!(
            fields.is_sorted_by(|(a, _), (b, _)| a < b),
            "fields are sorted and unique"
        );
        let measure = fields
            .iter()
            .fold(Measure::of_count(fields.len()), |sum, (key, value)| {
                sum.and_key(key).and(value)
            });
        let facts = Facts::new(measure, basis);
        Self(Arc::new(RecordInner { fields, facts }))
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
        let (seal, other_seal) = (&self.facts().seal, &other.facts().seal);
        seal.tell(other_seal).unwrap_or_else(|| {
            if self.measure().is_by_address() {
                Value::Record(self.clone()).address() == Value::Record(other.clone()).address()
            } else {
                self.0.fields == other.0.fields
            }
        })
    }
}

impl Eq for Record {}

impl Drop for RecordInner {
    fn drop(&mut self) {
        if self.facts.measure.depth > DEPTH_MAX {
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
