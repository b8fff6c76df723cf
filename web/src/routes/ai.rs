//! Which model answers, and for how much.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flowforge_ai::model::ModelError;
use flowforge_ai::model::budget::{Limits, Totals};
use flowforge_ai::model::endpoint::Models as TaskModels;
use flowforge_ai::model::list::{ModelEntry, Tested};
use flowforge_ai::model::settings::{AiTable, KeyFrom, Place, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use crate::body::JsonBody;
use crate::models::Models;
use crate::openapi::proposed;
use crate::problem::{HttpProblem, conflict};
use crate::service::{AppState, off_reactor};

/// How models are set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Setup {
    /// `model`, or `planner`: the built-in planner that knows no language model.
    mode: &'static str,
    /// The endpoint; `auto` while a server on this machine is looked for.
    base_url: Option<String>,
    /// The model of tasks that have none of their own.
    model: Option<String>,
    #[schema(value_type = proposed::TaskModels)]
    models: TaskModels,
    #[schema(value_type = proposed::Limits)]
    limits: Limits,
    #[schema(value_type = proposed::Spent)]
    spent: Totals,
    /// Where the key came from: `environment` or `file`; the key itself is never told.
    #[schema(value_type = Option<String>)]
    key_from: Option<KeyFrom>,
}

/// What a person sets; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Changed {
    /// The endpoint, `auto` to look for one on this machine, or null for what the operator said.
    #[serde(default, with = "given")]
    #[schema(value_type = Option<String>)]
    base_url: Option<Option<String>>,
    #[serde(default, with = "given")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    #[schema(value_type = Option<proposed::TaskModels>)]
    models: Option<TaskModels>,
    #[schema(value_type = Option<proposed::Limits>)]
    limits: Option<Limits>,
}

/// Tells a field that is null from one that is absent.
mod given {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// Which model answers, and what was spent.
#[utoipa::path(get, path = "/ai", tag = "ai", responses((status = 200, body = Setup)))]
pub(crate) async fn show(State(app): State<AppState>) -> Json<Setup> {
    Json(Setup::of(app.desk().models()))
}

/// Chooses models, limits, or another endpoint, which must be one that calls may go to.
#[utoipa::path(patch, path = "/ai", tag = "ai", request_body = Changed, responses(
    (status = 200, body = Setup),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    State(app): State<AppState>,
    JsonBody(changed): JsonBody<Changed>,
) -> Result<Json<Setup>, HttpProblem> {
    let models = Arc::clone(app.desk().models());
    let saving = Arc::clone(&models);
    off_reactor(move || Ok(saving.save(changed.over(saving.saved()))?)).await?;
    models.look_around().await?;
    Ok(Json(Setup::of(&models)))
}

impl Changed {
    fn over(self, mut saved: AiTable) -> AiTable {
        if let Some(base_url) = self.base_url {
            saved.base_url = base_url;
        }
        if let Some(model) = self.model {
            saved.model = model;
        }
        saved.models = self.models.unwrap_or(saved.models);
        saved.limits = self.limits.unwrap_or(saved.limits);
        saved
    }
}

impl Setup {
    fn of(models: &Models) -> Self {
        let settings = models.settings();
        let found = models
            .endpoint()
            .map(|endpoint| endpoint.config().base_url.as_str().to_owned());
        Self {
            mode: models.mode(),
            base_url: found.or_else(|| looked_for(&settings)),
            model: settings.model,
            models: settings.models,
            limits: settings.limits,
            spent: models.spent(),
            key_from: settings.key_from,
        }
    }
}

fn looked_for(settings: &Settings) -> Option<String> {
    (settings.place == Place::Auto).then(|| "auto".to_owned())
}

/// The models that the endpoint offers.
#[utoipa::path(get, path = "/ai/models", tag = "ai", responses(
    (status = 200, body = List<proposed::ModelEntry>),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
    (status = 502, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn models(
    State(app): State<AppState>,
) -> Result<Json<List<ModelEntry>>, HttpProblem> {
    let endpoint = app.desk().models().endpoint().ok_or(ModelError::NoModel)?;
    let items = endpoint.models().await?;
    Ok(Json(List { items, next: None }))
}

/// Which model to test.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Test {
    /// The default one when absent.
    model: Option<String>,
}

/// Asks the model for a few words.
#[utoipa::path(post, path = "/ai/test", tag = "ai", request_body = Test, responses(
    (status = 200, body = proposed::Tested),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn test(
    State(app): State<AppState>,
    JsonBody(test): JsonBody<Test>,
) -> Result<Json<Tested>, HttpProblem> {
    let endpoint = app.desk().models().endpoint().ok_or(ModelError::NoModel)?;
    Ok(Json(endpoint.test(test.model).await))
}

impl From<ModelError> for HttpProblem {
    fn from(error: ModelError) -> Self {
        let detail = error.to_string();
        match error {
            ModelError::NoModel => conflict("no-model", detail),
            ModelError::Limit(_) => conflict("spending-limit", detail),
            _ => Self::new(StatusCode::BAD_GATEWAY, "model-unavailable", detail),
        }
    }
}
