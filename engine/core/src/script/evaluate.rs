//! Evaluation in process, as the sandbox process does it.
//!
//! An [`Evaluator`] is used from one thread. It keeps parsed sources, which hold no data, and nothing
//! else from one evaluation to the next.

use std::collections::HashMap;
use std::rc::Rc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Scope};

use crate::event::Usage;
use crate::failure::{Failure, FailureKind};
use crate::value::{Address, Record, Value};

use super::compile::{Kind, parse};
use super::conversation::{Bounds, Conversation, MemoryProbe, Stop};
use super::convert::{Budget, ConvertError, to_dynamic};
use super::engine::computing_engine;
use super::{EvaluateReply, EvaluateRequest, Evaluated, References, Source, explain, functions};

/// Parsed sources that are kept.
const PARSED_MAX: usize = 256;
/// Source bytes of all that are kept.
const PARSED_BYTES_MAX: usize = 4 << 20;

/// Evaluates scripts and expressions, on the calling thread, for as long as they take.
///
/// Only Rhai's own limits hold here. A script can still overflow a small stack or run past its time
/// limit, so outside of tests only the sandbox process has one.
pub struct Evaluator {
    engine: Engine,
    conversation: Rc<Conversation>,
    parsed: Parsed,
    memory_bytes_max: u64,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new()
    }
}

impl Evaluator {
    /// An evaluator that does not look at memory.
    #[must_use]
    pub fn new() -> Self {
        Self::build(None, u64::MAX)
    }

    /// An evaluator that fails a script, as a limit, when what `probe` tells grows by more than
    /// `memory_bytes_max` while it runs.
    #[must_use]
    pub fn with_memory_limit(probe: MemoryProbe, memory_bytes_max: u64) -> Self {
        Self::build(Some(probe), memory_bytes_max)
    }

    fn build(probe: Option<MemoryProbe>, memory_bytes_max: u64) -> Self {
        let conversation = Rc::new(Conversation::new(probe));
        let mut engine = computing_engine();
        functions::register(&mut engine, &conversation);
        let talk = Rc::clone(&conversation);
        engine.on_progress(move |operations| talk.progress(operations));
        let talk = Rc::clone(&conversation);
        engine.on_print(move |text| talk.log("info", text));
        let talk = Rc::clone(&conversation);
        engine.on_debug(move |text, _, _| talk.log("debug", text));
        Self {
            engine,
            conversation,
            parsed: Parsed::default(),
            memory_bytes_max,
        }
    }

    /// Evaluates every source, in order, until one fails or needs an effect.
    pub fn evaluate(&mut self, request: &EvaluateRequest) -> EvaluateReply {
        let bounds = Bounds {
            operations: request.limits.operations,
            memory_bytes: self.memory_bytes_max,
        };
        self.conversation.begin(&request.answers, bounds);
        let result = self.evaluate_all(request);
        let usage = Usage {
            operations: self.conversation.operations(),
            memory_bytes: self.conversation.memory_peak(),
        };
        EvaluateReply {
            result,
            logs: self.conversation.take_logs(),
            usage,
        }
    }

    fn evaluate_all(&mut self, request: &EvaluateRequest) -> Evaluated {
        let mut budget = Budget::new(request.limits.result_bytes);
        let mut values = Vec::with_capacity(request.sources.len());
        for (i, source) in request.sources.iter().enumerate() {
            match self.evaluate_one(source, &request.scope, &mut budget) {
                Ok(value) => values.push(value),
                Err(Stop::Needs(effect)) => return Evaluated::Needs(effect),
                Err(Stop::Limit(failure)) => return Evaluated::Failed(of_source(failure, i)),
            }
        }
        Evaluated::Done(values)
    }

    fn evaluate_one(
        &mut self,
        source: &Source,
        scope: &Value,
        budget: &mut Budget,
    ) -> Result<Value, Stop> {
        let ast = self.parsed.get(&self.engine, source).map_err(Stop::Limit)?;
        let mut scope = scope_of(scope, source.text());
        self.conversation.begin_source();
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast);
        self.conversation.look_at_memory();
        if let Some(stop) = self.conversation.stop() {
            return Err(stop);
        }
        let dynamic = result.map_err(|error| Stop::Limit(self.failure(error, source.text())))?;
        budget
            .value(&dynamic, 0)
            .map_err(|error| Stop::Limit(no_value(&error)))
    }

    /// What an error stands for; a failed outcome that nobody caught is itself.
    fn failure(&self, error: Box<EvalAltResult>, source: &str) -> Failure {
        let outcome =
            explain::thrown(&error).and_then(|thrown| self.conversation.outcome_of(thrown));
        let failure = explain::explain(*error, source);
        match outcome {
            Some(outcome) => Failure {
                place: failure.place,
                ..outcome
            },
            None => failure,
        }
    }
}

/// A fresh Rhai scope with those parts of the record that the source names.
fn scope_of(scope: &Value, source: &str) -> Scope<'static> {
    let mut fresh = Scope::new();
    for (name, value) in References::of_source(source)
        .prune(scope)
        .as_record()
        .into_iter()
        .flat_map(Record::iter)
    {
        fresh.push_dynamic(&**name, to_dynamic(value));
    }
    fresh
}

fn no_value(error: &ConvertError) -> Failure {
    let kind = match error {
        ConvertError::TooDeep | ConvertError::TooLarge { .. } => FailureKind::Limit,
        ConvertError::NoValue { .. } => FailureKind::Script,
    };
    Failure::new(kind, format!("the result cannot be kept: {error}"))
}

/// The failure with the number of its source among the details.
fn of_source(failure: Failure, source: usize) -> Failure {
    let details = match &failure.details {
        Some(Value::Record(details)) => details.clone(),
        Some(other) => Record::from_iter([("details", other.clone())]),
        None => Record::default(),
    };
    failure.with_details(details.with("source", (source as u64).into()).into())
}

/// Sources that were parsed before, by the address of their text.
#[derive(Default)]
struct Parsed {
    sources: HashMap<(Kind, Address), Rc<AST>>,
    bytes: usize,
}

impl Parsed {
    fn get(&mut self, engine: &Engine, source: &Source) -> Result<Rc<AST>, Failure> {
        let key = (source.kind(), Address::of(source.text().as_bytes()));
        if let Some(ast) = self.sources.get(&key) {
            return Ok(Rc::clone(ast));
        }
        let ast = Rc::new(parse(engine, source.kind(), source.text())?);
        if self.sources.len() >= PARSED_MAX || self.bytes >= PARSED_BYTES_MAX {
            *self = Self::default();
        }
        self.bytes += source.text().len();
        self.sources.insert(key, Rc::clone(&ast));
        Ok(ast)
    }
}

#[cfg(test)]
mod tests;
