//! The history of a workflow: its versions, who changed what, and going back.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flowforge_ai::proposal::sentences;
use flowforge_engine::edit::Patch;
use flowforge_engine::{Address, Timestamp, WorkflowId};
use flowforge_snapshots::diff::{WorkflowDiff, diff_workflows};
use flowforge_snapshots::{Author, NotedVersion};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, limit_of};
use super::workflows::{self, Saved};
use crate::access::Person;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::history::past::{Past, document};
use crate::history::who::{By, Touch, by_author, newest};
use crate::history::{Made, published};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

/// A version that was saved, and what is known of how it came about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryRow {
    hash: String,
    /// The number that the document gives itself.
    version: u64,
    /// When it was saved; null when that was not recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    saved_at: Option<Timestamp>,
    /// What somebody called it.
    name: Option<String>,
    /// Who made it of the version before; nobody when that was not recorded.
    #[schema(value_type = Vec<shapes::Author>)]
    authors: Vec<Author>,
    /// What they touched: `nodes/fetch/params/url`, `edges/a.out>b.in`, `meta/name`.
    touched: Vec<String>,
    /// `typing`, `save`, `proposal`, `restore`, `import` or `seed`; empty when that was not recorded.
    origin: String,
    /// Whether it is the published version.
    published: bool,
}

impl HistoryRow {
    /// The row of a version; `published` is the hash of the published one.
    pub(crate) fn of(version: NotedVersion, published: Option<Address>) -> Self {
        let NotedVersion { saved, note, .. } = version;
        Self {
            hash: saved.hash.to_string(),
            version: saved.version,
            saved_at: saved.saved_at,
            name: note.name,
            authors: note.authors,
            touched: note.touched,
            origin: note.origin,
            published: published == Some(saved.hash),
        }
    }
}

/// The hash of the published version, if there is one.
pub(crate) fn published_hash(app: &App, id: &WorkflowId) -> Result<Option<Address>, HttpProblem> {
    let found = published::find(app.journal(), id)?;
    Ok(found.map(|published| published.hash))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// `next` of the page before.
    cursor: Option<u64>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// The versions that were saved, the current one first. One that was saved again after another is there twice.
#[utoipa::path(get, path = "/workflows/{id}/history", tag = "history", params(("id" = String, Path, description = "the workflow"), Page), responses(
    (status = 200, body = List<HistoryRow>),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(page): QueryOf<Page>,
) -> Result<Json<List<HistoryRow>>, HttpProblem> {
    off_reactor(move || {
        let (limit, workflow) = (limit_of(page.limit), WorkflowId::from(id.as_str()));
        let found = app
            .journal()
            .workflow_history(&workflow, page.cursor, limit)?;
        if found.is_empty() && app.journal().latest_workflow(&workflow)?.is_none() {
            return Err(HttpProblem::no_workflow(&id));
        }
        let last = found.last().filter(|_| found.len() == limit);
        let next = last.map(|last| last.order.to_string());
        let published = published_hash(&app, &workflow)?;
        let rows = found
            .into_iter()
            .map(|version| HistoryRow::of(version, published));
        let items = rows.collect();
        Ok(Json(List { items, next }))
    })
    .await
}

