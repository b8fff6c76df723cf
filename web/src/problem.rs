//! The one place that turns what went wrong into an HTTP answer: `application/problem+json`.
//!
//! Every error has a stable `code` for programs, a sentence for people, and a hint when something can be done.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowforge_ai::code::reusable::Refused;
use flowforge_ai::heal::HealError;
use flowforge_engine::workflow::file::FileError;
use flowforge_engine::{Place, Problem, Severity};
use flowforge_runtime::RuntimeError;
use flowforge_snapshots::search::SearchError;
use flowforge_snapshots::{ExportError, ImportError, ReadError, WriteError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::AccessError;
use crate::desk::DeskError;
use crate::models::ModelsError;
use crate::rooms::RoomError;
use crate::shelf::ShelfError;

/// Seconds after which a client may ask again when the service is busy or stopping.
const RETRY_AFTER_SECS: u64 = 2;

/// Why a request could not be served (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HttpProblem {
    /// A URI for the kind of problem; always `about:blank`, the kind is `code`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable name of the problem, in kebab-case.
    code: &'static str,
    /// One sentence: what was expected and what was found.
    detail: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The problems of a workflow, when it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<crate::openapi::shapes::Problem>>)]
    problems: Option<Vec<Problem>>,
}

impl HttpProblem {
    /// A problem with this status and code.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            hint: None,
            problems: None,
        }
    }

    /// The same problem with advice.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Something in the request is not what it should be.
    pub(crate) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A named thing is not there.
    pub(crate) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// A bug or a broken disk: the cause goes to the log, not to the client.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request could not be served");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "internal", "the service could not do this").with_hint("its log says why")
    }

    /// There is no workflow with this id.
    pub(crate) fn no_workflow(id: &str) -> Self {
        Self::not_found("no-such-workflow", format!("there is no workflow `{id}`"))
            .with_hint("GET /api/v1/workflows lists them")
    }

    /// There is no run with this id.
    pub(crate) fn no_run(run: impl std::fmt::Display) -> Self {
        Self::not_found("no-such-run", format!("there is no run {run}"))
            .with_hint("GET /api/v1/runs lists them")
    }

    /// A workflow that cannot run.
    pub(crate) fn problems(problems: Vec<Problem>) -> Self {
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let detail = format!("the workflow has {errors} error(s) and cannot run");
        Self {
            problems: Some(problems),
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "workflow-problems",
                detail,
            )
        }
    }

    /// What is wrong, in a sentence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECS.into());
        }
        response
    }
}

impl From<HealError> for HttpProblem {
    fn from(error: HealError) -> Self {
        let detail = error.to_string();
        match error {
            HealError::NoRun(run) => Self::no_run(run),
            HealError::NoFailure { .. } => conflict("no-failure", detail),
            HealError::Called { .. } => conflict("called-workflow", detail),
            HealError::NoWorkflow(_) => damaged(&detail),
            HealError::Read(error) => error.into(),
            HealError::Lab(error) => Self::internal(error),
        }
    }
}

impl From<ModelsError> for HttpProblem {
    fn from(error: ModelsError) -> Self {
        let detail = error.to_string();
        match error {
            ModelsError::Settings(_) => Self::invalid("wrong-setting", detail),
            ModelsError::Blocked(failure) => {
                let problem = Self::invalid("blocked-address", detail);
                match failure.hint {
                    Some(hint) => problem.with_hint(hint),
                    None => problem,
                }
            }
            ModelsError::Read(error) => error.into(),
            ModelsError::Write(error) => error.into(),
        }
    }
}

impl From<Refused> for HttpProblem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        let untested = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail.clone());
        match refused {
            Refused::NoScript { .. } => Self::invalid("no-script", detail),
            Refused::WrongName(_) => Self::invalid("wrong-name", detail),
            Refused::WrongText(_) => Self::invalid("wrong-text", detail),
            Refused::NoExamples(_) => {
                untested("no-examples").with_hint("run the workflow once, or give an example")
            }
            Refused::Fails { .. } => untested("example-fails").with_hint(
                "only `input` is in scope of a node type; change the script, run it, and try again",
            ),
        }
    }
}

impl From<ShelfError> for HttpProblem {
    fn from(error: ShelfError) -> Self {
        match error {
            ShelfError::Refused(refused) => refused.into(),
            ShelfError::Read(error) => error.into(),
            ShelfError::Write(error) => error.into(),
        }
    }
}

impl From<DeskError> for HttpProblem {
    fn from(error: DeskError) -> Self {
        let detail = error.to_string();
        match error {
            DeskError::NoNode(_) => Self::not_found("no-such-node", detail),
            DeskError::Reusable(refused) => refused.into(),
            DeskError::NoProposal(_) => Self::not_found("no-such-proposal", detail)
                .with_hint("GET /api/v1/proposals lists them"),
            DeskError::NoChat(_) => {
                Self::not_found("no-such-chat", detail).with_hint("GET /api/v1/chat lists yours")
            }
            DeskError::OtherWorkflow { .. } => conflict("other-workflow", detail)
                .with_hint("begin a new conversation: leave `chat` out"),
            DeskError::Closed(_) => conflict("proposal-closed", detail),
            DeskError::WrongHash(_) => conflict("wrong-hash", detail)
                .with_hint("read the proposal again and accept the hash that it has"),
            DeskError::Stale(_) => conflict("stale-proposal", detail),
            DeskError::NoPart { .. } => Self::invalid("no-such-part", detail),
            DeskError::WrongText { .. } => Self::invalid("wrong-text", detail),
            DeskError::NoFix => conflict("no-fix", detail),
            DeskError::NotAccepted => conflict("not-accepted", detail)
                .with_hint("accept it first: POST /api/v1/proposals/{id}/accept"),
            DeskError::NoRun(run) => Self::no_run(run),
            DeskError::NoFrame { .. } => Self::not_found("no-such-frame", detail),
            DeskError::NoVersion(_) => damaged(&detail),
            DeskError::Heal(error) => error.into(),
            DeskError::Read(error) => error.into(),
            DeskError::Write(error) => error.into(),
            DeskError::Runtime(error) => error.into(),
        }
    }
}

