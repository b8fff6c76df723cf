//! What follows a failure: another attempt, and when; or the node's error policy.

use super::plan::PlannedNode;
use crate::event::Disposition;
use crate::failure::Failure;
use crate::time::Timestamp;
use crate::workflow::{ErrorHandling, OnError, Retry};

/// What the failure of attempt `attempt` of `node` does to the rest.
pub(super) fn disposition(
    node: &PlannedNode,
    handling: ErrorHandling,
    failure: &Failure,
    attempt: u32,
    seed: &str,
    now: Timestamp,
) -> Disposition {
    if let Some(retry) = &node.node.retry
        && attempt < retry.max_attempts
        && failure.kind.is_retryable()
    {
        return Disposition::Retry {
            at: now.plus_ms(delay_ms(retry, attempt, seed)),
        };
    }
    match (node.node.on_error, handling) {
        (Some(OnError::Stop), _) | (None, ErrorHandling::Stop | ErrorHandling::Retry) => {
            Disposition::Stop
        }
        (Some(OnError::Continue), _) | (None, ErrorHandling::Continue) => Disposition::Continue,
        (Some(OnError::Port), _) => Disposition::Port,
        (Some(OnError::Pause), _) => Disposition::Pause,
    }
}

/// The wait after attempt `attempt`: exponential, bounded, and shortened by chance within `jitter`.
///
/// Chance is the hash of `seed` and the attempt, so that the same run waits the same time when it is replayed.
pub(super) fn delay_ms(retry: &Retry, attempt: u32, seed: &str) -> u64 {
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let factor = retry.backoff_multiplier.max(0.0).powi(exponent);
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds need no more precision"
    )]
    let full = (retry.delay_ms as f64 * factor).min(retry.max_delay_ms as f64);
    let kept = 1.0 - retry.jitter.clamp(0.0, 1.0) * chance(seed, attempt);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded by max_delay_ms, never negative"
    )]
    let wait = (full * kept) as u64;
    wait
}

/// A number from 0 to below 1 that depends on nothing but its arguments.
fn chance(seed: &str, attempt: u32) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(seed.as_bytes())
        .update(&attempt.to_le_bytes());
    let bytes = hasher.finalize();
    let word = u32::from_le_bytes([
        bytes.as_bytes()[0],
        bytes.as_bytes()[1],
        bytes.as_bytes()[2],
        bytes.as_bytes()[3],
    ]);
    f64::from(word) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(jitter: f64) -> Retry {
        Retry {
            delay_ms: 100,
            backoff_multiplier: 2.0,
            jitter,
            max_delay_ms: 1000,
            ..Retry::default()
        }
    }

    #[test]
    fn waits_double_up_to_the_bound() {
        let waits: Vec<u64> = (1..=6)
            .map(|attempt| delay_ms(&retry(0.0), attempt, "run"))
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn jitter_shortens_by_at_most_its_share_and_is_the_same_each_time() {
        for attempt in 1..50 {
            let seed = format!("run{attempt}");
            let wait = delay_ms(&retry(0.5), 1, &seed);
            assert!((50..=100).contains(&wait), "{wait}");
            assert_eq!(wait, delay_ms(&retry(0.5), 1, &seed));
        }
    }

    #[test]
    fn an_enormous_attempt_number_waits_the_longest_time() {
        assert_eq!(delay_ms(&retry(0.0), u32::MAX, "run"), 1000);
    }
}
