//! Which values an event holds, and in what role they flowed.
//!
//! An occurrence in the index names its value as the n-th of an event. The order in which [`flowed`]
//! lists them is therefore part of the index's format.

use flowforge_engine::event::{Ending, Event, Recorded};
use flowforge_engine::failure::Failure;
use flowforge_engine::value::Record;
use flowforge_engine::{Address, NodeId, Seq, Value};
use serde::{Deserialize, Serialize};

use super::feed::{Feed, FeedError};

/// What a value was to the frame it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// What the frame got.
    Input,
    /// What it gave.
    Output,
    /// What it asked of the world.
    EffectRequest,
    /// What the world answered.
    EffectOutcome,
    /// Why it, or one of its effects, failed: a record of `kind`, `message`, `hint` and `details`.
    Error,
}

impl Role {
    const ALL: [Self; 5] = [
        Self::Input,
        Self::Output,
        Self::EffectRequest,
        Self::EffectOutcome,
        Self::Error,
    ];

    /// The number it has in the index; 0 is not used.
    pub(crate) fn code(self) -> u64 {
        self as u64 + 1
    }

    pub(crate) fn from_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A value, or a failure that is searched as if it were one.
#[derive(Debug)]
pub(crate) enum Content<'a, K> {
    Value(&'a K),
    Failure(&'a Failure<K>),
}

impl<K> Content<'_, K> {
    /// What tells it from other values, without reading it when the feed knows.
    pub(crate) fn identity<F: Feed<Kept = K>>(&self, feed: &F) -> Result<Address, FeedError> {
        match self {
            Self::Value(kept) => feed.identity(kept),
            Self::Failure(_) => Ok(self.value(feed)?.address()),
        }
    }

    pub(crate) fn value<F: Feed<Kept = K>>(&self, feed: &F) -> Result<Value, FeedError> {
        match self {
            Self::Value(kept) => feed.value(kept),
            Self::Failure(failure) => failure_value(failure, feed),
        }
    }
}

fn failure_value<F: Feed>(failure: &Failure<F::Kept>, feed: &F) -> Result<Value, FeedError> {
    let kind =
        serde_json::to_value(failure.kind).map_or(Value::Null, |kind| Value::from_json(&kind));
    let mut fields = vec![("kind", kind), ("message", failure.message.as_str().into())];
    if let Some(hint) = &failure.hint {
        fields.push(("hint", hint.as_str().into()));
    }
    if let Some(details) = &failure.details {
        fields.push(("details", feed.value(details)?));
    }
    Ok(Value::Record(fields.into_iter().collect::<Record>()))
}

/// The node a value belongs to: named by the event, or by the event that opened the frame.
#[derive(Debug)]
pub(crate) enum At<'a> {
    Node(&'a NodeId),
    Frame,
}

/// One value of an event.
#[derive(Debug)]
pub(crate) struct Flowed<'a, K> {
    pub(crate) role: Role,
    /// The frame; 0 for a fork's new input, which belongs to a node and to no frame yet.
    pub(crate) frame: Seq,
    pub(crate) at: At<'a>,
    pub(crate) port: Option<&'a str>,
    pub(crate) content: Content<'a, K>,
}

/// The values that flowed in this event.
///
/// A run's own input and output, a loop's items and an iteration's output are not listed: each is the
/// input or output of a frame as well.
pub(crate) fn flowed<K>(recorded: &Recorded<K>) -> Vec<Flowed<'_, K>> {
    let of_frame = |frame: &Seq, role, content| Flowed {
        role,
        frame: *frame,
        at: At::Frame,
        port: None,
        content,
    };
    match &recorded.event {
        Event::FrameOpened { node, input, .. } => {
            vec![of_node(node, recorded.seq, input)]
        }
        Event::RunForked { changes, .. } => changes
            .inputs
            .iter()
            .map(|(node, input)| of_node(node, Seq(0), input))
            .collect(),
        Event::EffectRequested { frame, effect, .. } => {
            vec![of_frame(
                frame,
                Role::EffectRequest,
                Content::Value(&effect.request),
            )]
        }
        Event::EffectAnswered {
            frame,
            outcome: Ok(value),
            ..
        } => {
            vec![of_frame(frame, Role::EffectOutcome, Content::Value(value))]
        }
        Event::EffectAnswered {
            frame,
            outcome: Err(failure),
            ..
        } => {
            vec![of_frame(frame, Role::Error, Content::Failure(failure))]
        }
        Event::FrameClosed { frame, ending, .. } => match ending {
            Ending::Completed { outputs } => outputs
                .iter()
                .map(|(port, value)| Flowed {
                    port: Some(port),
                    ..of_frame(frame, Role::Output, Content::Value(value))
                })
                .collect(),
            Ending::Failed { error, .. } | Ending::Interrupted { error } => {
                vec![of_frame(frame, Role::Error, Content::Failure(error))]
            }
            Ending::Cancelled => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn of_node<'a, K>(node: &'a NodeId, frame: Seq, input: &'a K) -> Flowed<'a, K> {
    Flowed {
        role: Role::Input,
        frame,
        at: At::Node(node),
        port: None,
        content: Content::Value(input),
    }
}
