//! Runs: start, list, look.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use flowforge_engine::effect::EffectKind;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::machine::Plan;
use flowforge_engine::{Failure, RunId, Seq, Timestamp, Value, Workflow, WorkflowId};
use flowforge_runtime::{RunEnd, RunHandle, StartRun, Wait};
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::{Kept, RunFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, limit_of};
use super::shown::{RunResult, RunRow};
use super::workflows;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::history::past::document;
use crate::history::published;
use crate::hub::is_final;
use crate::openapi::shapes;
use crate::preview::{Shown, Values};
use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 256;
/// Most pages of the journal that one listing looks through.
const PAGES_MAX: usize = 50;
/// Most frames that are told to wait.
const WAITS_MAX: usize = 100;

/// A run to start.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewRun {
    /// Its input; null when absent.
    #[serde(default)]
    #[schema(value_type = Json_)]
    input: Value,
    /// Run up to this node: it and everything that leads to it.
    until: Option<String>,
    /// Run this node only; `input` is what it gets.
    only: Option<String>,
    /// Run this document, as it stands, instead of the saved one.
    #[schema(value_type = Option<shapes::Workflow>)]
    workflow: Option<Workflow>,
    /// Which version: the draft as it stands, or the published one.
    #[serde(default)]
    #[schema(inline)]
    version: Version,
}

/// Which version of a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Version {
    /// The one that was saved last.
    #[default]
    Draft,
    /// The one that triggers run.
    Published,
}

/// When to answer, and which version to run.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Launch {
    /// Answer when the run has ended, or waits for somebody.
    #[serde(default)]
    wait: bool,
    /// As `version` in the body, for callers that can only choose a URL.
    #[param(inline)]
    version: Option<Version>,
}

/// Whether to wait.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Waiting {
    /// Answer when the run has ended, or waits for somebody.
    #[serde(default)]
    pub(crate) wait: bool,
}

/// A run that was started.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) run_id: RunId,
}

