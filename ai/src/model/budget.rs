//! What models have cost, and whether more may be spent. Pure: times come in, the caller keeps the entries.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flowforge_engine::RunId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{ChatAnswer, ChatModel, ChatRequest, Hear, ModelError, Task, Usage};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Sums are kept in whole billionths of a dollar, so that their order does not matter.
const NANOS: f64 = 1e9;

/// The most that may be spent, in US dollars; no limit where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// By one run.
    pub run_usd: Option<f64>,
    /// In one day, by UTC.
    pub day_usd: Option<f64>,
    /// By the workspace, ever.
    pub workspace_usd: Option<f64>,
}

/// One call that was paid for. This is what the edge keeps, in any order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it was answered, in milliseconds since 1970.
    pub at_ms: u64,
    /// The run that it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What it was for.
    pub task: Task,
    /// The model that answered.
    pub model: String,
    /// What it used. A call whose endpoint tells no cost counts as free, as local models are.
    pub usage: Usage,
}

/// What was spent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// On this day, by UTC.
    pub day_usd: f64,
    /// By the workspace.
    pub workspace_usd: f64,
    /// Tokens of requests and answers.
    pub tokens: u64,
}

/// The sums of all entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    runs: HashMap<RunId, u64>,
    days: BTreeMap<u64, u64>,
    workspace: u64,
    tokens: u64,
}

