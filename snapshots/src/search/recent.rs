//! A bounded memory of what was asked lately.
//!
//! Two generations: when the young one is full it becomes the old one, and the old one is forgotten.
//! Why not a list in order of use? Because this forgets nearly as well with no bookkeeping per look.

use std::collections::HashMap;
use std::hash::Hash;

/// Answers by question; at most twice `limit` of them.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    limit: usize,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            limit,
        }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.put(key, value.clone());
        Some(value)
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// Forgets everything and gives the memory back.
    pub(crate) fn clear(&mut self) {
        self.young = HashMap::new();
        self.old = HashMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut recent = Recent::new(2);
        for key in 0..10 {
            recent.put(key, key);
            assert_eq!(recent.get(&0), Some(0), "asked for each time");
        }
        assert_eq!(recent.get(&1), None);
        assert!(recent.young.len() + recent.old.len() <= 4);
        recent.clear();
        assert_eq!(recent.get(&0), None);
    }
}
