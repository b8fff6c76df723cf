//! Changes that nobody has accepted yet: looked at, accepted, refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flowforge_ai::Proposal;
use flowforge_ai::proposal::Accepted as AcceptedPatch;
use flowforge_engine::edit::Patch;
use flowforge_engine::frame::Status;
use flowforge_engine::{Address, Problem, RunId};
use flowforge_runtime::mend::Mended;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, limit_of};
use super::runs::{self, Waiting};
use super::workflows;
use crate::access::Person;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::colleague;
use crate::desk::decide::{self, Applied};
use crate::desk::heal::{Alike, Resumed};
use crate::desk::{DeskError, kept};
use crate::history::{Made, author_of, writer};
use crate::openapi::{proposed, shapes};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Which proposals.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only for this workflow.
    workflow: Option<String>,
    /// Only fixes of this run.
    #[param(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// `open`, `accepted` or `rejected`.
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// The proposals, the latest first.
#[utoipa::path(get, path = "/proposals", tag = "ai", params(Which), responses((status = 200, body = List<proposed::Proposal>)))]
pub(crate) async fn list(
    State(app): State<AppState>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<List<Proposal>>, HttpProblem> {
    off_reactor(move || {
        let limit = limit_of(which.limit);
        let items = kept::list(
            app.journal(),
            &kept::Which {
                workflow: which.workflow.as_deref(),
                run: which.run,
                state: which.state.as_deref(),
                before: which.cursor.as_deref(),
                limit,
            },
        )?;
        let last = items.last().filter(|_| items.len() == limit);
        let next = last.map(|last| last.id.clone());
        Ok(Json(List { items, next }))
    })
    .await
}

/// A proposal, with everything that a person needs to judge it.
#[utoipa::path(get, path = "/proposals/{id}", tag = "ai", params(("id" = String, Path, description = "the proposal")), responses(
    (status = 200, body = proposed::Proposal),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Proposal>, HttpProblem> {
    off_reactor(move || find(&app, &id).map(Json)).await
}

/// A person's yes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Yes {
    /// The hash of the patch that they saw.
    #[schema(value_type = String)]
    hash: Address,
    /// The parts that they want, with what these need; all when absent.
    #[serde(default)]
    parts: Vec<usize>,
    /// For a fix: let the run go on from the frame that failed.
    #[serde(default)]
    resume: bool,
    /// The id under which the change comes into the shared document, so that its author can take it back: a number that
    /// no other author has, from 1 to 4294967295.
    #[serde(default)]
    client: Option<u32>,
}

/// What a yes did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    #[schema(value_type = proposed::Proposal)]
    proposal: Proposal,
    workflow: String,
    /// The hash of the version that it made.
    version: String,
    /// What was done, told from the patch.
    applied: Vec<String>,
    /// The patch as it was applied: the accepted parts, on the workflow as it was then.
    #[schema(value_type = Vec<Json_>)]
    patch: Patch,
    /// What takes that back.
    #[schema(value_type = Vec<Json_>)]
    undo: Patch,
    /// What is wrong with the workflow now.
    #[schema(value_type = Vec<shapes::Problem>)]
    problems: Vec<Problem>,
    /// The run that went on, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed: Option<Resumed>,
    /// Why the run did not go on, although that was asked for; the workflow is changed all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resumed: Option<HttpProblem>,
    /// For a fix: other runs that failed in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    alike: Option<Alike>,
}

/// Applies exactly this patch, or parts of it, as one new version of the workflow.
#[utoipa::path(post, path = "/proposals/{id}/accept", tag = "ai", request_body = Yes, params(("id" = String, Path, description = "the proposal"), Waiting), responses(
    (status = 200, body = Accepted),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn accept(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
    QueryOf(waiting): QueryOf<Waiting>,
    JsonBody(yes): JsonBody<Yes>,
) -> Result<Json<Accepted>, HttpProblem> {
    let proposal = {
        let (app, id) = (Arc::clone(&app), id.clone());
        off_reactor(move || find(&app, &id)).await?
    };
    app.rooms().settle(&proposal.workflow).await?;
    let accepting = Arc::clone(&app);
    let resume = yes.resume;
    let applied = off_reactor(move || apply(&accepting, &id, &yes, &person)).await?;
    colleague::share(&app, &applied.proposal).await;
    let mut accepted = Accepted::of(&applied);
    if resume {
        match go_on(&app, &applied, waiting.wait).await {
            Ok(resumed) => accepted.resumed = Some(resumed),
            // The workflow is changed already: an error would say that nothing was.
            Err(problem) => accepted.not_resumed = Some(problem),
        }
    }
    if applied.proposal.mends.is_some() {
        let alike = off_reactor(move || Ok(app.desk().alike_of(&applied.proposal)?));
        accepted.alike = Some(alike.await?);
    }
    Ok(Json(accepted))
}

fn apply(app: &AppState, id: &str, yes: &Yes, person: &Person) -> Result<Applied, HttpProblem> {
    let by = author_of(person);
    let decided = decide::Yes {
        id,
        hash: yes.hash,
        parts: &yes.parts,
        by: &by,
    };
    let made = Made::accepted(writer(&find(app, id)?.origin), by.clone());
    let save =
        |accepted: &AcceptedPatch| workflows::apply_accepted(app, accepted, made, yes.client);
    app.desk().accept(&decided, save)
}

async fn go_on(app: &AppState, applied: &Applied, wait: bool) -> Result<Resumed, HttpProblem> {
    let (desk, proposal) = (Arc::clone(app), applied.proposal.clone());
    let patch = applied.patch.clone();
    let mended = off_reactor(move || Ok(desk.desk().go_on(&proposal, &patch)?)).await?;
    resumed(app, mended, wait).await
}

/// How the mended run stands: when it has come to rest, or as soon as it is on its way.
async fn resumed(app: &AppState, mended: Mended, wait: bool) -> Result<Resumed, HttpProblem> {
    let run = mended.handle.id;
    let status = if wait {
        mended.handle.ended().await?.status
    } else {
        runs::recorded(app, mended.handle).await?;
        Status::Running
    };
    Ok(Resumed::new(run, mended.same_run, status))
}

impl Accepted {
    fn of(applied: &Applied) -> Self {
        Self {
            workflow: applied.workflow.id.to_string(),
            version: applied.workflow.hash().to_string(),
            proposal: applied.proposal.clone(),
            applied: applied.sentences.clone(),
            patch: applied.patch.clone(),
            undo: applied.undo.clone(),
            problems: applied.problems.clone(),
            resumed: None,
            not_resumed: None,
            alike: None,
        }
    }
}

/// Closes a proposal without applying it.
#[utoipa::path(post, path = "/proposals/{id}/reject", tag = "ai", params(("id" = String, Path, description = "the proposal")), responses(
    (status = 200, body = proposed::Proposal),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn reject(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
) -> Result<Json<Proposal>, HttpProblem> {
    let rejecting = Arc::clone(&app);
    let rejected =
        off_reactor(move || Ok(rejecting.desk().reject(&id, &author_of(&person))?)).await?;
    colleague::share(&app, &rejected).await;
    Ok(Json(rejected))
}

fn find(app: &AppState, id: &str) -> Result<Proposal, HttpProblem> {
    let found = app.desk().proposal(id)?;
    found.ok_or_else(|| DeskError::NoProposal(id.to_owned()).into())
}
