//! Reads the request of an HTTP effect, and refuses what could not be sent as it stands.

use std::time::Duration;

use flowforge_engine::value::{Record, Value};
use flowforge_engine::{Failure, FailureKind};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::{ParseError, Url};

use super::OutboundConfig;
use super::refusal::Refusal;

/// The header that carries an effect's idempotency key.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

const TIMEOUT_MS: u64 = 30_000;
const BYTES: u64 = 8 * 1024 * 1024;
const REDIRECTS: u64 = 5;
const REDIRECTS_MAX: u64 = 20;
const URL_BYTES_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 100;
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Methods that change what a connection is.
const METHODS_REFUSED: &[&str] = &["CONNECT", "TRACE", "TRACK"];

/// Headers that say where a message goes or ends. They follow from the URL and the body; written by
/// hand they let one request be read as two, or reach another host than the one that was checked.
const HEADERS_REFUSED: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// As what the body of the response is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseAs {
    /// By its content type.
    Auto,
    Json,
    Text,
    Bytes,
}

/// One request on the wire. Redirects change it.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

/// What bounds a whole call, and how its response is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) response_as: ResponseAs,
    pub(crate) bytes_max: u64,
    pub(crate) redirects_max: u64,
    pub(crate) timeout: Duration,
}

/// The first request of a call, and its terms.
pub(crate) fn parse(request: &Value, config: &OutboundConfig) -> Result<(Hop, Terms), Failure> {
    match request {
        Value::Record(request) => Ok((hop(request)?, terms(request, config)?)),
        other => Err(invalid(format!(
            "an HTTP request is a record, found {}",
            other.kind()
        ))),
    }
}

fn terms(request: &Record, config: &OutboundConfig) -> Result<Terms, Failure> {
    let timeout_ms = int(request, "timeoutMs", TIMEOUT_MS, 1..=config.timeout_ms_max)?;
    Ok(Terms {
        response_as: response_as(request)?,
        bytes_max: int(request, "bytesMax", BYTES, 0..=config.bytes_max)?,
        redirects_max: int(request, "redirectsMax", REDIRECTS, 0..=REDIRECTS_MAX)?,
        timeout: Duration::from_millis(timeout_ms),
    })
}

fn hop(request: &Record) -> Result<Hop, Failure> {
    Ok(Hop {
        method: method(request)?,
        url: url(request)?,
        headers: headers(request)?,
        body: body(request)?,
    })
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidParameter, message)
}

/// A field that is there and not null.
fn field<'a>(request: &'a Record, name: &str) -> Option<&'a Value> {
    request.get(name).filter(|value| !value.is_null())
}

fn text<'a>(request: &'a Record, name: &str) -> Result<Option<&'a str>, Failure> {
    match field(request, name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(other) => Err(invalid(format!(
            "{name} must be text, found {}",
            other.kind()
        ))),
    }
}

fn int(
    request: &Record,
    name: &str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Failure> {
    let Some(value) = field(request, name) else {
        return Ok(default.min(*range.end()));
    };
    let (low, high) = (range.start(), range.end());
    match value
        .as_int()
        .and_then(|int| u64::try_from(int).ok())
        .filter(|int| range.contains(int))
    {
        Some(int) => Ok(int),
        None => Err(invalid(format!(
            "{name} must be an integer from {low} to {high}, found {}",
            shown(value)
        ))),
    }
}

/// A number as it is, anything else by its kind: it may be long, or a secret.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float.to_string(),
        other => other.kind().to_owned(),
    }
}

fn method(request: &Record) -> Result<Method, Failure> {
    let text = text(request, "method")?
        .unwrap_or("GET")
        .to_ascii_uppercase();
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) if !METHODS_REFUSED.contains(&method.as_str()) => Ok(method),
        _ => Err(invalid(
            "method must be an HTTP method such as GET or POST, and not CONNECT or TRACE",
        )),
    }
}

fn url(request: &Record) -> Result<Url, Failure> {
    let text = text(request, "url")?.ok_or_else(|| invalid("url is missing"))?;
    if text.len() > URL_BYTES_MAX {
        return Err(invalid(format!("url is longer than {URL_BYTES_MAX} bytes")));
    }
    Url::parse(text).map_err(not_a_url)
}

