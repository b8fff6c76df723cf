//! When to try again: one pure rule, so that it can be tested without waiting.

use jiff::fmt::rfc2822;

/// How often and how soon a call is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Most attempts, the first included.
    pub attempts_max: u32,
    /// The wait before the second attempt, in milliseconds; it doubles each time.
    pub base_ms: u64,
    /// The longest wait, in milliseconds, also when the endpoint asks for a longer one: then it is not tried again.
    pub wait_ms_max: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            base_ms: 500,
            wait_ms_max: 30_000,
        }
    }
}

impl Retry {
    /// How long to wait after this many attempts; `None`: it is over.
    ///
    /// `asked_ms` is what the endpoint asked for, `chance` any number: between half of the wait and all
    /// of it, so that many callers that failed together do not come back together.
    pub(crate) fn wait_ms(&self, attempts: u32, asked_ms: Option<u64>, chance: u64) -> Option<u64> {
        if attempts >= self.attempts_max {
            return None;
        }
        if let Some(asked) = asked_ms {
            return (asked <= self.wait_ms_max).then_some(asked);
        }
        let doubled = 1_u64
            .checked_shl(attempts.saturating_sub(1))
            .unwrap_or(u64::MAX);
        let full = self.base_ms.saturating_mul(doubled).min(self.wait_ms_max);
        let half = full / 2;
        Some(half + chance % (full - half + 1))
    }
}

/// What `Retry-After` asks for, in milliseconds: seconds, or a date, which is counted from the answer's own
/// `Date` so that neither side's clock matters.
pub(crate) fn asked_ms(retry_after: &str, date: Option<&str>) -> Option<u64> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let instant = |text: &str| Some(rfc2822::parse(text).ok()?.timestamp().as_second());
    let seconds = instant(text)?.saturating_sub(instant(date?)?);
    Some(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_half_and_stop_at_the_limit() {
        let retry = Retry::default();
        let range = |attempts| {
            let wait = |chance| retry.wait_ms(attempts, None, chance).expect("again");
            (0..=20_000)
                .map(wait)
                .fold((u64::MAX, 0), |(low, high), ms| (low.min(ms), high.max(ms)))
        };
        assert_eq!(
            [range(1), range(2), range(3)],
            [(250, 500), (500, 1000), (1000, 2000)]
        );
        assert_eq!(retry.wait_ms(4, None, 0), None);
        let many = Retry {
            attempts_max: 200,
            ..retry
        };
        assert_eq!(many.wait_ms(199, None, 0), Some(15_000));
    }

    #[test]
    fn what_the_endpoint_asks_for_is_honoured_or_it_is_over() {
        let retry = Retry::default();
        assert_eq!(retry.wait_ms(1, Some(7_000), 3), Some(7_000));
        assert_eq!(retry.wait_ms(1, Some(31_000), 3), None);
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        let later = "Wed, 21 Oct 2026 07:28:09 GMT";
        assert_eq!(asked_ms(" 2 ", None), Some(2_000));
        assert_eq!(asked_ms(later, Some(date)), Some(9_000));
        assert_eq!(asked_ms(date, Some(later)), Some(0));
        assert_eq!(asked_ms(later, None), None);
        assert_eq!(asked_ms("soon", Some(date)), None);
    }
}
