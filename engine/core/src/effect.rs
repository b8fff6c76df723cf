//! What a run asks of the world, and what comes back.
//!
//! Effects are a closed set; node types are an open one. A node never does I/O: it asks for an effect
//! and is evaluated again with the outcome. Requests and outcomes are plain [`Value`]s, so that every
//! kind is recorded, compared, replayed and shown by the same code.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::value::Value;

/// The kinds of effect that are recorded. New kinds go at the end: the order is part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectKind {
    /// An HTTP call. Request: see [`http`](crate::nodes). Outcome: `{status, headers, body}`.
    Http,
    /// Wait until a moment. Request: `{untilMs}`. Outcome: null.
    Sleep,
    /// Wait for a person or a callback. Request: `{name, ...}`. Outcome: whatever was sent.
    Signal,
    /// The current version of another workflow. Request: `{workflow}`. Outcome: the workflow document.
    Call,
    /// The present moment. Request: null. Outcome: milliseconds since 1970 as an integer.
    Now,
    /// Chance. Request: null. Outcome: a float at least 0 and below 1.
    Random,
    /// A question to a language model. Request and outcome: see [`ai`](crate::nodes::ai). Asking twice costs
    /// twice, and does nothing else at the other side, so it counts as idempotent.
    Model,
}

impl EffectKind {
    /// Whether performing it can be noticed outside this process, so that everything it depends on
    /// must be durable first.
    #[must_use]
    pub fn is_visible(self) -> bool {
        matches!(self, Self::Http | Self::Model)
    }
}

/// A request to the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect<V = Value> {
    /// What is asked.
    pub kind: EffectKind,
    /// The arguments.
    pub request: V,
    /// Whether performing it twice does no more than performing it once: marked by the author,
    /// safe by the protocol (HTTP GET), or carrying an idempotency key.
    pub idempotent: bool,
}

/// The recorded answer to an effect.
pub type Outcome<V = Value> = Result<V, Failure<V>>;

impl<V> Effect<V> {
    /// The same effect with its request in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Effect<W>, E> {
        let Self {
            kind,
            request,
            idempotent,
        } = self;
        Ok(Effect {
            kind,
            request: map(request)?,
            idempotent,
        })
    }
}