/// What to call a version.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VersionName {
    /// Null or nothing takes the name away.
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// Names a version.
#[utoipa::path(put, path = "/workflows/{id}/versions/{hash}/name", tag = "history", request_body = VersionName,
    params(("id" = String, Path, description = "the workflow"), ("hash" = String, Path, description = "the version")),
    responses(
        (status = 200, body = HistoryRow),
        (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn name(
    State(app): State<AppState>,
    PathOf((id, hash)): PathOf<(String, String)>,
    JsonBody(named): JsonBody<VersionName>,
) -> Result<Json<HistoryRow>, HttpProblem> {
    off_reactor(move || {
        let hash = workflows::hash_of(&hash)?;
        let workflow = WorkflowId::from(id.as_str());
        app.journal()
            .name_version(&workflow, hash, named.name.as_deref())?;
        let past = Past::of(app.journal(), &id)?;
        let version = past.versions[past.find(hash)?].clone();
        Ok(Json(HistoryRow::of(
            version,
            published_hash(&app, &workflow)?,
        )))
    })
    .await
}

/// Of what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Of {
    /// Only places of this node.
    node: Option<String>,
}

/// Who touched a place last.
#[derive(Serialize, ToSchema)]
pub(crate) struct Blamed {
    /// `nodes/fetch/params/url`; `nodes/fetch` when the whole node was added, moved or removed.
    place: String,
    /// Null when that was not recorded.
    #[schema(value_type = Option<shapes::Author>)]
    author: Option<Author>,
    /// When; null when that was not recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// The first version that has it; null while none has.
    hash: Option<String>,
}

/// Who touched each place last, by place. A place without an entry is as it was when its node was added.
#[utoipa::path(get, path = "/workflows/{id}/blame", tag = "history", params(("id" = String, Path, description = "the workflow"), Of), responses(
    (status = 200, body = List<Blamed>),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn blame(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(of): QueryOf<Of>,
) -> Result<Json<List<Blamed>>, HttpProblem> {
    off_reactor(move || {
        let touches = Past::of(app.journal(), &id)?.all_touches(app.journal())?;
        let newest: BTreeMap<String, Touch> = newest(touches, of.node.as_deref());
        let items = newest.into_iter().map(|(place, touch)| Blamed {
            place,
            author: touch.author,
            at: touch.at,
            hash: touch.hash.map(|hash| hash.to_string()),
        });
        let items = items.collect();
        Ok(Json(List { items, next: None }))
    })
    .await
}

/// Between which versions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Between {
    /// A version.
    from: String,
    /// Another one; the current one when absent.
    to: Option<String>,
}

/// What differs between two versions, and who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changes {
    /// What makes the second of the first, as edits.
    #[schema(value_type = Vec<Json_>)]
    patch: Patch,
    /// The same in words, one sentence an edit.
    sentences: Vec<String>,
    /// The same for the eye: node by node, code by line.
    #[schema(value_type = Json_)]
    diff: WorkflowDiff,
    /// Who did what of it. What was taken back meanwhile is not there.
    by: Vec<By>,
}

/// Who changed what between two versions. The earlier one may be either.
#[utoipa::path(get, path = "/workflows/{id}/changes", tag = "history", params(("id" = String, Path, description = "the workflow"), Between), responses(
    (status = 200, body = Changes),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn changes(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(between): QueryOf<Between>,
) -> Result<Json<Changes>, HttpProblem> {
    off_reactor(move || {
        let past = Past::of(app.journal(), &id)?;
        let from = workflows::hash_of(&between.from)?;
        let to = between.to.as_deref().map(workflows::hash_of).transpose()?;
        let to = to.unwrap_or(past.last().saved.hash);
        changed(&app, &past, from, to).map(Json)
    })
    .await
}

/// What differs between two versions, and who did it.
pub(crate) fn changed(
    app: &App,
    past: &Past,
    from: Address,
    to: Address,
) -> Result<Changes, HttpProblem> {
    let range = past.between(from, to)?;
    let (old, new) = (document(app.journal(), from)?, document(app.journal(), to)?);
    let patch = Patch::diff(&old, &new);
    let touches = past.touches(app.journal(), range.start() + 1..=*range.end())?;
    Ok(Changes {
        by: by_author(&touches, &patch),
        diff: diff_workflows(&old, &new),
        sentences: sentences(&patch, &old),
        patch,
    })
}

impl Changes {
    /// Who did what.
    pub(crate) fn by_author(self) -> Vec<By> {
        self.by
    }
}

/// Which version.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Restore {
    /// Its hash.
    hash: String,
}

/// Makes an older version the current one again, as a new edit: what came in between stays in the history.
#[utoipa::path(post, path = "/workflows/{id}/restore", tag = "history", request_body = Restore, params(("id" = String, Path, description = "the workflow")), responses(
    (status = 200, body = Saved),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn restore(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
    JsonBody(restore): JsonBody<Restore>,
) -> Result<Json<Saved>, HttpProblem> {
    off_reactor(move || {
        let hash = workflows::hash_of(&restore.hash)?;
        Past::of(app.journal(), &id)?.find(hash)?;
        let workflow = document(app.journal(), hash)?;
        workflows::keep(&app, &workflow, &Made::restored(&person)).map(Json)
    })
    .await
}
