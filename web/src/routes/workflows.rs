//! Workflows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowforge_ai::proposal::Accepted;
use flowforge_collab::authored::apply_patch_as;
use flowforge_collab::document::{Doc, Texts, apply_patch, reconcile};
use flowforge_engine::check::check;
use flowforge_engine::event::WorkflowRef;
use flowforge_engine::workflow::file;
use flowforge_engine::{Address, Clock, Problem, Timestamp, Value, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::{ReadError, RunFilter};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, limit_of};
use super::shown::RunRow;
use crate::access::Person;
use crate::body::{Document, PathOf, QueryOf};
use crate::history::{Made, branch, published};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

/// What a list shows of a workflow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowRow {
    id: String,
    /// What people call it; the id when it has no name.
    name: String,
    description: String,
    version: u64,
    hash: String,
    /// How many nodes it has.
    nodes: usize,
    tags: Vec<String>,
    /// When it was saved last; null when that was not recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    last_run: Option<RunRow>,
    /// The version that triggers run; null when none is published. Runs that a person starts run the current one.
    published_hash: Option<String>,
    /// The workflow that this one was branched from.
    branch_of: Option<String>,
}

/// What was saved.
#[derive(Serialize, ToSchema)]
pub(crate) struct Saved {
    id: String,
    version: u64,
    hash: String,
    /// Everything that is wrong with it; it is saved all the same.
    #[schema(value_type = Vec<shapes::Problem>)]
    problems: Vec<Problem>,
}

/// Which workflows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Words in the id, the name or the description.
    #[serde(default)]
    query: String,
    /// Only workflows with this tag.
    tag: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// Which version.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Version {
    /// The hash of an older version.
    hash: Option<String>,
}

/// The workflows, by id.
#[utoipa::path(get, path = "/workflows", tag = "workflows", params(Which), responses((status = 200, body = List<WorkflowRow>)))]
pub(crate) async fn list(
    State(app): State<AppState>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<List<WorkflowRow>>, HttpProblem> {
    off_reactor(move || Ok(Json(rows(&app, &which)?))).await
}

fn rows(app: &App, which: &Which) -> Result<List<WorkflowRow>, ReadError> {
    let limit = limit_of(which.limit);
    let mut list = List {
        items: Vec::new(),
        next: None,
    };
    for saved in app.journal().workflows()? {
        let is_seen = which
            .cursor
            .as_deref()
            .is_some_and(|seen| saved.id.as_str() <= seen);
        if is_seen {
            continue;
        }
        let Some(workflow) = app.journal().workflow(saved.hash)? else {
            continue;
        };
        if !which.lets_through(&workflow) {
            continue;
        }
        if list.items.len() == limit {
            list.next = list.items.last().map(|last: &WorkflowRow| last.id.clone());
            break;
        }
        list.items.push(row(app, &saved, &workflow)?);
    }
    Ok(list)
}

fn row(app: &App, saved: &WorkflowRef, workflow: &Workflow) -> Result<WorkflowRow, ReadError> {
    let filter = RunFilter {
        workflow: Some(saved.id.clone()),
        ..RunFilter::default()
    };
    let last = app.journal().runs(&filter, None, 1)?.rows.pop();
    let versions = app.journal().workflow_history(&saved.id, None, 1)?;
    let published = published::find(app.journal(), &saved.id)?;
    Ok(WorkflowRow {
        published_hash: published.map(|published| published.hash.to_string()),
        branch_of: branch::find(app.journal(), &saved.id)?.map(|branch| branch.from.to_string()),
        name: name_of(workflow),
        description: text_of(workflow, "description").to_owned(),
        nodes: workflow.graph.nodes.len(),
        tags: tags_of(workflow).map(str::to_owned).collect(),
        updated_at: versions.first().and_then(|current| current.saved.saved_at),
        last_run: last
            .map(|last| RunRow::of(app.journal(), last))
            .transpose()?,
        id: saved.id.to_string(),
        version: saved.version,
        hash: saved.hash.to_string(),
    })
}

impl Which {
    fn lets_through(&self, workflow: &Workflow) -> bool {
        let tagged = |tag: &String| tags_of(workflow).any(|found| found == tag);
        let text = format!(
            "{} {} {}",
            workflow.id,
            workflow.name,
            text_of(workflow, "description")
        );
        let text = text.to_lowercase();
        let has_words = self
            .query
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word));
        has_words && self.tag.as_ref().is_none_or(tagged)
    }
}

/// What people call it; the id when it has no name.
pub(crate) fn name_of(workflow: &Workflow) -> String {
    if workflow.name.is_empty() {
        workflow.id.to_string()
    } else {
        workflow.name.clone()
    }
}

fn text_of<'a>(workflow: &'a Workflow, field: &str) -> &'a str {
    let text = workflow.extra.get(field).and_then(Value::as_str);
    text.unwrap_or_default()
}

