//! The description of the routes, for programs and for people.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::service::AppState;

/// The description. A test makes it from the routes and compares; making it at every start would cost more memory than a
/// room of a hundred people.
const DESCRIPTION: &str = include_str!("../../openapi.json");
/// The page, which renders the description and asks no other host.
const PAGE: &str = include_str!("docs/docs.html");
const SCRIPT: &str = include_str!("docs/docs.js");
const STYLE: &str = include_str!("docs/docs.css");

/// `/api/openapi.json` and `/api/docs`.
pub(crate) fn routes() -> Router<AppState> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text).into_response() })
    };
    Router::new()
        .route("/api/openapi.json", file("application/json", DESCRIPTION))
        .route("/api/docs", file("text/html; charset=utf-8", PAGE))
        .route(
            "/api/docs/docs.js",
            file("text/javascript; charset=utf-8", SCRIPT),
        )
        .route("/api/docs/docs.css", file("text/css; charset=utf-8", STYLE))
}
