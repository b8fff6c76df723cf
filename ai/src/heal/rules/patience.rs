//! The other side was busy or slow: ask again later, or wait longer. Recordings cannot prove that this helps.

use flowforge_engine::edit::{Edit, NodeField, Patch, Pointer};
use flowforge_engine::workflow::{Node, Retry};
use flowforge_engine::{FailureKind, Value};

use super::{Candidate, Found};
use crate::heal::case::Case;

/// Attempts all together that are proposed.
const ATTEMPTS: u32 = 4;
/// First wait, in milliseconds.
const DELAY_MS: u64 = 1_000;
/// Longest wait, in milliseconds.
const DELAY_MS_MAX: u64 = 60_000;
/// Longest time limit that is proposed, in milliseconds.
const TIMEOUT_MS_MAX: u64 = 600_000;
/// How much longer the new time limit is.
const LONGER: u64 = 3;
/// The time limit of a call that names none, in milliseconds.
const HTTP_TIMEOUT_MS: u64 = 30_000;

/// A retry with growing waits, or a longer time limit.
pub(super) fn rule(case: &Case<'_>) -> Found {
    let candidate = match case.failure.kind {
        FailureKind::Status => status_of(case)
            .filter(|status| may_recover(*status))
            .and_then(|status| {
                retry(
                    case,
                    &format!("the server answered {status}, which passes by itself as a rule"),
                )
            }),
        FailureKind::Connection if is_safe(case.node) => {
            retry(case, "the server could not be reached or broke off")
        }
        FailureKind::Timeout => longer(case),
        _ => None,
    };
    Found {
        candidates: candidate.into_iter().collect(),
        ..Found::default()
    }
}

/// The status that the other side answered with, if that is why it failed.
pub(crate) fn status_of(case: &Case<'_>) -> Option<i64> {
    case.failure.details.as_ref()?.get("status")?.as_int()
}

fn may_recover(status: i64) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a call may be made twice: it reads, its author said so, or it carries a key.
fn is_safe(node: &Node) -> bool {
    let is = |name: &str| {
        node.params
            .get(name)
            .is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)))
    };
    let method = node
        .params
        .get("method")
        .and_then(Value::as_str)
        .unwrap_or("GET");
    matches!(method, "GET" | "HEAD" | "OPTIONS") || is("idempotent") || is("idempotencyKey")
}

fn retry(case: &Case<'_>, why: &str) -> Option<Candidate> {
    let now = case.node.retry.clone().unwrap_or(Retry {
        max_attempts: 1,
        ..Retry::default()
    });
    if now.max_attempts >= ATTEMPTS * 2 {
        return None;
    }
    let attempts = if now.max_attempts > 1 {
        now.max_attempts * 2
    } else {
        ATTEMPTS
    };
    let retry = Retry {
        max_attempts: attempts,
        delay_ms: now.delay_ms.max(DELAY_MS),
        backoff_multiplier: now.backoff_multiplier.max(2.0),
        jitter: now.jitter.max(0.2),
        max_delay_ms: now.max_delay_ms.max(DELAY_MS_MAX),
        extra: now.extra,
    };
    let edit = Edit::SetField {
        node: case.node.id.clone(),
        change: NodeField::Retry(Some(retry)),
    };
    Some(Candidate {
        title: format!("try `{}` up to {attempts} times, with growing waits", case.node.id),
        reason: format!("In `{}`, {why}.", case.node.id),
        patch: Patch::from(vec![edit]),
        rule: "retry-with-backoff",
        live: Some("a recording always answers the same, so only the server can show whether asking again helps".into()),
    })
}

fn longer(case: &Case<'_>) -> Option<Candidate> {
    let (edit, now, new) = longer_edit(case.node)?;
    Some(Candidate {
        title: format!("give `{}` {new} ms in place of {now} ms", case.node.id),
        reason: format!("`{}` did not finish within {now} ms.", case.node.id),
        patch: Patch::from(vec![edit]),
        rule: "longer-timeout",
        live: Some("what was not answered in time has no recording, so only another attempt can show whether waiting longer helps".into()),
    })
}

/// Raises the limit that is the shorter one: the node's own, or its call's.
fn longer_edit(node: &Node) -> Option<(Edit, u64, u64)> {
    let is_http = node.kind == "http.request";
    let of_call = node
        .params
        .get("timeoutMs")
        .map_or(Some(HTTP_TIMEOUT_MS), |value| {
            value.as_int().and_then(|ms| u64::try_from(ms).ok())
        });
    let of_call = of_call.filter(|_| is_http);
    let of_node = node.timeout_ms;
    let is_node = match (of_node, of_call) {
        (Some(node), Some(call)) => node <= call,
        (Some(_), None) => true,
        (None, _) => !is_http,
    };
    let now = if is_node {
        of_node.unwrap_or(flowforge_engine::script::WALL_MS_DEFAULT)
    } else {
        of_call?
    };
    let new = now.saturating_mul(LONGER).min(TIMEOUT_MS_MAX);
    if new <= now {
        return None;
    }
    let edit = if is_node {
        Edit::SetField {
            node: node.id.clone(),
            change: NodeField::TimeoutMs(Some(new)),
        }
    } else {
        Edit::SetParam {
            node: node.id.clone(),
            pointer: Pointer::param("timeoutMs"),
            value: Value::from(i64::try_from(new).ok()?),
        }
    };
    Some((edit, now, new))
}
