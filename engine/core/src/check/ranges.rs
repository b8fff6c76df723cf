//! Numbers of the configuration, of retries and of time limits that make no sense.

use crate::problem::{Place, Problem};
use crate::workflow::{ErrorHandling, Retry};

use super::{Report, Subject};

/// Longest wait or time limit, in milliseconds: a leap year.
pub(super) const WAIT_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    config(subject, report);
    for (position, node) in subject.nodes() {
        let at = |field: &str| subject.field(position, field);
        if let Some(timeout_ms) = node.timeout_ms {
            wait(report, at("/timeoutMs"), "timeoutMs", 1, timeout_ms);
        }
        if let Some(policy) = &node.retry {
            retry(report, policy, &|field| at(&format!("/retry/{field}")));
        }
    }
}

fn config(subject: &Subject<'_>, report: &mut Report<'_>) {
    let config = &subject.workflow.config;
    let limits = &config.limits;
    let counts = [
        ("/config/maxParallel", u64::from(config.max_parallel)),
        ("/config/limits/maxFrames", limits.max_frames),
        ("/config/limits/maxValueBytes", limits.max_value_bytes),
    ];
    for (field, found) in counts.into_iter().filter(|(_, found)| *found == 0) {
        out_of_range(report, Place::field(field), "1 or more", &found.to_string());
    }
    let Some(policy) = &config.retry else { return };
    retry(report, policy, &|field| {
        Place::field(format!("/config/retry/{field}"))
    });
    if config.error_handling != ErrorHandling::Retry {
        let message =
            "the workflow's `retry` is never used, because `errorHandling` is not `retry`";
        report.add(
            Problem::warning("unused-retry", message)
                .at(Place::field("/config/retry"))
                .with_hint(
                    "set `errorHandling: retry`, or give `retry` to the nodes that need it"
                        .to_owned(),
                ),
        );
    }
}

fn retry(report: &mut Report<'_>, retry: &Retry, at: &dyn Fn(&str) -> Place) {
    if retry.max_attempts == 0 {
        out_of_range(report, at("maxAttempts"), "1 or more", "0");
    }
    wait(report, at("delayMs"), "delayMs", 0, retry.delay_ms);
    wait(
        report,
        at("maxDelayMs"),
        "maxDelayMs",
        0,
        retry.max_delay_ms,
    );
    if !(0.0..=1.0).contains(&retry.jitter) {
        out_of_range(
            report,
            at("jitter"),
            "a number from 0 to 1",
            &retry.jitter.to_string(),
        );
    }
    let multiplier = retry.backoff_multiplier;
    if !multiplier.is_finite() || multiplier < 0.0 {
        out_of_range(
            report,
            at("backoffMultiplier"),
            "0 or more",
            &multiplier.to_string(),
        );
    }
    if retry.delay_ms > retry.max_delay_ms {
        let message = format!(
            "`delayMs` is {}, but no wait is longer than `maxDelayMs`, {}",
            retry.delay_ms, retry.max_delay_ms
        );
        report.add(
            Problem::warning("delay-cut", message)
                .at(at("delayMs"))
                .with_hint("raise `maxDelayMs`".to_owned()),
        );
    }
}

fn wait(report: &mut Report<'_>, place: Place, field: &str, least: u64, found: u64) {
    if found < least {
        out_of_range(report, place, "1 or more", &found.to_string());
    } else if found > WAIT_MS_MAX {
        let expected = format!("at most {WAIT_MS_MAX}, a year, as `{field}`");
        out_of_range(report, place, &expected, &found.to_string());
    }
}

fn out_of_range(report: &mut Report<'_>, place: Place, expected: &str, found: &str) {
    let message = format!("expected {expected}, found {found}");
    report.add(Problem::error("out-of-range", message).at(place));
}
