//! What went wrong, in a sentence, with what says so; and whether it may be healed at all.

use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The kind of failure, as failures name it.
    pub kind: FailureKind,
    /// What went wrong, in one sentence.
    pub sentence: String,
    /// What says so.
    pub evidence: Vec<String>,
    /// Whether a policy, a right, a spending limit or a person said no: such a failure is never healed away.
    pub policy: bool,
}

/// What is known of a failing frame without trying anything.
#[must_use]
pub fn diagnose(frame: &ExecutionFrame, failure: &Failure, good_frames: usize) -> Diagnosis {
    let policy = is_policy(failure);
    let mut evidence = vec![format!(
        "`{}` failed in frame {}: {}",
        frame.node_id, frame.opened_seq, failure.message
    )];
    evidence.extend(
        failure
            .hint
            .as_ref()
            .map(|hint| format!("The failure's advice: {hint}")),
    );
    evidence
        .extend((frame.attempt > 1).then(|| format!("It was attempted {} times", frame.attempt)));
    evidence.push(match good_frames {
        0 => format!("No good frame of `{}` is known", frame.node_id),
        1 => format!("1 good frame of `{}` is known", frame.node_id),
        more => format!("{more} good frames of `{}` are known", frame.node_id),
    });
    Diagnosis {
        kind: failure.kind,
        sentence: sentence(frame, failure, policy),
        evidence,
        policy,
    }
}

/// Failures that somebody wanted: an address that is not allowed, a right that is missing, money that is spent,
/// a person or a workflow that said no.
fn is_policy(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::BlockedAddress
        | FailureKind::Budget
        | FailureKind::Raised
        | FailureKind::Cancelled => true,
        FailureKind::Status => matches!(status(failure), Some(401 | 402 | 403 | 407 | 451)),
        _ => false,
    }
}

fn status(failure: &Failure) -> Option<i64> {
    failure.details.as_ref()?.get("status")?.as_int()
}

fn sentence(frame: &ExecutionFrame, failure: &Failure, policy: bool) -> String {
    let node = &frame.node_id;
    if frame.status == Status::Interrupted {
        return format!(
            "Nobody can tell whether what `{node}` asked for took place; find out, then attempt it again."
        );
    }
    let what = match failure.kind {
        FailureKind::BlockedAddress => {
            "called an address that this service may not reach; an operator decides that, and no fix goes around it"
        }
        FailureKind::Budget => {
            "reached a limit on spending; a person raises that, and no fix goes around it"
        }
        FailureKind::Raised => "failed because the workflow or a person said so",
        FailureKind::Status if policy => {
            "was refused by the other side: a right or a credential is missing"
        }
        FailureKind::Status => "got an error status from the other side",
        FailureKind::Connection => "could not reach the other side",
        FailureKind::Timeout => "was not finished in its time",
        FailureKind::Script => "runs a script or expression that does not fit what it got",
        FailureKind::Syntax => "holds a script or expression that cannot be read",
        FailureKind::InvalidParameter => "got a parameter of a wrong kind",
        FailureKind::InvalidInput => "got an input that it cannot use",
        FailureKind::Limit => "reached a limit",
        _ => "failed",
    };
    format!("`{node}` {what}.")
}