/// Starts a run of the draft as it stands, pinned for as long as it runs; or of the published version. The same
/// `Idempotency-Key` gives the same run.
#[utoipa::path(post, path = "/workflows/{id}/runs", tag = "runs", request_body = NewRun,
    params(
        ("id" = String, Path, description = "the workflow"), Launch,
        ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the same run"),
    ),
    responses(
        (status = 201, description = "started; with `wait`, as `flowforge run --json` prints it", body = Started),
        (status = 200, description = "ended, when `wait` was asked for", body = RunResult),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
        (status = 404, body = HttpProblem, content_type = "application/problem+json"),
        (status = 422, body = HttpProblem, content_type = "application/problem+json"),
        (status = 503, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn start(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(launching): QueryOf<Launch>,
    headers: HeaderMap,
    JsonBody(mut new): JsonBody<NewRun>,
) -> Result<Response, HttpProblem> {
    new.version = launching.version.unwrap_or(new.version);
    let start = StartRun {
        plan: plan(&app, &id.into(), &new).await?,
        idempotency_key: key_of(&headers)?,
        input: new.input,
    };
    let handle = launch(&app, start).await?;
    answer(&app, handle, launching.wait).await
}

/// What is to run: the saved workflow, the published one or a document, the whole or a part.
async fn plan(app: &AppState, id: &WorkflowId, new: &NewRun) -> Result<Arc<Plan>, HttpProblem> {
    let is_whole = new.until.is_none() && new.only.is_none();
    if is_whole && new.workflow.is_none() {
        return saved_plan(app, id, new.version).await;
    }
    let mut workflow = match &new.workflow {
        Some(draft) => Workflow {
            id: id.clone(),
            ..draft.clone()
        },
        None => saved_plan(app, id, new.version).await?.workflow().clone(),
    };
    if let Some(node) = &new.until {
        workflow = part(workflow.until(node), node)?;
    }
    if let Some(node) = &new.only {
        workflow = part(workflow.only(node), node)?;
    }
    let app = Arc::clone(app);
    off_reactor(move || Ok(app.runtime().prepare(workflow)?.0)).await
}

/// The plan of a saved version.
async fn saved_plan(
    app: &AppState,
    id: &WorkflowId,
    version: Version,
) -> Result<Arc<Plan>, HttpProblem> {
    match version {
        Version::Draft => workflows::plan(app, id).await,
        Version::Published => {
            let (app, id) = (Arc::clone(app), id.clone());
            off_reactor(move || published_plan(&app, &id)).await
        }
    }
}

fn published_plan(app: &App, id: &WorkflowId) -> Result<Arc<Plan>, HttpProblem> {
    let Some(published) = published::find(app.journal(), id)? else {
        app.journal()
            .latest_workflow(id)?
            .ok_or_else(|| HttpProblem::no_workflow(id.as_str()))?;
        let detail = format!("no version of `{id}` is published");
        return Err(HttpProblem::not_found("not-published", detail)
            .with_hint(format!("POST /api/v1/workflows/{id}/publish publishes one")));
    };
    let workflow = document(app.journal(), published.hash)?;
    Ok(app.runtime().prepare(workflow)?.0)
}

fn part(part: Option<Workflow>, node: &str) -> Result<Workflow, HttpProblem> {
    part.ok_or_else(|| {
        HttpProblem::not_found("no-such-node", format!("the workflow has no node `{node}`"))
    })
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, HttpProblem> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match key.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(Some(key.to_owned())),
        _ => Err(HttpProblem::invalid(
            "wrong-idempotency-key",
            format!("an idempotency key has 1 to {KEY_BYTES_MAX} visible ASCII characters"),
        )),
    }
}

/// Starts it; only one with a key needs the journal for that.
async fn launch(app: &AppState, start: StartRun) -> Result<RunHandle, HttpProblem> {
    if start.idempotency_key.is_none() {
        return Ok(app.runtime().start(start)?);
    }
    let app = Arc::clone(app);
    off_reactor(move || Ok(app.runtime().start(start)?)).await
}

/// How the run ended; or its id, as soon as it is on disk.
pub(crate) async fn answer(
    app: &AppState,
    handle: RunHandle,
    wait: bool,
) -> Result<Response, HttpProblem> {
    if wait {
        let end = handle.ended().await?;
        return Ok((StatusCode::OK, Json(RunResult::from(end))).into_response());
    }
    let run_id = recorded(app, handle).await?;
    Ok((StatusCode::CREATED, Json(Started { run_id })).into_response())
}

/// The run's id, as soon as the run is on disk.
pub(crate) async fn recorded(app: &AppState, handle: RunHandle) -> Result<RunId, HttpProblem> {
    let run = handle.id;
    let recorded = app.hub().recorded(run);
    if app.journal().run(run)?.is_none() {
        tokio::select! {
            _ = recorded => {}
            ended = handle.ended() => drop(ended?),
        }
    }
    Ok(run)
}

/// Which runs.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct Which {
    /// Only runs of this workflow.
    workflow: Option<String>,
    /// Only runs with this status.
    #[param(value_type = Option<shapes::Status>, inline)]
    status: Option<Status>,
    /// Only runs that started at this moment or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only runs that started before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Only ended runs that took at least so long.
    min_ms: Option<u64>,
    /// Only ended runs that took at most so long.
    max_ms: Option<u64>,
    /// `next` of the page before.
    #[param(value_type = Option<String>, format = Uuid)]
    cursor: Option<RunId>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// The runs, the latest first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(Which), responses(
    (status = 200, body = List<RunRow>),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<AppState>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<List<RunRow>>, HttpProblem> {
    off_reactor(move || rows(&app, &which).map(Json)).await
}

fn rows(app: &App, which: &Which) -> Result<List<RunRow>, HttpProblem> {
    let filter = RunFilter {
        workflow: which.workflow.as_deref().map(Into::into),
        status: which.status,
        ..RunFilter::default()
    };
    let limit = limit_of(which.limit);
    let mut items = Vec::new();
    let mut cursor = which.cursor.or(which.until.map(last_id_before));
    for _ in 0..PAGES_MAX {
        let page = app.journal().runs(&filter, cursor, limit - items.len())?;
        let is_over = page
            .rows
            .last()
            .is_some_and(|row| which.is_past(row.started));
        for row in page.rows.into_iter().filter(|row| which.lets_through(row)) {
            items.push(RunRow::of(app.journal(), row)?);
        }
        cursor = page.next.filter(|_| !is_over);
        if cursor.is_none() || items.len() == limit {
            break;
        }
    }
    let next = cursor.map(|cursor| cursor.to_string());
    Ok(List { items, next })
}

/// The first id that a run which starts at this moment could have: ids begin with their moment.
fn last_id_before(moment: Timestamp) -> RunId {
    let ms = u128::try_from(moment.0.max(0)).unwrap_or(0);
    RunId(uuid::Uuid::from_u128(ms << 80))
}

impl Which {
    fn is_past(&self, started: Timestamp) -> bool {
        self.since.is_some_and(|since| started < since)
    }

    fn lets_through(&self, row: &flowforge_snapshots::RunRow) -> bool {
        let took_ms = row.ended.map(|ended| ended.since_ms(row.started));
        !self.is_past(row.started)
            && self.until.is_none_or(|until| row.started < until)
            && self
                .min_ms
                .is_none_or(|min| took_ms.is_some_and(|took| took >= min))
            && self
                .max_ms
                .is_none_or(|max| took_ms.is_some_and(|took| took <= max))
    }
}

/// A run, with what went in and what came out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    row: RunRow,
    #[schema(value_type = Json_)]
    input: Shown,
    #[schema(value_type = Json_)]
    output: Option<Shown>,
    #[schema(value_type = Option<shapes::Failure>)]
    error: Option<Failure<Shown>>,
    /// What it waits for from outside.
    waits: Vec<Waits>,
    /// Its frames, with those that a fork shares.
    #[serde(skip)]
    frames_in_all: u64,
}

