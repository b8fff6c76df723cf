//! Whether the service lives and takes work. For everybody: it tells nothing else.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::HttpProblem;
use crate::service::AppState;

/// How it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// The version of FlowForge.
    version: &'static str,
}

const OK: Health = Health {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

/// Whether the service lives.
#[utoipa::path(get, path = "/health", tag = "service", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(OK)
}

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "service", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn live() -> Json<Health> {
    Json(OK)
}

/// Whether it takes work.
#[utoipa::path(
    get, path = "/readyz", tag = "service", security(()),
    responses((status = 200, body = Health), (status = 503, body = HttpProblem, content_type = "application/problem+json"))
)]
pub(crate) async fn ready(State(app): State<AppState>) -> Result<Json<Health>, HttpProblem> {
    if *app.stopping().borrow() {
        return Err(flowforge_runtime::RuntimeError::Stopping.into());
    }
    Ok(Json(OK))
}
