//! What clients send: read up to a limit, within a time limit, and turned into what is meant.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use flowforge_engine::Workflow;
use flowforge_engine::workflow::file;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::HttpProblem;
use crate::service::off_reactor;

/// Largest body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 8 << 20;
/// Largest file with a run, in bytes. It is held in memory while it is checked.
pub(crate) const BUNDLE_BYTES_MAX: usize = 512 << 20;
/// A larger document is parsed away from the reactor.
const PARSED_BYTES_MAX: usize = 64 << 10;
/// Longest time that a body may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(20);
/// Longest time that a file may take to arrive.
const BUNDLE_TIME_MAX: Duration = Duration::from_secs(10 * 60);

/// A JSON body. The content type is not asked for: what may come from where is decided by who asks, not by it.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A body that is a workflow, as JSON or YAML.
pub(crate) struct Document(pub(crate) Workflow);

/// A body that is a text.
pub(crate) struct Text(pub(crate) String);

/// A body that is a file with a run.
pub(crate) struct Bundle(pub(crate) Bytes);

/// The parts of the path.
pub(crate) struct PathOf<T>(pub(crate) T);

/// The query.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        let bytes = read(request.into_body()).await?;
        // No body is an empty record, so that routes whose every field is optional can be asked with nothing.
        let bytes = if bytes.is_empty() { b"{}" } else { &bytes[..] };
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| HttpProblem::invalid("unreadable-body", error.to_string()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        let text = read_text(request.into_body()).await?;
        if text.len() <= PARSED_BYTES_MAX {
            return parse_document(&text).map(Self);
        }
        off_reactor(move || parse_document(&text)).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        read_text(request.into_body()).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Bundle {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        read_up_to(request.into_body(), BUNDLE_BYTES_MAX, BUNDLE_TIME_MAX)
            .await
            .map(Self)
    }
}

/// A workflow as JSON or YAML; one without an id gets one from its name.
pub(crate) fn parse_document(text: &str) -> Result<Workflow, HttpProblem> {
    Ok(file::parse(&with_id(text))?)
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let Path(path) = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| HttpProblem::invalid("unreadable-path", error.body_text()))?;
        Ok(Self(path))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let Query(query) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| HttpProblem::invalid("unreadable-query", error.body_text()))?;
        Ok(Self(query))
    }
}

/// The whole body.
async fn read(body: Body) -> Result<Bytes, HttpProblem> {
    read_up_to(body, BODY_BYTES_MAX, BODY_TIME_MAX).await
}

async fn read_up_to(
    body: Body,
    bytes_max: usize,
    time_max: Duration,
) -> Result<Bytes, HttpProblem> {
    let collected = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(time_max, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(HttpProblem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("a body may hold {bytes_max} bytes"),
        )),
        Ok(Err(error)) => Err(HttpProblem::invalid("unreadable-body", error.to_string())),
        Err(_) => Err(HttpProblem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            format!("the body did not arrive within {} s", time_max.as_secs()),
        )),
    }
}

async fn read_text(body: Body) -> Result<String, HttpProblem> {
    String::from_utf8(read(body).await?.into())
        .map_err(|_| HttpProblem::invalid("unreadable-body", "the body is not UTF-8"))
}

/// The text with an id made from the name, when it has none.
fn with_id(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        json_with_id(text)
    } else {
        yaml_with_id(text)
    }
    .unwrap_or_else(|| text.to_owned())
}

fn json_with_id(text: &str) -> Option<String> {
    let mut document: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).ok()?;
    if document.contains_key("id") {
        return None;
    }
    let id = id_of_name(document.get("name")?.as_str()?);
    document.insert("id".into(), id.into());
    serde_json::to_string(&document).ok()
}

fn yaml_with_id(text: &str) -> Option<String> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    if field("id:").is_some() || text.starts_with("---") {
        return None;
    }
    let id = id_of_name(field("name:")?);
    Some(format!("id: {id}\n{text}"))
}

/// `Order total!` becomes `order-total`.
fn id_of_name(name: &str) -> String {
    let words = name
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-").to_lowercase();
    if id.is_empty() {
        "workflow".into()
    } else {
        id.chars().take(64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_id_is_made_from_the_name() {
        let json = with_id(r#"{"name":"Order total!","graph":{"nodes":[]}}"#);
        assert_eq!(file::parse(&json).unwrap().id.as_str(), "order-total");
        let yaml = with_id("name: Größe 2\ngraph: { nodes: [] }\n");
        assert_eq!(file::parse(&yaml).unwrap().id.as_str(), "größe-2");
    }

    #[test]
    fn an_id_that_is_there_stays() {
        let text = "id: kept\nname: Other\ngraph: { nodes: [] }\n";
        assert_eq!(with_id(text), text);
    }
}
