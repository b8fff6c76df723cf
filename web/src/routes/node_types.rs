//! The node types of the workspace: made from script nodes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowforge_ai::code::reusable::{Example, Reusable};
use flowforge_engine::{NodeId, Workflow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use crate::body::{JsonBody, PathOf};
use crate::desk::Reuse;
use crate::openapi::{proposed, shapes};
use crate::problem::HttpProblem;
use crate::service::{AppState, apart, off_reactor};
use crate::shelf;

/// A script node that is to become a node type.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewNodeType {
    workflow: String,
    /// The workflow as the person sees it, when that is not the saved one.
    #[schema(value_type = Option<shapes::Workflow>)]
    draft: Option<Workflow>,
    /// The script node.
    node: String,
    /// Its name in files: `parse-price` gives `workspace.parse-price`.
    name: String,
    /// Its name for people.
    title: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Tests; what was recorded of the node with this script when empty.
    #[serde(default)]
    #[schema(value_type = Vec<proposed::TestExample>)]
    examples: Vec<Example>,
    /// Run the tests and show what would be made; keep nothing.
    #[serde(default)]
    check: bool,
}

/// A node type of the workspace with its versions.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodeTypeVersions {
    /// Whether it can be placed no more.
    removed: bool,
    /// The newest first. A version never changes.
    #[schema(value_type = Vec<proposed::Reusable>)]
    versions: Vec<Reusable>,
}

/// Makes a node type of a script node. What was recorded of the node are its tests; one that fails refuses it. The
/// same name again makes the next version: workflows keep the one that they were saved with.
#[utoipa::path(post, path = "/node-types", tag = "catalogue", request_body = NewNodeType, responses(
    (status = 201, body = proposed::Reusable),
    (status = 200, description = "with `check`: what would be made", body = proposed::Reusable),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 422, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(app): State<AppState>,
    JsonBody(new): JsonBody<NewNodeType>,
) -> Result<Response, HttpProblem> {
    let check = new.check;
    let making = Arc::clone(&app);
    let made = apart(move || async move {
        let node = NodeId::from(new.node);
        let wish = Reuse {
            workflow: new.workflow.into(),
            draft: new.draft,
            node: &node,
            name: &new.name,
            title: &new.title,
            description: &new.description,
            examples: new.examples,
        };
        Ok(making.desk().reusable(wish).await?)
    });
    let made = made.await?;
    if check {
        return Ok(Json(made).into_response());
    }
    let kept = off_reactor(move || Ok(app.shelf().put(made)?)).await?;
    Ok((StatusCode::CREATED, Json(kept)).into_response())
}

/// The node types of the workspace, by name, each in its newest version.
#[utoipa::path(get, path = "/node-types", tag = "catalogue", responses((status = 200, body = List<proposed::Reusable>)))]
pub(crate) async fn list(State(app): State<AppState>) -> Result<Json<List<Reusable>>, HttpProblem> {
    off_reactor(move || {
        let all = shelf::all(app.journal())?.into_iter();
        let items = all.filter_map(|mut kept| kept.versions.pop()).collect();
        Ok(Json(List { items, next: None }))
    })
    .await
}

/// A node type of the workspace, also one that was taken off.
#[utoipa::path(get, path = "/node-types/{name}", tag = "catalogue", params(("name" = String, Path, description = "`workspace.parse-price`")), responses(
    (status = 200, body = NodeTypeVersions),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(name): PathOf<String>,
) -> Result<Json<NodeTypeVersions>, HttpProblem> {
    off_reactor(move || {
        let kept = shelf::find(app.journal(), &name)?.ok_or_else(|| no_type(&name))?;
        let mut versions = kept.versions;
        versions.reverse();
        let removed = kept.removed;
        Ok(Json(NodeTypeVersions { removed, versions }))
    })
    .await
}

/// Takes a node type off the catalogue. Workflows that use it hold its definition and go on.
#[utoipa::path(delete, path = "/node-types/{name}", tag = "catalogue", params(("name" = String, Path, description = "`workspace.parse-price`")), responses(
    (status = 204),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(
    State(app): State<AppState>,
    PathOf(name): PathOf<String>,
) -> Result<StatusCode, HttpProblem> {
    off_reactor(move || match app.shelf().remove(&name)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_type(&name)),
    })
    .await
}

fn no_type(name: &str) -> HttpProblem {
    let detail = format!("the workspace has no node type `{name}`");
    HttpProblem::not_found("no-such-node-type", detail)
}
