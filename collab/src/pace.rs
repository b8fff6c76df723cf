//! How much one peer may send: a bucket that fills by the second. Time comes in as an argument.

/// Milliseconds of any clock that does not go back.
pub type Millis = u64;

/// How many units a peer has left.
#[derive(Clone, Debug)]
pub struct Pace {
    per_second: u64,
    most: u64,
    /// Thousandths of units.
    left: u64,
    at: Millis,
}

impl Pace {
    /// A full bucket of `most`, which fills by so many a second.
    #[must_use]
    pub fn new(per_second: u64, most: u64, now: Millis) -> Self {
        Self {
            per_second,
            most,
            left: most * 1000,
            at: now,
        }
    }

    /// Takes so many units out; false when there are not as many.
    pub fn take(&mut self, units: u64, now: Millis) -> bool {
        let filled = now.saturating_sub(self.at).saturating_mul(self.per_second);
        self.left = self.left.saturating_add(filled).min(self.most * 1000);
        self.at = now;
        let wanted = units.saturating_mul(1000);
        let has_them = wanted <= self.left;
        if has_them {
            self.left -= wanted;
        }
        has_them
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let mut pace = Pace::new(10, 3, 0);
        assert!(pace.take(3, 0));
        assert!(!pace.take(1, 99));
        assert!(pace.take(1, 100));
        assert!(!pace.take(4, 100_000), "more than it holds");
        assert!(pace.take(3, 100_000));
    }
}