impl Ledger {
    /// The sums of these entries.
    #[must_use]
    pub fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut ledger = Self::default();
        for entry in entries {
            ledger.add(entry);
        }
        ledger
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        let usage = entry.usage;
        let cost = nanos(usage.cost_usd.unwrap_or(0.0));
        let tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        add(self.days.entry(entry.at_ms / DAY_MS).or_default(), cost);
        add(&mut self.workspace, cost);
        add(&mut self.tokens, tokens);
        if let Some(run) = entry.run {
            add(self.runs.entry(run).or_default(), cost);
        }
    }

    /// Whether a call may be made now.
    ///
    /// A call is refused once a limit is reached. What a call will cost is not known before, so the last one may
    /// go over, and so may those that are under way at the same time.
    ///
    /// # Errors
    /// [`ModelError::Limit`], which names the limit.
    pub fn check(
        &self,
        limits: &Limits,
        run: Option<RunId>,
        now_ms: u64,
    ) -> Result<(), ModelError> {
        let of_run = run
            .and_then(|run| self.runs.get(&run))
            .copied()
            .unwrap_or(0);
        let of_day = self.day(now_ms);
        let run_limit = limits.run_usd.filter(|_| run.is_some());
        reached("this run", of_run, run_limit)?;
        reached("this day", of_day, limits.day_usd)?;
        reached("the workspace", self.workspace, limits.workspace_usd)
    }

    /// What was spent until now.
    #[must_use]
    pub fn totals(&self, now_ms: u64) -> Totals {
        Totals {
            day_usd: usd(self.day(now_ms)),
            workspace_usd: usd(self.workspace),
            tokens: self.tokens,
        }
    }

    fn day(&self, now_ms: u64) -> u64 {
        self.days.get(&(now_ms / DAY_MS)).copied().unwrap_or(0)
    }
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn reached(whose: &str, spent: u64, limit_usd: Option<f64>) -> Result<(), ModelError> {
    match limit_usd {
        Some(limit) if spent >= nanos(limit) => {
            let spent = usd(spent);
            Err(ModelError::Limit(format!(
                "{whose} has spent ${spent:.4} of ${limit:.4}"
            )))
        }
        _ => Ok(()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
fn nanos(usd: f64) -> u64 {
    (usd * NANOS).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn usd(nanos: u64) -> f64 {
    nanos as f64 / NANOS
}

/// Where entries are kept and limits are known: the edge, which also has the clock.
pub trait Account: Send + Sync {
    /// Whether a call may be made now.
    ///
    /// # Errors
    /// [`ModelError::Limit`].
    fn may_ask(&self, run: Option<RunId>) -> Result<(), ModelError>;

    /// Keeps what a call used.
    fn spent(&self, run: Option<RunId>, task: Task, model: &str, usage: Usage);
}

impl<A: Account + ?Sized> Account for Arc<A> {
    fn may_ask(&self, run: Option<RunId>) -> Result<(), ModelError> {
        (**self).may_ask(run)
    }

    fn spent(&self, run: Option<RunId>, task: Task, model: &str, usage: Usage) {
        (**self).spent(run, task, model, usage);
    }
}

/// A model whose calls are refused when a limit is reached, and whose answers are entered.
#[derive(Clone, Debug)]
pub struct Metered<M, A> {
    model: M,
    account: A,
    run: Option<RunId>,
}

impl<M: ChatModel, A: Account> Metered<M, A> {
    /// Calls of this model, for this run if for one, on this account.
    pub fn new(model: M, account: A, run: Option<RunId>) -> Self {
        Self {
            model,
            account,
            run,
        }
    }

    async fn ask(&self, request: &ChatRequest, hear: Hear<'_>) -> Result<ChatAnswer, ModelError> {
        self.account.may_ask(self.run)?;
        let answer = self.model.complete(request, hear).await?;
        self.account
            .spent(self.run, request.task, &answer.model, answer.usage);
        Ok(answer)
    }
}

impl<M: ChatModel, A: Account> ChatModel for Metered<M, A> {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        self.ask(request, hear).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::model::cassette::{Cassette, Exchange, Outcome};

    fn entry(at_ms: u64, run: Option<RunId>, cost_usd: Option<f64>) -> Entry {
        Entry {
            at_ms,
            run,
            task: Task::Draft,
            model: "a".into(),
            usage: Usage {
                prompt_tokens: 10,
                completion_tokens: 5,
                cost_usd,
                ..Usage::default()
            },
        }
    }

    fn run(number: u128) -> RunId {
        serde_json::from_value(uuid::Uuid::from_u128(number).to_string().into()).expect("an id")
    }

    #[test]
    fn sums_do_not_depend_on_the_order() {
        let mut entries: Vec<_> = (0..50)
            .map(|at| entry(at * DAY_MS / 10, Some(run(1)), Some(0.1)))
            .collect();
        let ledger = Ledger::fold(&entries);
        entries.reverse();
        assert_eq!(ledger, Ledger::fold(&entries));
        let totals = ledger.totals(DAY_MS);
        assert_eq!(
            (
                totals.day_usd.to_string(),
                totals.workspace_usd.to_string(),
                totals.tokens
            ),
            ("1".into(), "5".into(), 750)
        );
    }

    #[test]
    fn a_call_is_refused_once_a_limit_is_reached() {
        let ledger = Ledger::fold(&[
            entry(0, Some(run(1)), Some(0.5)),
            entry(DAY_MS, Some(run(2)), Some(0.25)),
            entry(DAY_MS, Some(run(2)), None),
        ]);
        let check = |run_usd, day_usd, workspace_usd, of, now_ms| {
            let limits = Limits {
                run_usd,
                day_usd,
                workspace_usd,
            };
            ledger
                .check(&limits, of, now_ms)
                .map_err(|error| error.to_string())
        };
        let refused = |words: &str| Err(format!("the spending limit is reached: {words}"));
        assert_eq!(check(None, None, None, Some(run(1)), 0), Ok(()));
        assert_eq!(
            check(Some(0.5), None, None, Some(run(1)), DAY_MS),
            refused("this run has spent $0.5000 of $0.5000")
        );
        assert_eq!(check(Some(0.5), None, None, Some(run(2)), DAY_MS), Ok(()));
        assert_eq!(check(Some(0.0), None, None, None, DAY_MS), Ok(()));
        assert_eq!(
            check(None, Some(0.2), None, None, DAY_MS + 5),
            refused("this day has spent $0.2500 of $0.2000")
        );
        assert_eq!(check(None, Some(0.2), None, None, 2 * DAY_MS), Ok(()));
        assert_eq!(
            check(None, None, Some(0.75), None, 0),
            refused("the workspace has spent $0.7500 of $0.7500")
        );
        assert!(
            check(None, Some(0.0), None, None, 9 * DAY_MS).is_err(),
            "0 allows nothing"
        );
    }

    /// An account whose clock stands still.
    #[derive(Default)]
    struct Book {
        ledger: Mutex<Ledger>,
    }

    impl Account for Book {
        fn may_ask(&self, run: Option<RunId>) -> Result<(), ModelError> {
            let limits = Limits {
                run_usd: Some(0.3),
                ..Limits::default()
            };
            self.ledger
                .lock()
                .expect("the ledger")
                .check(&limits, run, 0)
        }

        fn spent(&self, run: Option<RunId>, task: Task, model: &str, usage: Usage) {
            let entry = Entry {
                at_ms: 0,
                run,
                task,
                model: model.to_owned(),
                usage,
            };
            self.ledger.lock().expect("the ledger").add(&entry);
        }
    }

    #[test]
    fn a_metered_model_is_not_asked_once_the_limit_is_reached() {
        let request = ChatRequest {
            task: Task::Heal,
            model: None,
            messages: vec![],
            tools: vec![],
            shape: None,
            max_tokens: 1,
        };
        let exchange = Exchange {
            request: request.clone(),
            outcome: Outcome::Answer(ChatAnswer {
                text: "yes".into(),
                calls: vec![],
                model: "m".into(),
                usage: entry(0, None, Some(0.15)).usage,
                cut: false,
            }),
        };
        let book = Arc::new(Book::default());
        let cassette: Arc<dyn ChatModel> = Arc::new(Cassette::new(vec![exchange]));
        let of_run = |number| Metered::new(cassette.clone(), book.clone(), Some(run(number)));
        let ask = |model: &dyn ChatModel| {
            let mut hear = |_: &str| {};
            let asked = model.complete(&request, &mut hear);
            asked
                .now_or_never()
                .expect("it does not wait")
                .map(|answer| answer.text)
        };
        let first = of_run(1);
        assert_eq!(
            [ask(&first), ask(&first)],
            [Ok("yes".into()), Ok("yes".into())]
        );
        assert!(matches!(ask(&first), Err(ModelError::Limit(_))));
        assert_eq!(ask(&of_run(2)), Ok("yes".into()));
        assert_eq!(book.ledger.lock().expect("the ledger").totals(0).tokens, 45);
    }
}
