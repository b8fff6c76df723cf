//! What a text with `{{ expressions }}` becomes, for a scope that is given or was recorded. Evaluated in the
//! sandbox; nothing is performed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flowforge_engine::script::{
    EvaluateLimits, EvaluateRequest, Evaluated, References, Resolved, Template,
};
use flowforge_engine::value::Record;
use flowforge_engine::{Failure, FailureKind, Problem, RunId, Seq, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::check::problem;
use crate::body::JsonBody;
use crate::openapi::shapes;
use crate::past::scope_of_frame;
use crate::preview::preview;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// A text to evaluate.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Expression {
    /// A text with `{{ expressions }}`; one whole `{{ expression }}` keeps its type.
    text: String,
    /// What is in scope.
    #[serde(default)]
    scope: Scope,
}

/// What is in scope: the values themselves, or those of a recorded frame.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct Scope {
    /// The run whose frame gives the scope.
    #[schema(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// The event that opened the frame.
    #[schema(value_type = Option<u64>)]
    frame: Option<Seq>,
    /// `input`, `nodes`, `item`, `index`, `vars`; they count more than those of the frame.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Json_>)]
    values: BTreeMap<String, Value>,
}

/// What became of it: a value, or a problem.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// What the text becomes.
    Value {
        /// The value, or its preview.
        value: Json_,
        /// The size of its JSON.
        bytes: usize,
    },
    /// Why it becomes nothing.
    Problem {
        /// Why, with line and column in the text.
        #[schema(value_type = shapes::Problem)]
        problem: Problem,
    },
}

/// What a text with `{{ expressions }}` becomes.
#[utoipa::path(post, path = "/expressions", tag = "catalogue", request_body = Expression, responses(
    (status = 200, body = Outcome),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn evaluate(
    State(app): State<AppState>,
    JsonBody(expression): JsonBody<Expression>,
) -> Result<Json<Outcome>, HttpProblem> {
    let template = match Template::parse(&Value::from(expression.text.as_str())) {
        Ok(template) => template,
        Err(failure) => return Ok(Json(Outcome::of(Err(failure)))),
    };
    let references = template.references();
    let looking = Arc::clone(&app);
    let scope = off_reactor(move || expression.scope.resolve(&looking, &references)).await?;
    Ok(Json(Outcome::of(filled(&app, &template, scope).await)))
}

/// The text's value; what is more than a plain path goes through the sandbox.
async fn filled(app: &AppState, template: &Template, scope: Value) -> Result<Value, Failure> {
    let sources = match template.resolve(&scope)? {
        Resolved::Value(value) => return Ok(value),
        Resolved::Needs(sources) => sources,
    };
    let request = EvaluateRequest {
        sources,
        scope: scope.clone(),
        answers: Vec::new(),
        limits: EvaluateLimits::default(),
    };
    match app.runtime().evaluate(request).await.result {
        Evaluated::Done(values) => Ok(template.fill(&scope, &values)),
        Evaluated::Failed(failure) => Err(failure),
        Evaluated::Needs(_) => Err(Failure::new(
            FailureKind::Unrecorded,
            "this asks the world, which only a run does",
        )),
    }
}

impl Scope {
    fn resolve(self, app: &AppState, references: &References) -> Result<Value, HttpProblem> {
        let mut fields = match (self.run, self.frame) {
            (Some(run), Some(frame)) => scope_of_frame(app.journal(), run, frame, references)?,
            (None, None) => BTreeMap::new(),
            _ => {
                let detail = "a recorded scope needs both `run` and `frame`";
                return Err(HttpProblem::invalid("wrong-scope", detail));
            }
        };
        fields.extend(self.values);
        Ok(Value::Record(fields.into_iter().collect::<Record>()))
    }
}

impl Outcome {
    fn of(result: Result<Value, Failure>) -> Self {
        match result {
            Ok(value) => Self::Value {
                bytes: value.to_json_text().len(),
                value: preview(&value),
            },
            Err(failure) => Self::Problem {
                problem: problem(failure),
            },
        }
    }
}
