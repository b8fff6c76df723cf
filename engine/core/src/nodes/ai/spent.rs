//! What the questions of one frame used so far.

use crate::failure::{Failure, FailureKind};
use crate::nodes::params::{Params, whole};
use crate::value::{Record, Value};

/// How much a frame may use.
pub(super) struct Bounds {
    pub(super) steps: i64,
    pub(super) cost_usd: Option<f64>,
    pub(super) tokens: Option<i64>,
}

/// How much it has used.
#[derive(Default)]
pub(super) struct Spent {
    pub(super) steps: i64,
    pub(super) tools: i64,
    tokens: i64,
    cost_usd: f64,
}

impl Bounds {
    pub(super) fn of(params: &Params<'_>) -> Result<Self, Failure> {
        let cost = params.given("costMaxUsd").map(|cost| cost.amount());
        let tokens = params.given("tokensMax").map(|tokens| tokens.int());
        Ok(Self {
            steps: params.int("stepsMax")?,
            cost_usd: cost.transpose()?,
            tokens: tokens.transpose()?,
        })
    }
}

impl Spent {
    /// Adds what an answer used, as its endpoint told.
    pub(super) fn add(&mut self, usage: &Value) {
        let tokens = |name| usage.get(name).and_then(whole).unwrap_or_default().max(0);
        let used = tokens("promptTokens").saturating_add(tokens("completionTokens"));
        self.tokens = self.tokens.saturating_add(used);
        self.cost_usd += match usage.get("costUsd") {
            Some(Value::Float(cost)) if *cost > 0.0 => *cost,
            #[expect(clippy::cast_precision_loss, reason = "dollars are few")]
            Some(Value::Int(cost)) if *cost > 0 => *cost as f64,
            _ => 0.0,
        };
    }

    /// Why nothing more may be asked, if so.
    pub(super) fn over(&self, bounds: &Bounds) -> Option<Failure> {
        let fails = |kind, message| Some(Failure::new(kind, message).with_details(self.told()));
        if self.steps >= bounds.steps {
            let message = format!("no answer after {} steps", self.steps);
            return fails(FailureKind::Limit, message).map(|failure| {
                failure.with_hint("raise `stepsMax`, or give a goal that needs fewer steps")
            });
        }
        if bounds.cost_usd.is_some_and(|max| self.cost_usd >= max) {
            let message = format!("`costMaxUsd` is reached after {} steps", self.steps);
            return fails(FailureKind::Budget, message);
        }
        if bounds.tokens.is_some_and(|max| self.tokens >= max) {
            let message = format!("`tokensMax` is reached after {} steps", self.steps);
            return fails(FailureKind::Budget, message);
        }
        None
    }

    /// In one line, for the log.
    pub(super) fn line(&self) -> String {
        let Self {
            steps,
            tools,
            tokens,
            cost_usd,
        } = self;
        format!("steps: {steps}, tool calls: {tools}, tokens: {tokens}, cost: {cost_usd:.6} USD")
    }

    fn told(&self) -> Value {
        Record::from_iter([
            ("steps", Value::from(self.steps)),
            ("toolCalls", self.tools.into()),
            ("tokens", self.tokens.into()),
            ("costUsd", self.cost_usd.into()),
        ])
        .into()
    }
}