fn not_a_url(error: ParseError) -> Failure {
    if let Some(refusal) = Refusal::of_parse_error(error) {
        return refusal.into_failure(false);
    }
    let failure = invalid(format!("url is not a URL: {error}"));
    match error {
        ParseError::RelativeUrlWithoutBase => {
            failure.with_hint("write it with http:// or https:// in front")
        }
        _ => failure,
    }
}

fn headers(request: &Record) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    match field(request, "headers") {
        None => {}
        Some(Value::Record(fields)) if fields.len() <= HEADERS_MAX => {
            for (name, value) in fields {
                append(&mut headers, name, value)?;
            }
        }
        Some(Value::Record(_)) => {
            return Err(invalid(format!(
                "headers has more than {HEADERS_MAX} fields"
            )));
        }
        Some(other) => {
            return Err(invalid(format!(
                "headers must be a record, found {}",
                other.kind()
            )));
        }
    }
    if let Some(key) = text(request, "idempotencyKey")? {
        headers.insert(IDEMPOTENCY_KEY, header_value("idempotencyKey", key)?);
    }
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > HEADER_BYTES_MAX {
        return Err(invalid(format!(
            "headers is larger than {HEADER_BYTES_MAX} bytes"
        )));
    }
    Ok(headers)
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), Failure> {
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(invalid(format!("{name:?} is not a header name")));
    };
    if HEADERS_REFUSED.contains(&header.as_str()) {
        return Err(invalid(format!(
            "the header {header} cannot be set: it follows from the URL and the body"
        )));
    }
    let text = match value {
        Value::Null => return Ok(()),
        Value::Text(text) => text.to_string(),
        Value::Int(_) | Value::Float(_) => shown(value),
        Value::Bool(bool) => bool.to_string(),
        other => {
            return Err(invalid(format!(
                "the header {header} must be text, found {}",
                other.kind()
            )));
        }
    };
    headers.insert(header, header_value(name, &text)?);
    Ok(())
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        invalid(format!(
            "the header {name} holds a line break or another control character"
        ))
    })
}

fn body(request: &Record) -> Result<Option<Vec<u8>>, Failure> {
    match field(request, "body") {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.as_bytes().to_vec())),
        Some(Value::Bytes(bytes)) => Ok(Some(bytes.to_vec())),
        Some(other) => Err(invalid(format!(
            "body must be text or bytes by now, found {}",
            other.kind()
        ))),
    }
}

