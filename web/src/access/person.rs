//! Who is asking.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookie::session_of;
use super::keys::{Access, Holder, Right, Shown};
use crate::problem::HttpProblem;
use crate::service::AppState;

/// Whoever is asking. A route that takes one is closed to strangers.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Their id.
    pub(crate) id: String,
    /// Their name.
    pub(crate) name: String,
    /// The key that they showed, and what it lets them do.
    pub(crate) key: Shown,
}

impl Person {
    fn showing(key: Shown) -> Self {
        let owner = || "owner".to_owned();
        let (id, name) = match &key.holder {
            Holder::Session => (owner(), "Owner".to_owned()),
            Holder::Guest(guest) => (guest.id.clone(), guest.name.clone()),
            Holder::Token(name) => (owner(), name.clone()),
            Holder::CommandLine => (owner(), "Command line".to_owned()),
        };
        Self { id, name, key }
    }

    /// Whether they came by an invitation: they do not pass their key on.
    fn is_invited(&self) -> bool {
        matches!(self.key.holder, Holder::Guest(_))
    }

    /// Whether they may change something.
    pub(crate) fn can_write(&self) -> bool {
        self.key.right == Right::Editor
    }
}

/// What is asked with POST although it changes nothing: questions that do not fit into a URL.
const QUESTIONS: [&str; 4] = [
    "/api/v1/check",
    "/api/v1/expressions",
    "/api/v1/explain",
    "/api/v1/scripts/check",
];

/// Whether somebody who may only look may ask this. Everybody may end their own session.
fn is_question(method: &Method, path: &str) -> bool {
    let asks = method == Method::POST && QUESTIONS.iter().any(|known| path.starts_with(known));
    let leaves = method == Method::DELETE && path == "/api/v1/session";
    method.is_safe() || asks || leaves
}

/// Where keys are made, told and taken away. A token acts as the owner, whoever made it.
const KEYS: [&str; 2] = ["/api/v1/tokens", "/api/v1/invitations"];

fn is_of_keys(path: &str) -> bool {
    KEYS.iter().any(|known| path.starts_with(known))
}

/// Lets through only those who are known, and tells the routes who they are.
pub(crate) async fn require(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = shown(app.access(), request.headers(), request.uri()) else {
        return not_signed_in().into_response();
    };
    let person = Person::showing(key);
    if person.is_invited() && is_of_keys(request.uri().path()) {
        return owner_only().into_response();
    }
    if !person.can_write() && !is_question(request.method(), request.uri().path()) {
        return read_only().into_response();
    }
    request.extensions_mut().insert(person);
    next.run(request).await
}

fn owner_only() -> HttpProblem {
    HttpProblem::new(
        StatusCode::FORBIDDEN,
        "owner-only",
        "only the owner makes tokens and invitations",
    )
    .with_hint("ask the owner to invite whom you want here")
}

fn read_only() -> HttpProblem {
    HttpProblem::new(
        StatusCode::FORBIDDEN,
        "read-only",
        "you may look at everything here, and change nothing",
    )
    .with_hint("ask the owner for an invitation as editor")
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        parts.extensions.get().cloned().ok_or_else(not_signed_in)
    }
}

/// Whose key a request shows. A wrong token is not made good by a session beside it.
fn shown(access: &Access, headers: &HeaderMap, uri: &Uri) -> Option<Shown> {
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