impl From<RuntimeError> for HttpProblem {
    fn from(error: RuntimeError) -> Self {
        let detail = error.to_string();
        match error {
            RuntimeError::Problems(problems) => Self::problems(problems),
            RuntimeError::NoRun(run) => Self::no_run(run),
            RuntimeError::NoMoment { .. } => Self::not_found("no-such-moment", detail),
            RuntimeError::NoFailure { .. } => Self::not_found("no-such-failure", detail),
            RuntimeError::AtWork { .. } => conflict("node-at-work", detail),
            RuntimeError::Called { .. } => conflict("called-workflow", detail),
            RuntimeError::WouldRepeat { .. } => conflict("would-repeat", detail),
            RuntimeError::NoNode(_) => Self::not_found("no-such-node", detail),
            RuntimeError::Ended { .. } | RuntimeError::Over(_) => conflict("run-ended", detail),
            RuntimeError::AlreadyAnswered { .. } => conflict("already-answered", detail),
            RuntimeError::AlreadyDone { .. } => conflict("already-done", detail),
            RuntimeError::NothingWaits(_) => conflict("nothing-waits", detail),
            RuntimeError::Busy(_) => conflict("run-busy", detail),
            RuntimeError::Stopping => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail)
            }
            RuntimeError::Workflow { .. } => damaged(&detail),
            RuntimeError::Read(error) => error.into(),
            RuntimeError::Write(error) => error.into(),
        }
    }
}

impl From<ReadError> for HttpProblem {
    fn from(error: ReadError) -> Self {
        let detail = error.to_string();
        match error {
            ReadError::NoSuchRun(run) => Self::no_run(run),
            ReadError::NoSuchEvent { .. } => Self::not_found("no-such-moment", detail),
            ReadError::Damaged { .. } => damaged(&detail),
            ReadError::Storage(_) => Self::internal(detail),
        }
    }
}

impl From<WriteError> for HttpProblem {
    fn from(error: WriteError) -> Self {
        let detail = error.to_string();
        match error {
            WriteError::NoSuchUpdate { .. } => Self::internal(detail),
            WriteError::StorageFull => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", detail)
            }
            WriteError::Closed => Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail),
            WriteError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            }
            WriteError::NoSuchRun(run) => Self::no_run(run),
            WriteError::RunExists(_) => conflict("run-exists", detail),
            WriteError::KeyTaken { .. } => conflict("key-taken", detail),
            WriteError::OutOfOrder { .. } => conflict("run-busy", detail),
            WriteError::Read(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<ExportError> for HttpProblem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Read(error) => error.into(),
            ExportError::Io(error) => Self::internal(error),
        }
    }
}

impl From<ImportError> for HttpProblem {
    fn from(error: ImportError) -> Self {
        let detail = error.to_string();
        let unusable = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, &*detail);
        match error {
            ImportError::NotARun => unusable("not-a-run"),
            ImportError::Newer { .. } => unusable("newer-format"),
            ImportError::Damaged(_) => unusable("damaged-file"),
            ImportError::Conflict(_) => conflict("run-exists", detail),
            ImportError::Write(error) => error.into(),
        }
    }
}

impl From<SearchError> for HttpProblem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Syntax(_) | SearchError::TooBroad => {
                Self::invalid("unreadable-question", error.to_string())
            }
            SearchError::Cursor(_) => Self::invalid("unknown-cursor", error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<AccessError> for HttpProblem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Name => Self::invalid("wrong-name", error.to_string()),
            AccessError::Full => conflict("too-many-tokens", error.to_string()),
            AccessError::Links => conflict("too-many-links", error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<RoomError> for HttpProblem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NoWorkflow(id) => Self::no_workflow(id.as_str()),
            RoomError::Full => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too-many-documents",
                error.to_string(),
            )
            .with_hint("try again in a minute"),
            RoomError::Change(why) => conflict("stale-version", why)
                .with_hint("read it again and make the change in that version"),
            RoomError::Read(error) => error.into(),
            RoomError::Write(error) => error.into(),
            RoomError::Damaged(_) | RoomError::Broken => Self::internal(error),
        }
    }
}

/// A text that is no workflow: one problem, with its place in the text.
impl From<FileError> for HttpProblem {
    fn from(error: FileError) -> Self {
        let place = Place {
            line: Some(error.line),
            column: Some(error.column),
            ..Place::default()
        };
        let problem = Problem {
            severity: Severity::Error,
            code: "not-a-workflow".into(),
            message: error.message.clone(),
            hint: error.hint.clone(),
            place,
        };
        Self {
            hint: error.hint.clone(),
            problems: Some(vec![problem]),
            ..Self::invalid("not-a-workflow", error.to_string())
        }
    }
}

pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> HttpProblem {
    HttpProblem::new(StatusCode::CONFLICT, code, detail)
}

/// Law 8: damage is reported, never shown as good.
fn damaged(detail: &str) -> HttpProblem {
    tracing::error!(%detail, "stored data is damaged");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    HttpProblem::new(status, "damaged", detail).with_hint("restore it from a backup or an export")
}
