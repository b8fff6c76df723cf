//! Which version to judge next, when the first is good and the last is bad.

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
    /// It cannot be told.
    Skipped,
}

/// The last version that is known to be good, the first that is known to be bad, and what was skipped between.
#[derive(Clone, Debug)]
pub(super) struct Search {
    good: usize,
    bad: usize,
    /// By version, for those that were looked at.
    skipped: Vec<bool>,
}

impl Search {
    /// Between the first and the last of `count` versions, at least two.
    pub(super) fn among(count: usize) -> Self {
        Self {
            good: 0,
            bad: count - 1,
            skipped: vec![false; count],
        }
    }

    /// The version to look at: the one that can be told nearest to the middle. None when no more can be found out.
    pub(super) fn next(&self) -> Option<usize> {
        let middle = self.good.midpoint(self.bad);
        let between = self.good + 1..self.bad;
        let open = between.filter(|at| !self.skipped[*at]);
        open.min_by_key(|at| at.abs_diff(middle))
    }

    /// Says what the version is.
    pub(super) fn tell(&mut self, at: usize, verdict: Verdict) {
        match verdict {
            Verdict::Good => self.good = at,
            Verdict::Bad => self.bad = at,
            Verdict::Skipped => self.skipped[at] = true,
        }
    }

    /// The last good version and the first bad one; those between cannot be told.
    pub(super) fn found(&self) -> (usize, usize) {
        (self.good, self.bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches for the first bad version; the answer, and how many versions were looked at.
    fn search(
        count: usize,
        first_bad: usize,
        skip: impl Fn(usize) -> bool,
    ) -> ((usize, usize), usize) {
        let mut search = Search::among(count);
        let mut looked = 0;
        while let Some(at) = search.next() {
            looked += 1;
            let verdict = match at {
                at if skip(at) => Verdict::Skipped,
                at if at < first_bad => Verdict::Good,
                _ => Verdict::Bad,
            };
            search.tell(at, verdict);
        }
        (search.found(), looked)
    }

    #[test]
    fn it_finds_the_first_bad_version_in_few_steps() {
        for count in 2..70 {
            for first_bad in 1..count {
                let (found, looked) = search(count, first_bad, |_| false);
                assert_eq!(found, (first_bad - 1, first_bad), "of {count}");
                assert!(
                    looked <= count.ilog2() as usize + 1,
                    "{looked} steps for {count}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_told_is_passed_over() {
        for first_bad in 1..40 {
            let (found, _) = search(40, first_bad, |at| at % 3 == 1);
            let told = |at: &usize| at % 3 != 1 || *at == 0 || *at == 39;
            let good = (0..first_bad).rev().find(told).unwrap();
            let bad = (first_bad..40).find(told).unwrap();
            assert_eq!(found, (good, bad), "first bad {first_bad}");
        }
        assert_eq!(search(9, 5, |_| true).0, (0, 8));
    }
}
