//! Forks and replays: time travel that does something.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowforge_engine::event::Mode;
use flowforge_engine::{NodeId, RunId, Seq, Value, Workflow};
use flowforge_runtime::fork::{Fork, GivenAnswer};
use flowforge_runtime::replay::Replayed;
use flowforge_snapshots::Journal;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use tokio::runtime::Handle;
use utoipa::ToSchema;

use super::runs::{self, Started, Waiting};
use super::shown::RunRow;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Most runs in a tree of forks.
const FAMILY_MAX: usize = 1000;

/// A fork to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewFork {
    /// The last event to share.
    #[schema(value_type = u64)]
    seq: Seq,
    /// Parameters and code to change, as `node.param`.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Json_>>)]
    set: BTreeMap<String, Value>,
    /// Inputs that nodes get instead, the next time they open.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Json_>>)]
    inputs: BTreeMap<String, Value>,
    /// What questions are answered instead, as `node.ordinal`, counted from 0.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Json_>>)]
    answers: BTreeMap<String, Value>,
    /// Another version of the workflow to go on with.
    #[schema(value_type = Option<shapes::Workflow>)]
    workflow: Option<Workflow>,
    /// Perform effects; else only recorded outcomes count.
    #[serde(default)]
    live: bool,
    /// Only tell what a live fork would send.
    #[serde(default)]
    plan: bool,
    /// What to call it.
    name: Option<String>,
}

/// Forks a run: everything up to and including event `seq` is shared, the rest is done anew.
#[utoipa::path(post, path = "/runs/{id}/fork", tag = "time travel", request_body = NewFork,
    params(("id" = String, Path, description = "the run to share a past with"), Waiting),
    responses(
        (status = 201, body = Started),
        (status = 200, description = "the plan, when `plan` was asked for; how the fork ended, with `wait`", body = shapes::ForkAnswer),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
        (status = 404, body = HttpProblem, content_type = "application/problem+json"),
        (status = 409, body = HttpProblem, content_type = "application/problem+json"),
        (status = 422, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(waiting): QueryOf<Waiting>,
    JsonBody(new): JsonBody<NewFork>,
) -> Result<Response, HttpProblem> {
    let (plan_only, name) = (new.plan, new.name.clone());
    let fork = new.of(run)?;
    let forking = Arc::clone(&app);
    if plan_only {
        let plan =
            off_reactor(
                move || Ok(Handle::current().block_on(forking.runtime().plan_fork(&fork))?),
            );
        return Ok(Json(plan.await?).into_response());
    }
    let handle = off_reactor(move || Ok(forking.runtime().fork(&fork)?)).await?;
    let forked = handle.id;
    let answer = runs::answer(&app, handle, waiting.wait).await?;
    if name.is_some() {
        off_reactor(move || Ok(app.journal().name_run(forked, name.as_deref())?)).await?;
    }
    Ok(answer)
}

impl NewFork {
    fn of(self, run: RunId) -> Result<Fork, HttpProblem> {
        let inputs = self.inputs.into_iter();
        Ok(Fork {
            run,
            seq: self.seq,
            params: self.set.into_iter().map(param).collect::<Result<_, _>>()?,
            inputs: inputs.map(|(node, value)| (node.into(), value)).collect(),
            answers: self
                .answers
                .into_iter()
                .map(given)
                .collect::<Result<_, _>>()?,
            workflow: self.workflow,
            mode: if self.live { Mode::Live } else { Mode::Dry },
        })
    }
}

fn param((place, value): (String, Value)) -> Result<(NodeId, String, Value), HttpProblem> {
    let (node, param) = place.split_once('.').ok_or_else(|| {
        HttpProblem::invalid(
            "wrong-parameter",
            format!("expected `node.param`, found `{place}`"),
        )
    })?;
    Ok((node.into(), param.to_owned(), value))
}

fn given((place, answer): (String, Value)) -> Result<GivenAnswer, HttpProblem> {
    GivenAnswer::at(&place, answer).ok_or_else(|| {
        HttpProblem::invalid(
            "wrong-parameter",
            format!("expected `node.ordinal`, found `{place}`"),
        )
    })
}

/// Runs again from recorded outcomes, performing nothing, and compares every frame.
#[utoipa::path(post, path = "/runs/{id}/replay", tag = "time travel", params(("id" = String, Path, description = "the run")), responses(
    (status = 200, body = shapes::Replayed),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn replay(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
) -> Result<Json<Replayed>, HttpProblem> {
    let replayed = off_reactor(move || Ok(Handle::current().block_on(app.runtime().replay(run))?));
    replayed.await.map(Json)
}

/// A run in the tree of its family.
#[derive(Serialize, ToSchema)]
pub(crate) struct Branch {
    run: RunRow,
    /// The last event that it shares with the run it came from; null at the root.
    at: Option<u64>,
    /// What somebody called it.
    name: Option<String>,
    /// The forks that were made of it.
    #[schema(no_recursion)]
    children: Vec<Branch>,
}

/// The tree of forks that a run belongs to, from its root.
#[utoipa::path(get, path = "/runs/{id}/forks", tag = "time travel", params(("id" = String, Path, description = "the run")), responses(
    (status = 200, body = Branch),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn tree(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
) -> Result<Json<Branch>, HttpProblem> {
    off_reactor(move || {
        let root = root_of(app.journal(), run)?;
        let mut left = FAMILY_MAX;
        branch(app.journal(), root, None, &mut left).map(Json)
    })
    .await
}

/// The run that this one came from in the end, as far as it is still there.
fn root_of(journal: &Journal, run: RunId) -> Result<RunId, HttpProblem> {
    let mut row = journal.run(run)?.ok_or_else(|| HttpProblem::no_run(run))?;
    while let Some(origin) = row.fork_of {
        match journal.run(origin.run)? {
            Some(origin) => row = origin,
            None => break,
        }
    }
    Ok(row.run)
}

fn branch(
    journal: &Journal,
    run: RunId,
    at: Option<Seq>,
    left: &mut usize,
) -> Result<Branch, HttpProblem> {
    *left = left.saturating_sub(1);
    let row = journal.run(run)?.ok_or_else(|| HttpProblem::no_run(run))?;
    let mut children = Vec::new();
    for (fork, at) in journal.forks(run)? {
        if *left == 0 {
            break;
        }
        children.push(branch(journal, fork, Some(at), left)?);
    }
    Ok(Branch {
        run: RunRow::of(journal, row)?,
        at: at.map(|at| at.0),
        name: journal.run_name(run)?,
        children,
    })
}

/// What steering a run answers.
pub(crate) fn accepted(run_id: RunId) -> Response {
    (StatusCode::ACCEPTED, Json(Started { run_id })).into_response()
}