/// Something a run waits for from outside.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Waits {
    /// The event that opened the frame.
    frame: u64,
    node_id: String,
    #[schema(value_type = Vec<Json_>)]
    path: flowforge_engine::Path,
    /// `signal` from a person or a callback, or `retry` after a pause or an interruption.
    reason: &'static str,
    /// What it asks, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// When to answer, and how values are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// Answer when the run has ended, or waits for somebody.
    #[serde(default)]
    wait: bool,
    /// Whole values, or previews of large ones.
    #[serde(default)]
    #[param(inline)]
    values: Values,
}

/// A run.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path, description = "the run"), How), responses(
    (status = 200, body = RunDetail),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(how): QueryOf<How>,
) -> Result<Json<RunDetail>, HttpProblem> {
    if how.wait {
        at_rest(&app, run).await?;
    }
    off_reactor(move || detail(&app, run, how.values).map(Json)).await
}

/// Waits until a run has ended, waits for somebody, or the service stops.
pub(crate) async fn at_rest(app: &AppState, run: RunId) -> Result<(), HttpProblem> {
    let row = app.journal().run(run)?;
    let row = row.ok_or_else(|| HttpProblem::no_run(run))?;
    if !is_final(row.status) {
        let mut stopping = app.stopping();
        tokio::select! {
            () = app.runtime().at_rest(run) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }
    Ok(())
}

/// How a run stands, as `flowforge run --json` prints it.
#[utoipa::path(get, path = "/runs/{id}/result", tag = "runs", params(("id" = String, Path, description = "the run"), Waiting), responses(
    (status = 200, body = RunResult),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn ended(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(waiting): QueryOf<Waiting>,
) -> Result<Json<RunResult>, HttpProblem> {
    if waiting.wait {
        at_rest(&app, run).await?;
    }
    off_reactor(move || result(&app, run).map(Json)).await
}

/// How a run stands, read from the journal.
pub(crate) fn result(app: &App, run: RunId) -> Result<RunResult, HttpProblem> {
    let detail = detail(app, run, Values::Full)?;
    let waits = detail.waits.into_iter().map(|wait| Wait {
        frame: Seq(wait.frame),
        node_id: wait.node_id.into(),
        path: wait.path,
        reason: wait.reason,
    });
    let of_json = |shown: Shown| Ok::<_, HttpProblem>(Value::from_json(&shown));
    let error = detail
        .error
        .map(|error| error.try_map(&mut { of_json }))
        .transpose()?;
    Ok(RunResult::from(RunEnd {
        id: run,
        status: detail.row.status(),
        output: detail
            .output
            .map(|output| Value::from_json(&output))
            .unwrap_or_default(),
        error,
        frames: detail.frames_in_all,
        waits: waits.collect(),
    }))
}

fn detail(app: &App, run: RunId, values: Values) -> Result<RunDetail, HttpProblem> {
    let row = app
        .journal()
        .run(run)?
        .ok_or_else(|| HttpProblem::no_run(run))?;
    let snapshot = app.journal().snapshot_kept(run, Some(row.last_seq))?;
    let nodes = snapshot.nodes.values();
    let frames_in_all = nodes.map(|node| node.opened + node.skipped).sum();
    let show = &mut |kept: Kept| match values {
        Values::Preview => app.hub().previews().show(&kept),
        Values::Full => Ok(Arc::new(app.journal().value(&kept)?.to_json())),
    };
    Ok(RunDetail {
        input: show(snapshot.input)?,
        output: snapshot.output.map(&mut *show).transpose()?,
        error: snapshot
            .error
            .map(|error| error.try_map(show))
            .transpose()?,
        waits: waits(app, run, row.status)?,
        row: RunRow::of(app.journal(), row)?,
        frames_in_all,
    })
}

/// What an unfinished run waits for. Frames that wait for a moment are not told: nobody can help them.
fn waits(app: &App, run: RunId, status: Status) -> Result<Vec<Waits>, HttpProblem> {
    let frames = match status {
        Status::Completed | Status::Failed | Status::Cancelled => return Ok(Vec::new()),
        Status::Waiting | Status::Interrupted => held(app, run)?,
        // While it goes on, what looks like waiting is good enough, and costs no fold of the whole run.
        _ => waiting(app, run)?,
    };
    Ok(frames.iter().filter_map(wait_of).collect())
}

/// The frames that somebody must answer or attempt again, of a run at rest.
fn held(app: &App, run: RunId) -> Result<Vec<ExecutionFrame>, HttpProblem> {
    let mut frames = Vec::new();
    for wait in app.runtime().waits(run)?.into_iter().take(WAITS_MAX) {
        frames.extend(app.journal().frame(run, wait.frame)?);
    }
    Ok(frames)
}

fn waiting(app: &App, run: RunId) -> Result<Vec<ExecutionFrame>, HttpProblem> {
    let mut frames = Vec::new();
    for status in [Status::Waiting, Status::Interrupted] {
        let filter = FrameFilter {
            status: Some(status),
            ..FrameFilter::default()
        };
        frames.extend(app.journal().frames(run, &filter, None, WAITS_MAX)?.frames);
    }
    Ok(frames)
}

fn wait_of(frame: &ExecutionFrame) -> Option<Waits> {
    let (reason, message) = match frame.status {
        Status::Waiting => ("signal", asked(frame)?),
        _ => {
            let error = frame.error.as_ref();
            ("retry", error.map(|error| error.message.clone()))
        }
    };
    Some(Waits {
        frame: frame.opened_seq.0,
        node_id: frame.node_id.to_string(),
        path: frame.path.clone(),
        reason,
        message,
    })
}

/// What a frame asks somebody, if it says so in words; nothing when it waits for something else.
fn asked(frame: &ExecutionFrame) -> Option<Option<String>> {
    let mut effects = frame.effects.iter().rev();
    let asked = effects.find(|effect| effect.outcome.is_none())?;
    (asked.effect.kind == EffectKind::Signal).then(|| {
        let message = asked.effect.request.get("message").and_then(Value::as_str);
        message.map(str::to_owned)
    })
}

/// The exact document that the run executes.
#[utoipa::path(get, path = "/runs/{id}/workflow", tag = "runs", params(("id" = String, Path, description = "the run")), responses(
    (status = 200, body = shapes::Workflow),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn workflow(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
) -> Result<Response, HttpProblem> {
    off_reactor(move || {
        let row = app
            .journal()
            .run(run)?
            .ok_or_else(|| HttpProblem::no_run(run))?;
        let workflow = app.journal().workflow(row.workflow.hash)?;
        let workflow =
            workflow.ok_or_else(|| HttpProblem::no_workflow(row.workflow.id.as_str()))?;
        workflows::document(&workflow, false)
    })
    .await
}

/// What to change.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Rename {
    /// What to call the run; null or nothing takes the name away.
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// Names a run, most often a fork.
#[utoipa::path(patch, path = "/runs/{id}", tag = "runs", request_body = Rename, params(("id" = String, Path, description = "the run")), responses(
    (status = 200, body = RunRow),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn rename(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    JsonBody(rename): JsonBody<Rename>,
) -> Result<Json<RunRow>, HttpProblem> {
    off_reactor(move || {
        app.journal().name_run(run, rename.name.as_deref())?;
        let row = app
            .journal()
            .run(run)?
            .ok_or_else(|| HttpProblem::no_run(run))?;
        Ok(Json(RunRow::of(app.journal(), row)?))
    })
    .await
}
