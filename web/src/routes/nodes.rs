//! The catalogue of node types.

use axum::Json;
use axum::extract::State;
use flowforge_engine::node_type::NodeSpec;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::QueryOf;
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Most node types that a search finds.
const FOUND_MAX: usize = 200;

/// Words to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Words {
    /// Words to look for; everything when absent.
    #[serde(default)]
    q: String,
}

/// The node types, best first when searched, else by name.
#[utoipa::path(get, path = "/nodes", tag = "catalogue", params(Words), responses((status = 200, body = Vec<shapes::NodeSpec>)))]
pub(crate) async fn list(
    State(app): State<AppState>,
    QueryOf(words): QueryOf<Words>,
) -> Result<Json<Vec<NodeSpec>>, HttpProblem> {
    if words.q.trim().is_empty() {
        let catalogue = app.runtime().catalogue();
        let all = catalogue.iter();
        return Ok(Json(all.map(|kind| kind.spec().clone()).collect()));
    }
    off_reactor(move || {
        let found = app.shelf().index().find(&words.q, FOUND_MAX);
        let specs = found.iter().map(|(_, kind)| kind.spec().clone());
        Ok(Json(specs.collect()))
    })
    .await
}
