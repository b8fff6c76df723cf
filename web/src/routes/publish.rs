//! Drafts and what is published: which version triggers run, and what a draft would have done.

use axum::Json;
use axum::extract::State;
use flowforge_engine::frame::Status;
use flowforge_engine::{Address, Clock, RunId, Timestamp, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::diff::{Change, diff_values};
use flowforge_snapshots::{Author, RunFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::history::changed;
use super::workflows;
use crate::access::Person;
use crate::body::{JsonBody, PathOf};
use crate::history::author_of;
use crate::history::judge::{Judge, Judged, Outcome};
use crate::history::past::{Past, document};
use crate::history::published::{self, Published};
use crate::history::who::By;
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, apart, off_reactor};

/// How many runs are played again when nobody says.
const RUNS_DEFAULT: usize = 20;
/// Most runs that are played again.
const RUNS_MAX: usize = 200;
/// Most runs that are looked through for those that can be played again.
const LOOKED_MAX: usize = 1000;

/// Which version to publish.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Publish {
    /// Its hash; the current version when absent.
    hash: Option<String>,
}

/// What is published, and how the draft stands to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishedRow {
    /// The hash of the published version; null when none is.
    hash: Option<String>,
    /// When it was published.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// By whom.
    #[schema(value_type = Option<shapes::Author>)]
    by: Option<Author>,
    /// The hash of the current version.
    draft_hash: String,
    /// Whether the draft differs from what is published.
    draft_differs: bool,
}

/// Publishes a version: triggers run it from now on.
#[utoipa::path(post, path = "/workflows/{id}/publish", tag = "history", request_body = Publish, params(("id" = String, Path, description = "the workflow")), responses(
    (status = 200, body = PublishedRow),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 422, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn publish(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
    JsonBody(publish): JsonBody<Publish>,
) -> Result<Json<PublishedRow>, HttpProblem> {
    off_reactor(move || {
        let past = Past::of(app.journal(), &id)?;
        let hash = publish
            .hash
            .as_deref()
            .map(workflows::hash_of)
            .transpose()?;
        let hash = hash.unwrap_or(past.last().saved.hash);
        past.find(hash)?;
        // What cannot run is not published.
        app.runtime().prepare(document(app.journal(), hash)?)?;
        let published = Published {
            hash,
            at: SystemClock.now(),
            by: author_of(&person),
        };
        published::keep(app.journal(), &past.id, &published)?;
        let draft = past.last().saved.hash;
        app.hub().tell_workflow(&id, Some(&draft.to_string()));
        Ok(Json(PublishedRow::of(Some(published), draft)))
    })
    .await
}

/// Which version is published.
#[utoipa::path(get, path = "/workflows/{id}/published", tag = "history", params(("id" = String, Path, description = "the workflow")), responses(
    (status = 200, body = PublishedRow),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<PublishedRow>, HttpProblem> {
    off_reactor(move || {
        let workflow = WorkflowId::from(id.as_str());
        let draft = app.journal().latest_workflow(&workflow)?;
        let draft = draft.ok_or_else(|| HttpProblem::no_workflow(&id))?.hash();
        let published = published::find(app.journal(), &workflow)?;
        Ok(Json(PublishedRow::of(published, draft)))
    })
    .await
}

impl PublishedRow {
    fn of(published: Option<Published>, draft: Address) -> Self {
        let hash = published.as_ref().map(|published| published.hash);
        Self {
            hash: hash.map(|hash| hash.to_string()),
            at: published.as_ref().map(|published| published.at),
            by: published.map(|published| published.by),
            draft_hash: draft.to_string(),
            draft_differs: hash != Some(draft),
        }
    }
}

/// Which runs to play again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Check {
    /// These; the latest ones that ended by themselves when absent.
    #[schema(value_type = Option<Vec<String>>)]
    runs: Option<Vec<RunId>>,
    /// How many of the latest.
    #[schema(default = 20, maximum = 200)]
    count: Option<usize>,
}