fn tags_of(workflow: &Workflow) -> impl Iterator<Item = &str> {
    let tags = workflow.extra.get("tags").and_then(Value::as_list);
    tags.into_iter()
        .flat_map(|tags| tags.iter())
        .filter_map(Value::as_str)
}

/// Saves a workflow, as JSON or YAML. One without an id gets one from its name; `If-None-Match: *` refuses to
/// save over one that is there.
#[utoipa::path(post, path = "/workflows", tag = "workflows",
    request_body(content((shapes::Workflow = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 201, body = Saved),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
        (status = 412, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(app): State<AppState>,
    person: Person,
    headers: HeaderMap,
    Document(workflow): Document,
) -> Result<Response, HttpProblem> {
    let made = Made::saved(&person);
    let must_be_new = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag == "*");
    let saved = off_reactor(move || {
        if must_be_new && app.journal().latest_workflow(&workflow.id)?.is_some() {
            let detail = format!("there is a workflow `{}` already", workflow.id);
            return Err(precondition("workflow-exists", detail));
        }
        keep(&app, &workflow, &made)
    })
    .await?;
    let location = format!("/api/v1/workflows/{}", saved.id);
    let mut response = (StatusCode::CREATED, Json(saved)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The document, as JSON, or as YAML for `Accept: application/yaml`.
#[utoipa::path(get, path = "/workflows/{id}", tag = "workflows",
    params(("id" = String, Path, description = "the workflow"), Version),
    responses(
        (status = 200, content((shapes::Workflow = "application/json"), (String = "application/yaml"))),
        (status = 304, description = "it is the one named by If-None-Match"),
        (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(version): QueryOf<Version>,
    headers: HeaderMap,
) -> Result<Response, HttpProblem> {
    app.rooms().settle(&id.as_str().into()).await?;
    let workflow = off_reactor(move || find(&app, &id, version.hash.as_deref())).await?;
    let tag = etag(&workflow);
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let mut response = document(&workflow, wants_yaml(&headers))?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

/// Saves a workflow under this id. `If-Match` refuses to save over a version that the author did not see.
#[utoipa::path(put, path = "/workflows/{id}", tag = "workflows",
    params(("id" = String, Path, description = "the workflow")),
    request_body(content((shapes::Workflow = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, body = Saved),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
        (status = 412, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn save(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
    Document(mut workflow): Document,
) -> Result<Json<Saved>, HttpProblem> {
    workflow.id = WorkflowId::from(id);
    app.rooms().settle(&workflow.id).await?;
    let seen = headers.get(header::IF_MATCH).cloned();
    off_reactor(move || {
        if let Some(seen) = seen.filter(|seen| seen != "*") {
            let current = app.journal().latest_workflow(&workflow.id)?;
            if current.as_ref().map(etag) != Some(seen) {
                let detail = format!("`{}` was saved by somebody else meanwhile", workflow.id);
                return Err(precondition("stale-version", detail)
                    .with_hint("read it again and make the change in that version"));
            }
        }
        keep(&app, &workflow, &Made::saved(&person)).map(Json)
    })
    .await
}

pub(crate) fn precondition(code: &'static str, detail: String) -> HttpProblem {
    HttpProblem::new(StatusCode::PRECONDITION_FAILED, code, detail)
}

/// Saves, unless it is saved already, and tells whoever watches. A workflow that has a shared document is changed there,
/// where it differs, so that nobody loses what they are typing. Blocks; must be called off the reactor.
pub(crate) fn keep(app: &App, workflow: &Workflow, made: &Made) -> Result<Saved, HttpProblem> {
    let workflow = &workflow.clone().sealed(&app.runtime().catalogue());
    let id = &workflow.id;
    if !app.rooms().has(id)? {
        put(app, workflow, made)?;
        return Ok(Saved::of(app, workflow));
    }
    let wanted = workflow.clone();
    let changed = change(app, id, made.clone(), move |doc, texts| {
        reconcile(doc, &wanted, texts, "save");
        Ok(())
    })?;
    Ok(Saved::of(app, &changed))
}

/// Applies an accepted proposal to the workflow as it is at this moment, as one change of one author; the workflow as
/// it is then. Blocks; must be called off the reactor.
pub(crate) fn apply_accepted(
    app: &App,
    accepted: &Accepted,
    made: Made,
    client: Option<u32>,
) -> Result<Workflow, HttpProblem> {
    let id = &accepted.workflow.id;
    if !app.rooms().has(id)? {
        put(app, &accepted.workflow, &made)?;
        return Ok(accepted.workflow.clone());
    }
    let patch = accepted.patch.clone();
    change(app, id, made, move |doc, texts| {
        let applied = match client {
            Some(client) => apply_patch_as(doc, &patch, texts, client.into()),
            None => apply_patch(doc, &patch, texts, "proposal"),
        };
        applied.map_err(|error| format!("the workflow was changed meanwhile: {error}"))
    })
}

fn change(
    app: &App,
    id: &WorkflowId,
    made: Made,
    make: impl FnOnce(&Doc, &Texts) -> Result<(), String> + Send + 'static,
) -> Result<Workflow, HttpProblem> {
    let changed = app.rooms().change(id, made, make);
    Ok(Handle::current().block_on(changed)?)
}

fn put(app: &App, workflow: &Workflow, made: &Made) -> Result<(), HttpProblem> {
    let hash = workflow.hash();
    let current = app.journal().latest_workflow(&workflow.id)?;
    if current
        .as_ref()
        .is_none_or(|current| current.hash() != hash)
    {
        let note = made.note(current.as_ref(), workflow);
        app.journal()
            .put_version(workflow, SystemClock.now(), note)?;
        app.plans().forget(&workflow.id);
        app.hub()
            .tell_workflow(workflow.id.as_str(), Some(&hash.to_string()));
    }
    Ok(())
}

impl Saved {
    fn of(app: &App, workflow: &Workflow) -> Self {
        Self {
            id: workflow.id.to_string(),
            version: workflow.version,
            hash: workflow.hash().to_string(),
            problems: check(workflow, &app.runtime().catalogue()),
        }
    }
}

fn find(app: &App, id: &str, hash: Option<&str>) -> Result<Workflow, HttpProblem> {
    let workflow = match hash {
        None => app.journal().latest_workflow(&id.into())?,
        Some(hash) => app.journal().workflow(hash_of(hash)?)?,
    };
    workflow
        .filter(|workflow| workflow.id.as_str() == id)
        .ok_or_else(|| HttpProblem::no_workflow(id))
}

/// The hash that a client names.
pub(crate) fn hash_of(text: &str) -> Result<Address, HttpProblem> {
    let hash = text.parse::<Address>();
    hash.map_err(|_| HttpProblem::invalid("wrong-hash", format!("`{text}` is not a hash")))
}

/// The document as a response.
pub(crate) fn document(workflow: &Workflow, yaml: bool) -> Result<Response, HttpProblem> {
    if !yaml {
        return Ok(Json(workflow).into_response());
    }
    let text = file::to_yaml(workflow)
        .map_err(|error| HttpProblem::invalid("too-deep", error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], text).into_response())
}

fn wants_yaml(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("yaml")))
}

fn etag(workflow: &Workflow) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", workflow.hash())).expect("hexadecimal digits")
}

/// The workflow's plan, from memory when it is known there.
pub(crate) async fn plan(
    app: &AppState,
    id: &WorkflowId,
) -> Result<Arc<flowforge_engine::machine::Plan>, HttpProblem> {
    app.rooms().settle(id).await?;
    if let Some(plan) = app.plans().known(id) {
        return Ok(plan);
    }
    let (app, id) = (Arc::clone(app), id.clone());
    off_reactor(move || app.plans().load(&id)).await
}

/// Takes a workflow off the list; its runs, and the versions that they executed, stay.
#[utoipa::path(delete, path = "/workflows/{id}", tag = "workflows", params(("id" = String, Path, description = "the workflow")), responses(
    (status = 204),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, HttpProblem> {
    let workflow = WorkflowId::from(id);
    app.rooms().remove(&workflow).await;
    let (taking, taken) = (Arc::clone(&app), workflow.clone());
    off_reactor(move || take_off(&taking, &taken)).await?;
    // Whoever came in between is sent away, too: nothing of it is saved any more.
    app.rooms().remove(&workflow).await;
    off_reactor(move || {
        app.journal().remove_document(&workflow)?;
        app.plans().forget(&workflow);
        app.hub().tell_workflow(workflow.as_str(), None);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn take_off(app: &App, workflow: &WorkflowId) -> Result<(), HttpProblem> {
    if !app.journal().remove_workflow(workflow)? {
        return Err(HttpProblem::no_workflow(workflow.as_str()));
    }
    published::forget(app.journal(), workflow)?;
    branch::forget(app.journal(), workflow)?;
    Ok(())
}

/// A version that was saved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionRow {
    hash: String,
    /// The number that the document gives itself.
    version: u64,
    /// When it was saved; null when that was not recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    saved_at: Option<Timestamp>,
}

/// The versions that were saved, the current one first.
#[utoipa::path(get, path = "/workflows/{id}/versions", tag = "workflows", params(("id" = String, Path, description = "the workflow")), responses(
    (status = 200, body = List<VersionRow>),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn versions(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<List<VersionRow>>, HttpProblem> {
    off_reactor(move || {
        let versions = app.journal().workflow_versions(&id.as_str().into())?;
        if versions.is_empty() {
            return Err(HttpProblem::no_workflow(&id));
        }
        let items = versions.iter().map(|saved| VersionRow {
            hash: saved.hash.to_string(),
            version: saved.version,
            saved_at: saved.saved_at,
        });
        let items = items.collect();
        Ok(Json(List { items, next: None }))
    })
    .await
}
