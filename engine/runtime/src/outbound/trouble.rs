//! What went wrong between us and the other side, as a failure.
//!
//! The HTTP library's errors print the whole URL, with whatever secrets its query holds. So the text
//! is made here, from the host, the port and the innermost cause, which knows neither URL nor headers.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use flowforge_engine::{Failure, FailureKind};

use super::refusal::{Refusal, Target};
use super::resolver::{NotPublic, Unknown};

/// Longest cause that is quoted, in characters.
const CAUSE_CHARS_MAX: usize = 200;

/// The failure of a request that got no response.
pub(crate) fn unanswered(error: &reqwest::Error, target: &Target, redirected: bool) -> Failure {
    if let Some(NotPublic(class)) = find(error) {
        return Refusal::Resolved {
            target: target.clone(),
            class: *class,
        }
        .into_failure(redirected);
    }
    if find::<Unknown>(error).is_some() {
        return connection(format!("the name of {target} was not found"));
    }
    if error.is_timeout() {
        return Failure::new(
            FailureKind::Timeout,
            format!("no connection to {target} in time"),
        );
    }
    if error.is_connect() {
        return connection(format!("could not connect to {target}: {}", cause(error)));
    }
    broken(error, target)
}

/// The failure of an exchange that began and did not end well.
pub(crate) fn broken(error: &reqwest::Error, target: &Target) -> Failure {
    let cause = cause(error);
    let kind = if cause.contains("too large") {
        FailureKind::Limit
    } else {
        FailureKind::Connection
    };
    Failure::new(
        kind,
        format!("the exchange with {target} broke off: {cause}"),
    )
}

/// The failure of a call whose time ran out.
pub(crate) fn late(host: &str, limit: Duration) -> Failure {
    let limit_ms = limit.as_millis();
    Failure::new(
        FailureKind::Timeout,
        format!("no complete response from {host} within {limit_ms} ms"),
    )
}

fn connection(message: String) -> Failure {
    Failure::new(FailureKind::Connection, message)
}

fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The innermost cause. The outermost one is never it: that would print the URL.
fn cause(error: &reqwest::Error) -> String {
    let innermost = causes(error).skip(1).last();
    innermost.map_or_else(
        || "no reason given".to_owned(),
        |cause| cause.to_string().chars().take(CAUSE_CHARS_MAX).collect(),
    )
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let outermost: &(dyn Error + 'static) = error;
    successors(Some(outermost), |cause: &&(dyn Error + 'static)| {
        (*cause).source()
    })
}
