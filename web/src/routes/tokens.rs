//! API tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::List;
use crate::access::{Right, TokenRow};
use crate::body::{JsonBody, PathOf};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// A token to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewToken {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it lets its holder do; everything when absent.
    #[serde(default)]
    right: Right,
}

/// A new token.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    #[serde(flatten)]
    row: TokenRow,
    /// The token itself; it is told here and never again.
    token: String,
}

/// The tokens, the oldest first.
#[utoipa::path(get, path = "/tokens", tag = "access", responses((status = 200, body = List<TokenRow>)))]
pub(crate) async fn list(State(app): State<AppState>) -> Json<List<TokenRow>> {
    Json(List {
        items: app.access().tokens(),
        next: None,
    })
}

/// Makes a token.
#[utoipa::path(post, path = "/tokens", tag = "access", request_body = NewToken, responses(
    (status = 201, body = MadeToken),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(app): State<AppState>,
    JsonBody(new): JsonBody<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), HttpProblem> {
    let (row, secret) =
        off_reactor(move || Ok(app.access().create_token(&new.name, new.right)?)).await?;
    let token = secret.text().to_owned();
    Ok((StatusCode::CREATED, Json(MadeToken { row, token })))
}

/// Revokes a token, at once.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "access", params(("id" = String, Path, description = "the token's id")), responses(
    (status = 204),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn revoke(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, HttpProblem> {
    let token = id.clone();
    if off_reactor(move || Ok(app.access().revoke_token(&token)?)).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(HttpProblem::not_found(
        "no-such-token",
        format!("there is no token `{id}`"),
    ))
}
