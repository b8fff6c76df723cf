//! Branches of a workflow, and merging them back by review.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flowforge_ai::Proposal;
use flowforge_engine::{Clock, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::workflows::{self, Saved};
use crate::access::Person;
use crate::body::{JsonBody, PathOf};
use crate::history::Made;
use crate::history::branch::{self, Branch, Merge};
use crate::history::past::{Past, document};
use crate::openapi::proposed;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

/// A branch to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewBranch {
    /// Its id; made from the workflow's when absent.
    id: Option<String>,
    /// Its name; made from the workflow's when absent.
    name: Option<String>,
    /// The hash of the version that it is a copy of; the current one when absent.
    hash: Option<String>,
}

/// A branch that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Branched {
    #[serde(flatten)]
    saved: Saved,
    /// The workflow that it came from.
    from: String,
    /// The version of that.
    base: String,
}

/// Makes a copy of a version, of the current one when no other is named, that remembers where it came from.
#[utoipa::path(post, path = "/workflows/{id}/branch", tag = "history", request_body = NewBranch, params(("id" = String, Path, description = "the workflow")), responses(
    (status = 201, body = Branched),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 412, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewBranch>,
) -> Result<(StatusCode, Json<Branched>), HttpProblem> {
    off_reactor(move || {
        let origin = new.origin(&app, &id)?;
        let copy = new.copy_of(&app, &origin)?;
        let saved = workflows::keep(&app, &copy, &Made::seeded(&person))?;
        let kept = Branch {
            from: origin.id.clone(),
            base: origin.hash(),
            first: copy.hash(),
        };
        branch::keep(app.journal(), &copy.id, &kept)?;
        let branched = Branched {
            saved,
            from: id,
            base: kept.base.to_string(),
        };
        Ok((StatusCode::CREATED, Json(branched)))
    })
    .await
}

impl NewBranch {
    /// The version to copy.
    fn origin(&self, app: &App, id: &str) -> Result<Workflow, HttpProblem> {
        let Some(hash) = self.hash.as_deref() else {
            return current(app, id);
        };
        let hash = workflows::hash_of(hash)?;
        Past::of(app.journal(), id)?.find(hash)?;
        Ok(document(app.journal(), hash)?)
    }

    fn copy_of(self, app: &App, origin: &Workflow) -> Result<Workflow, HttpProblem> {
        let id = match self.id {
            Some(id) => unused(app, &id)?,
            None => branch::free_id(app.journal(), &origin.id)?,
        };
        let name = self.name.filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| format!("{} (branch)", workflows::name_of(origin)));
        Ok(branch::copy(origin, id, name))
    }
}

fn unused(app: &App, id: &str) -> Result<WorkflowId, HttpProblem> {
    let wanted = WorkflowId::from(id);
    if app.journal().latest_workflow(&wanted)?.is_none() {
        return Ok(wanted);
    }
    let detail = format!("there is a workflow `{id}` already");
    Err(workflows::precondition("workflow-exists", detail))
}

fn current(app: &App, id: &str) -> Result<Workflow, HttpProblem> {
    let workflow = app.journal().latest_workflow(&id.into())?;
    workflow.ok_or_else(|| HttpProblem::no_workflow(id))
}

/// What to merge.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewMerge {
    /// The branch; or for a branch, the workflow that it came from.
    from: String,
}

/// Proposes what a branch changed, by part. Nothing is changed before somebody accepts it.
#[utoipa::path(post, path = "/workflows/{id}/merge", tag = "history", request_body = NewMerge, params(("id" = String, Path, description = "the workflow")), responses(
    (status = 201, body = proposed::Proposal),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn merge(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewMerge>,
) -> Result<(StatusCode, Json<Proposal>), HttpProblem> {
    off_reactor(move || {
        let (into, from) = (WorkflowId::from(id), WorkflowId::from(new.from));
        let merge = Merge::of(app.journal(), &into, &from)?;
        let catalogue = app.runtime().catalogue();
        let now = SystemClock.now();
        let proposal = merge.propose(&catalogue, now, crate::desk::new_id())?;
        if proposal.patch.is_empty() {
            let detail = format!("`{into}` has everything that `{from}` changed");
            return Err(HttpProblem::invalid("nothing-to-merge", detail));
        }
        app.desk().offer(&proposal)?;
        Ok((StatusCode::CREATED, Json(proposal)))
    })
    .await
}
