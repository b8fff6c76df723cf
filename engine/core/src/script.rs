//! Rhai: node code, `{{ expressions }}`, and what a sandbox process evaluates.
//!
//! Evaluation is a pure function of an [`EvaluateRequest`]. A script that needs something from the
//! world stops with [`Evaluated::Needs`]; it is evaluated again, from the start, with the answer
//! among [`EvaluateRequest::answers`]. Scripts are hostile: the limits here are only the first layer,
//! the sandbox process around this code is the second.
//!
//! Reading order: [`Template`] (parameters with expressions), `native` (plain expressions, answered in
//! process), [`compile_script`] (does it parse), [`Evaluator`] and `functions` (what a script can do),
//! `explain` (what its errors are called).

mod compile;
mod conversation;
mod convert;
mod engine;
mod evaluate;
mod explain;
mod functions;
mod logs;
mod native;
mod references;
mod scan;
mod template;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Outcome};
use crate::event::{LogLine, Usage};
use crate::failure::Failure;
use crate::value::{Address, Value};

pub use compile::{compile_expression, compile_script};
pub use conversation::MemoryProbe;
pub use evaluate::Evaluator;
pub use functions::{FUNCTIONS, FunctionDoc};
pub use references::{References, references};
pub use template::{Resolved, Template};

/// Longest source of one script or expression, in bytes.
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;
/// Wall-clock limit of one evaluation when a node names none, in milliseconds.
pub const WALL_MS_DEFAULT: u64 = 2_000;
/// Most bytes of logs that one frame keeps.
pub const LOG_BYTES_MAX: usize = 64 * 1024;

/// Something to evaluate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Statements; the value of the last one is the result.
    Script(Arc<str>),
    /// One expression, as between `{{` and `}}`.
    Expression(Arc<str>),
}

/// Bounds of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluateLimits {
    /// Killed after this many milliseconds.
    pub wall_ms: u64,
    /// Rhai operations.
    pub operations: u64,
    /// Largest result, by its encoded size in bytes.
    pub result_bytes: u64,
}

impl Default for EvaluateLimits {
    fn default() -> Self {
        Self {
            wall_ms: WALL_MS_DEFAULT,
            operations: 50_000_000,
            result_bytes: 4 << 20,
        }
    }
}

/// Everything an evaluation may depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateRequest {
    /// Evaluated in order, each in a fresh scope.
    pub sources: Vec<Source>,
    /// A record of what is in scope: `input`, `nodes`, `item`, `index`, `run`, `vars`.
    pub scope: Value,
    /// Outcomes of the effects that earlier evaluations stopped at, in order.
    pub answers: Vec<Outcome>,
    /// Bounds.
    pub limits: EvaluateLimits,
}

impl EvaluateRequest {
    /// The hash of everything that the evaluation may depend on: equal requests, equal address.
    #[must_use]
    pub fn address(&self) -> Address {
        let mut hasher = blake3::Hasher::new();
        for source in &self.sources {
            let (tag, text) = match source {
                Source::Script(text) => (b's', text),
                Source::Expression(text) => (b'e', text),
            };
            hasher
                .update(&[tag])
                .update(&(text.len() as u64).to_le_bytes())
                .update(text.as_bytes());
        }
        hasher.update(b"|").update(&self.scope.address().0);
        for answer in &self.answers {
            match answer {
                Ok(value) => hasher.update(b"+").update(&value.address().0),
                Err(failure) => hasher
                    .update(b"-")
                    .update(blake3::hash(failure.message.as_bytes()).as_bytes()),
            };
        }
        let EvaluateLimits {
            wall_ms,
            operations,
            result_bytes,
        } = self.limits;
        for limit in [wall_ms, operations, result_bytes] {
            hasher.update(&limit.to_le_bytes());
        }
        Address(*hasher.finalize().as_bytes())
    }
}

/// How an evaluation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluated {
    /// The value of each source.
    Done(Vec<Value>),
    /// A script asked for this effect, the one after the last of `answers`.
    Needs(Effect),
    /// A script failed; `place` is in the source, `details.source` tells which one.
    Failed(Failure),
}

/// What an evaluation gives back.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateReply {
    /// How it ended.
    pub result: Evaluated,
    /// What scripts printed.
    pub logs: Vec<LogLine>,
    /// What it cost.
    pub usage: Usage,
}
