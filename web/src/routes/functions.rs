//! What scripts can call.

use axum::Json;
use flowforge_engine::script::FUNCTIONS;
use serde::Serialize;
use utoipa::ToSchema;

/// A function that scripts can call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Function {
    name: &'static str,
    /// How it is called and what it gives.
    signature: &'static str,
    /// What it does, in one line.
    about: &'static str,
    /// Whether it asks the world, so that its answer is recorded.
    effect: bool,
}

/// The functions that FlowForge adds to Rhai's own.
#[utoipa::path(get, path = "/functions", tag = "catalogue", responses((status = 200, body = Vec<Function>)))]
pub(crate) async fn list() -> Json<Vec<Function>> {
    let functions = FUNCTIONS.iter().map(|function| Function {
        name: function.name,
        signature: function.signature,
        about: function.about,
        effect: function.is_effect(),
    });
    Json(functions.collect())
}
