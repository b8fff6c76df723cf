//! Who is asking.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookie::session_of;
use super::keys::{Access, Holder};
use crate::problem::HttpProblem;
use crate::service::AppState;

/// Whoever is asking. A route that takes one is closed to strangers.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Their id.
    pub(crate) id: String,
    /// Their name.
    pub(crate) name: String,
}

impl Person {
    /// Whoever may read and write the data folder.
    pub(crate) fn at_the_command_line() -> Self {
        Self::holding(Holder::CommandLine)
    }

    fn holding(holder: Holder) -> Self {
        let name = match holder {
            Holder::Session => "Owner".into(),
            Holder::Token(name) => name,
            Holder::CommandLine => "Command line".into(),
        };
        Self {
            id: "owner".into(),
            name,
        }
    }
}

/// Lets through only those who are known, and tells the routes who they are.
pub(crate) async fn require(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    match holder(app.access(), request.headers(), request.uri()) {
        Some(holder) => {
            request.extensions_mut().insert(Person::holding(holder));
            next.run(request).await
        }
        None => not_signed_in().into_response(),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        parts.extensions.get().cloned().ok_or_else(not_signed_in)
    }
}

/// Whose key a request shows. A wrong token is not made good by a session beside it.
fn holder(access: &Access, headers: &HeaderMap, uri: &Uri) -> Option<Holder> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| access.token(token.trim()))?;
    }
    if let Some(token) = query_token(uri).filter(|_| is_socket(headers, uri)) {
        return access.token(token);
    }
    access.session(session_of(headers)?)
}

/// Sockets and event streams, which cannot send headers. Elsewhere a token in the URL would end up in logs.
fn is_socket(headers: &HeaderMap, uri: &Uri) -> bool {
    uri.path().ends_with("/events") || headers.contains_key(header::UPGRADE)
}

/// `?token=`. Secrets need no decoding.
fn query_token(uri: &Uri) -> Option<&str> {
    let mut fields = uri.query()?.split('&');
    fields.find_map(|field| field.strip_prefix("token="))
}

fn not_signed_in() -> HttpProblem {
    HttpProblem::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "this needs a session or a token",
    )
    .with_hint(
        "open the link that the service printed, or make a token: flowforge token create NAME",
    )
}