fn response_as(request: &Record) -> Result<ResponseAs, Failure> {
    match text(request, "responseAs")? {
        None | Some("auto") => Ok(ResponseAs::Auto),
        Some("json") => Ok(ResponseAs::Json),
        Some("text") => Ok(ResponseAs::Text),
        Some("bytes") => Ok(ResponseAs::Bytes),
        Some(_) => Err(invalid("responseAs must be auto, json, text or bytes")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(request: &serde_json::Value) -> Result<(Hop, Terms), Failure> {
        super::parse(&Value::from_json(request), &OutboundConfig::default())
    }

    fn refuses(request: &serde_json::Value, says: &str) {
        let failure = parse(request).expect_err(says);
        assert_eq!(
            failure.kind,
            FailureKind::InvalidParameter,
            "{}",
            failure.message
        );
        assert!(
            failure.message.contains(says),
            "{:?} says {says:?}",
            failure.message
        );
        assert!(!failure.message.contains("CANARY"), "{}", failure.message);
    }

    #[test]
    fn what_is_absent_has_a_default() {
        let (hop, terms) = parse(&json!({"url": "http://example.com"})).expect("minimal");
        assert_eq!(
            (hop.method, hop.url.as_str(), hop.body),
            (Method::GET, "http://example.com/", None)
        );
        assert_eq!((terms.bytes_max, terms.redirects_max), (BYTES, REDIRECTS));
        assert_eq!(
            (terms.timeout.as_millis(), terms.response_as),
            (30_000, ResponseAs::Auto)
        );
    }

    #[test]
    fn every_field_is_read() {
        let (hop, terms) = parse(&json!({
            "method": "post", "url": "https://example.com/a?b", "headers": {"X-A": "1", "x-n": 2, "x-no": null},
            "body": "hi", "responseAs": "text", "bytesMax": 10, "redirectsMax": 0, "timeoutMs": 5,
            "idempotencyKey": "r/f/0",
        }))
        .expect("full");
        let header = |name: &str| hop.headers.get(name).map(HeaderValue::as_bytes);
        assert_eq!(
            (header("x-a"), header("x-n"), header("x-no")),
            (Some(&b"1"[..]), Some(&b"2"[..]), None)
        );
        assert_eq!(
            (header(IDEMPOTENCY_KEY), hop.headers.len()),
            (Some(&b"r/f/0"[..]), 3)
        );
        assert_eq!(
            (hop.method, hop.body.as_deref()),
            (Method::POST, Some(&b"hi"[..]))
        );
        assert_eq!((terms.bytes_max, terms.redirects_max), (10, 0));
        assert_eq!(
            (terms.timeout.as_millis(), terms.response_as),
            (5, ResponseAs::Text)
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_being_quoted() {
        let url = "http://example.com";
        refuses(&json!("CANARY"), "is a record, found text");
        refuses(&json!({}), "url is missing");
        refuses(&json!({"url": 7}), "url must be text, found integer");
        refuses(&json!({"url": "CANARY"}), "url is not a URL");
        refuses(
            &json!({"url": "http://exa mple/CANARY"}),
            "url is not a URL",
        );
        refuses(
            &json!({"url": format!("http://a/{}", "CANARY".repeat(6000))}),
            "longer than",
        );
        refuses(&json!({"url": url, "method": "CONNECT"}), "method must be");
        refuses(
            &json!({"url": url, "method": "GET /CANARY HTTP/1.1\r\n"}),
            "method must be",
        );
        refuses(
            &json!({"url": url, "headers": ["CANARY"]}),
            "headers must be a record",
        );
        refuses(
            &json!({"url": url, "headers": {"a": "CANARY\r\nx: y"}}),
            "the header a holds a line break",
        );
        refuses(
            &json!({"url": url, "headers": {"a b": "CANARY"}}),
            "is not a header name",
        );
        refuses(
            &json!({"url": url, "headers": {"Host": "CANARY"}}),
            "the header host cannot be set",
        );
        refuses(
            &json!({"url": url, "headers": {"Transfer-Encoding": "chunked"}}),
            "cannot be set",
        );
        refuses(
            &json!({"url": url, "headers": {"a": {"CANARY": 1}}}),
            "the header a must be text",
        );
        refuses(
            &json!({"url": url, "headers": {"a": "CANARY".repeat(20_000)}}),
            "larger than",
        );
        refuses(
            &json!({"url": url, "body": {"CANARY": 1}}),
            "body must be text or bytes",
        );
        refuses(
            &json!({"url": url, "responseAs": "CANARY"}),
            "responseAs must be",
        );
        refuses(
            &json!({"url": url, "timeoutMs": 0}),
            "timeoutMs must be an integer from 1 to",
        );
        refuses(&json!({"url": url, "bytesMax": -1}), "found -1");
        refuses(
            &json!({"url": url, "bytesMax": 1_i64 << 60}),
            "bytesMax must be",
        );
        refuses(&json!({"url": url, "redirectsMax": 1.5}), "found 1.5");
        refuses(
            &json!({"url": url, "idempotencyKey": "CANARY\n"}),
            "the header idempotencyKey holds",
        );
    }

    #[test]
    fn too_many_headers_are_refused() {
        let many: serde_json::Map<_, _> = (0..101)
            .map(|n| (format!("x-{n}"), json!("CANARY")))
            .collect();
        refuses(
            &json!({"url": "http://example.com", "headers": many}),
            "more than 100",
        );
    }

    #[test]
    fn a_host_that_only_looks_like_an_address_is_blocked() {
        for url in [
            "http://[fe80::1%25eth0]/",
            "http://256.256.256.256/",
            "http://1.2.3.4.5/",
            "http://0x7f.1.1.1.1/",
        ] {
            let failure = parse(&json!({ "url": url })).expect_err(url);
            assert_eq!(
                failure.kind,
                FailureKind::BlockedAddress,
                "{url}: {}",
                failure.message
            );
        }
    }
}
