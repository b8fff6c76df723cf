//! Why a frame failed, in a form that a person, a retry policy and a healer can read.

use serde::{Deserialize, Serialize};

use crate::problem::Place;
use crate::value::Value;

/// Longest failure message kept, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// The kinds of failure. New kinds go at the end: the order is part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// A parameter had the wrong type or value once its expressions were evaluated.
    InvalidParameter,
    /// The input did not have the shape the node needs.
    InvalidInput,
    /// A script or expression threw, or used something that is not there.
    Script,
    /// A script or expression does not parse.
    Syntax,
    /// A limit on operations, depth, size or memory was reached.
    Limit,
    /// The time limit passed.
    Timeout,
    /// The sandbox process died.
    SandboxDied,
    /// The call's address is not public and was not allowed by name.
    BlockedAddress,
    /// The other side could not be reached, or broke off.
    Connection,
    /// The other side answered with an error status.
    Status,
    /// A workflow, frame or other named thing does not exist.
    NotFound,
    /// A `flow.fail` node, or a person who refused.
    Raised,
    /// A node inside this loop or sub-workflow failed.
    Inner,
    /// An effect's outcome is unknown, because the process died while it was performed.
    InDoubt,
    /// A dry run met an effect that no recording answers.
    Unrecorded,
    /// Stored data is damaged or storage refused.
    Storage,
    /// The run was cancelled.
    Cancelled,
    /// A bug in FlowForge, contained.
    Internal,
    /// A language model answered what cannot be used.
    Model,
    /// A limit on spending is reached.
    Budget,
}

impl FailureKind {
    /// Whether another attempt could end differently. Policy and missing things do not change by asking again.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        !matches!(
            self,
            Self::BlockedAddress
                | Self::Syntax
                | Self::NotFound
                | Self::Cancelled
                | Self::Unrecorded
                | Self::Budget
        )
    }
}

/// Why something failed: a stable kind, a sentence, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<V = Value> {
    /// The stable kind.
    pub kind: FailureKind,
    /// One sentence: what was expected and what was found. At most [`MESSAGE_BYTES_MAX`] bytes.
    pub message: String,
    /// What to do next, when something can be said.
    pub hint: Option<String>,
    /// Where in a parameter or script.
    pub place: Option<Place>,
    /// More, for programs: a status and body, the thrown value, the inner failure.
    pub details: Option<V>,
}

impl Failure {
    /// A failure of `kind` that says `message`, cut to [`MESSAGE_BYTES_MAX`].
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MESSAGE_BYTES_MAX {
            let end = message.floor_char_boundary(MESSAGE_BYTES_MAX - "…".len());
            message.truncate(end);
            message.push('…');
        }
        Self {
            kind,
            message,
            hint: None,
            place: None,
            details: None,
        }
    }

    /// The same failure with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with a place.
    #[must_use]
    pub fn with_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same failure with details for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

impl Failure {
    /// The failure as a record of what it says, for nodes that handle it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let kind = serde_json::to_value(self.kind).map(|kind| Value::from_json(&kind));
        let place = self.place.as_ref();
        let number = |number: Option<u32>| number.map(Value::from);
        let fields = [
            ("kind", kind.ok()),
            ("message", Some(Value::from(self.message.as_str()))),
            ("hint", self.hint.as_deref().map(Value::from)),
            (
                "nodeId",
                place
                    .and_then(|place| place.node.as_ref())
                    .map(|node| node.as_str().into()),
            ),
            (
                "param",
                place
                    .and_then(|place| place.param.as_deref())
                    .map(Value::from),
            ),
            ("line", number(place.and_then(|place| place.line))),
            ("column", number(place.and_then(|place| place.column))),
            ("details", self.details.clone()),
        ];
        Value::Record(
            fields
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        )
    }
}

impl<V> Failure<V> {
    /// The same failure with its values in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Failure<W>, E> {
        let Self {
            kind,
            message,
            hint,
            place,
            details,
        } = self;
        Ok(Failure {
            kind,
            message,
            hint,
            place,
            details: details.map(map).transpose()?,
        })
    }
}
