//! Effects, for real.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flowforge_engine::effect::{Effect, EffectKind, Outcome};
use flowforge_engine::machine::Outstanding;
use flowforge_engine::script::{EvaluateReply, EvaluateRequest};
use flowforge_engine::{Clock, Failure, FailureKind, RunId, Timestamp, Value};
use flowforge_snapshots::Journal;

use crate::clock::SystemClock;
use crate::memo::Memo;
use crate::models::{Asker, Question};
use crate::outbound::Outbound;
use crate::sandbox::Pool;

/// Longest single wait on a timer; a longer sleep is waited for in pieces, so that a changed clock is noticed.
const SLEEP_PIECE: Duration = Duration::from_secs(60);

/// Performs effects and evaluations.
#[derive(Clone)]
pub(crate) struct Performer {
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) sandbox: Arc<Pool>,
    pub(crate) asker: Asker,
    pub(crate) journal: Journal,
    pub(crate) memo: Arc<Memo>,
    /// How many visible effects were performed, ever.
    pub(crate) performed: Arc<AtomicU64>,
}

/// An answer, and how long it took.
pub(crate) struct Performed {
    pub(crate) outcome: Outcome,
    pub(crate) took_ms: u64,
}

impl Performer {
    /// Performs an effect. A signal never answers by itself.
    pub(crate) async fn perform(&self, run: RunId, asked: &Outstanding) -> Performed {
        let effect: &Effect = &asked.effect;
        let started = Instant::now();
        let outcome = match effect.kind {
            EffectKind::Http => self.call(&effect.request).await,
            EffectKind::Sleep => sleep_until(&effect.request).await,
            EffectKind::Signal => std::future::pending().await,
            EffectKind::Call => self.workflow(&effect.request),
            EffectKind::Now => Ok(Value::Int(SystemClock.now().0)),
            EffectKind::Random => Ok(Value::Float(random())),
            EffectKind::Model => self.ask(run, asked).await,
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Performed { outcome, took_ms }
    }

    async fn call(&self, request: &Value) -> Outcome {
        self.performed.fetch_add(1, Ordering::Relaxed);
        self.outbound.call(request).await
    }

    async fn ask(&self, run: RunId, asked: &Outstanding) -> Outcome {
        self.performed.fetch_add(1, Ordering::Relaxed);
        let question = Question {
            run,
            frame: asked.frame,
            ordinal: asked.ordinal,
            request: &asked.effect.request,
        };
        self.asker.ask(question).await
    }

    fn workflow(&self, request: &Value) -> Outcome {
        let id = request
            .get("workflow")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match self.journal.latest_workflow(&id.into()) {
            Ok(Some(workflow)) => Ok(workflow.to_value()),
            Ok(None) => Err(Failure::new(
                FailureKind::NotFound,
                format!("there is no workflow `{id}`"),
            )
            .with_hint("save it first; `flowforge run` saves the file it runs")),
            Err(error) => Err(Failure::new(FailureKind::Storage, error.to_string())),
        }
    }

    /// Evaluates in the sandbox, or gives the reply to an earlier equal request when `memo` allows it.
    pub(crate) async fn evaluate(
        &self,
        request: &EvaluateRequest,
        memo: bool,
    ) -> (EvaluateReply, bool) {
        let address = memo.then(|| request.address());
        if let Some(reply) = address.as_ref().and_then(|address| self.memo.get(address)) {
            return (reply, true);
        }
        let reply = self.sandbox.evaluate(request.clone()).await;
        if let Some(address) = address {
            self.memo.put(address, &reply);
        }
        (reply, false)
    }
}

async fn sleep_until(request: &Value) -> Outcome {
    let until = Timestamp(
        request
            .get("untilMs")
            .and_then(Value::as_int)
            .unwrap_or_default(),
    );
    loop {
        let left = Duration::from_millis(until.since_ms(SystemClock.now()));
        if left.is_zero() {
            return Ok(Value::Null);
        }
        tokio::time::sleep(left.min(SLEEP_PIECE)).await;
    }
}

/// A float at least 0 and below 1, with 53 random bits.
fn random() -> f64 {
    let bits = getrandom::u64().unwrap_or_default() >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let float = bits as f64 / (1_u64 << 53) as f64;
    float
}
