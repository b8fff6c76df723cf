//! Who is asking, and the way in for a browser.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{LocalPath, Person, Right, SESSION_COOKIE, session_cookie, session_of};
use crate::assets;
use crate::body::{JsonBody, QueryOf};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Who is asking, and whom.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    person: PersonShown,
    /// What they may do.
    right: Right,
    /// The version of FlowForge.
    version: &'static str,
    /// Where the service is reached.
    address: String,
}

#[derive(Serialize, ToSchema)]
struct PersonShown {
    id: String,
    name: String,
}

/// Who is asking.
#[utoipa::path(get, path = "/session", tag = "access", responses(
    (status = 200, body = Session),
    (status = 401, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(State(app): State<AppState>, person: Person) -> Json<Session> {
    let Person { id, name, key } = person;
    Json(Session {
        person: PersonShown { id, name },
        right: key.right,
        version: env!("CARGO_PKG_VERSION"),
        address: app.url(),
    })
}

/// Somebody to let in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Invitation {
    /// What others see of them.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What they may do; everything when absent.
    #[serde(default)]
    right: Right,
    /// The page that they come to: a path of this service, as `/workflows/orders`. The list of workflows when absent.
    #[schema(max_length = 2000)]
    to: Option<String>,
}

/// A way in for somebody else.
#[derive(Serialize, ToSchema)]
pub(crate) struct Link {
    /// Opens the editor once, in one browser.
    link: String,
}

/// Makes a link that lets one other browser in, once: a person of their own.
#[utoipa::path(post, path = "/invitations", tag = "access", request_body = Invitation, responses(
    (status = 201, body = Link),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn invite(
    State(app): State<AppState>,
    JsonBody(invitation): JsonBody<Invitation>,
) -> Result<(StatusCode, Json<Link>), HttpProblem> {
    let Invitation { name, right, to } = invitation;
    let to = to.map(|to| LocalPath::parse(&to).ok_or_else(wrong_path));
    let to = to.transpose()?;
    let secret = app.access().invite(&name, right)?;
    let to = to.map_or_else(String::new, |to| format!("&to={}", to.escaped()));
    let link = format!("{}/?link={}{to}", app.url(), secret.text());
    Ok((StatusCode::CREATED, Json(Link { link })))
}

fn wrong_path() -> HttpProblem {
    let detail = "an invitation leads to a page of this service: a path that begins with one `/`";
    HttpProblem::invalid("wrong-path", detail).with_hint("for a workflow: /workflows/ID")
}

/// The way in.
#[derive(Deserialize)]
pub(crate) struct Way {
    link: Option<String>,
    /// The page that the link leads to.
    to: Option<String>,
}

/// The editor; with `?link=`, the session that the link gives, once, and the page that it leads to.
pub(crate) async fn enter(
    State(app): State<AppState>,
    QueryOf(way): QueryOf<Way>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpProblem> {
    let to = way.to.as_deref().and_then(LocalPath::parse);
    let to = to.unwrap_or_default();
    let Some(link) = way.link.filter(|_| method == Method::GET) else {
        return Ok(assets::serve(uri, headers).await);
    };
    let is_in = session_of(&headers).is_some_and(|shown| app.access().session(shown).is_some());
    if is_in {
        return Ok(Redirect::to(to.text()).into_response());
    }
    let asked = Arc::clone(&app);
    let session = off_reactor(move || Ok(asked.access().redeem_link(&link)?)).await?;
    let session = session.ok_or_else(|| {
        HttpProblem::new(
            StatusCode::UNAUTHORIZED,
            "link-used",
            "this link was used already, or is not of this service",
        )
        .with_hint(
            "start the service again for a new one, or make a token: flowforge token create NAME",
        )
    })?;
    let cookie = session_cookie(&session, app.is_secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to.text())).into_response())
}

/// Ends the session of this browser.
#[utoipa::path(delete, path = "/session", tag = "access", responses((status = 204)))]
pub(crate) async fn end(
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, HttpProblem> {
    let shown = session_of(&headers).map(str::to_owned);
    off_reactor(move || match shown {
        Some(shown) => Ok(app.access().end_session(&shown)?),
        None => Ok(()),
    })
    .await?;
    let over = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    let over = HeaderValue::from_str(&over).expect("plain text");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, over)]).into_response())
}