/// What the draft would have made of recorded runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tried {
    /// How many come to what they came to.
    same: usize,
    /// Those that come to something else.
    differs: Vec<Differs>,
    /// Those that cannot be told, because the draft asks what no recording answers.
    untold: Vec<Untold>,
    /// Who changed what since the published version, or since the first one when none is published.
    by_author: Vec<By>,
}

/// A run that comes to something else.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Differs {
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// What it came to.
    #[schema(value_type = shapes::Status)]
    recorded: Status,
    /// What it comes to under the draft; null when the draft has errors.
    #[schema(value_type = Option<shapes::Status>)]
    draft: Option<Status>,
    /// How the outputs differ.
    #[schema(value_type = Vec<Json_>)]
    output: Vec<Change>,
    /// What is wrong with the draft, when it has errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// A run that cannot be told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Untold {
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// What is in the way.
    why: String,
}

/// Plays recorded runs again under the draft, from their recordings; nothing is performed.
#[utoipa::path(post, path = "/workflows/{id}/publish/check", tag = "history", request_body = Check, params(("id" = String, Path, description = "the workflow")), responses(
    (status = 200, body = Tried),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn check(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    JsonBody(check): JsonBody<Check>,
) -> Result<Json<Tried>, HttpProblem> {
    apart(move || async move { checked(&app, &id, check).await.map(Json) }).await
}

async fn checked(app: &App, id: &str, check: Check) -> Result<Tried, HttpProblem> {
    let past = Past::of(app.journal(), id)?;
    let draft = past.last().saved.hash;
    let published = published::find(app.journal(), &past.id)?;
    let published = published.filter(|published| past.position(published.hash).is_some());
    let since = published.map_or(past.versions[0].saved.hash, |published| published.hash);
    let mut checked = Tried {
        same: 0,
        differs: Vec::new(),
        untold: Vec::new(),
        by_author: changed(app, &past, since, draft)?.by_author(),
    };
    for run in check.runs(app, &past.id)? {
        let judge = Judge::of(app.runtime(), run)?;
        let Some(recorded) = judge.recorded()? else {
            let why = "the run has not ended".into();
            checked.untold.push(Untold { run, why });
            continue;
        };
        let judged = judge.version(draft).await?;
        checked.note(run, recorded, judged);
    }
    Ok(checked)
}

impl Check {
    /// The runs that were named; or the latest ones that ended by themselves, live, from their start.
    fn runs(self, app: &App, id: &WorkflowId) -> Result<Vec<RunId>, HttpProblem> {
        if let Some(mut runs) = self.runs {
            runs.truncate(RUNS_MAX);
            return Ok(runs);
        }
        let filter = RunFilter {
            workflow: Some(id.clone()),
            ..RunFilter::default()
        };
        let rows = app.journal().runs(&filter, None, LOOKED_MAX)?.rows;
        let fit = rows.into_iter().filter(|row| {
            let ended = matches!(row.status, Status::Completed | Status::Failed);
            ended && row.fork_of.is_none()
        });
        let count = self.count.unwrap_or(RUNS_DEFAULT).min(RUNS_MAX);
        Ok(fit.take(count).map(|row| row.run).collect())
    }
}

impl Tried {
    fn note(&mut self, run: RunId, recorded: Outcome, judged: Judged) {
        match judged {
            Judged::Came(outcome) if outcome == recorded => self.same += 1,
            Judged::Came(outcome) => self.differs.push(Differs {
                run,
                recorded: recorded.status,
                draft: Some(outcome.status),
                output: diff_values(
                    &recorded.output.unwrap_or_default(),
                    &outcome.output.unwrap_or_default(),
                ),
                why: None,
            }),
            Judged::Broken(why) => self.differs.push(Differs {
                run,
                recorded: recorded.status,
                draft: None,
                output: Vec::new(),
                why: Some(why),
            }),
            Judged::Unanswered(why) => self.untold.push(Untold { run, why }),
        }
    }
}
