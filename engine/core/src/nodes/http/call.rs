//! Parameters into an HTTP effect: a pure function, shared by the node and by scripts.
//!
//! All that can be decided without the network is decided here: the query is in the URL, the body is
//! bytes or text with its content type, header names are lower-case and cannot smuggle lines. What
//! is as by default is left out of the request, so that recorded requests stay small.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::request::call_schema;
use super::url::{NotPlain, form, plain_text, with_query};
use crate::effect::{Effect, EffectKind};
use crate::failure::Failure;
use crate::nodes::params::{Param, Params};
use crate::value::{Record, Value};

/// Largest response body when a call names no `bytesMax`, in bytes.
pub const BYTES_MAX_DEFAULT: i64 = 8 << 20;
/// Redirects that are followed when a call names no `redirectsMax`.
pub const REDIRECTS_MAX_DEFAULT: i64 = 5;
/// Time limit when a call names no `timeoutMs`, in milliseconds.
pub const TIMEOUT_MS_DEFAULT: i64 = 30_000;

static SCHEMA: LazyLock<Json> = LazyLock::new(call_schema);

/// The HTTP effect that these parameters of `http.request` ask for; `key` is what `idempotencyKey: true` stands for.
///
/// # Errors
/// When a parameter is missing or wrong; `place.param` points at it.
pub fn effect(params: &Value, key: Option<String>) -> Result<Effect, Failure> {
    let params = Params::new(params, &SCHEMA);
    let method = params.choice("method")?;
    let key = idempotency_key(&params, key)?;
    let repeatable = matches!(method, "GET" | "HEAD" | "OPTIONS")
        || key.is_some()
        || params.bool("idempotent")?;
    let (content_type, body) = body(&params)?;
    let fields = [
        Some(("method", Value::from(method))),
        Some(("url", url(&params)?.into())),
        headers(&params, content_type)?.map(|headers| ("headers", headers.into())),
        body.map(|body| ("body", body)),
        key.map(|key| ("idempotencyKey", key.into())),
        unless_default(&params, "responseAs")?,
        unless_default(&params, "bytesMax")?,
        unless_default(&params, "redirectsMax")?,
        unless_default(&params, "timeoutMs")?,
    ];
    let request: Record = fields.into_iter().flatten().collect();
    Ok(Effect {
        kind: EffectKind::Http,
        request: request.into(),
        idempotent: repeatable,
    })
}

/// An option that is a choice or a number, when it is not as by default.
fn unless_default(
    params: &Params<'_>,
    name: &'static str,
) -> Result<Option<(&'static str, Value)>, Failure> {
    let Some(param) = params.given(name) else {
        return Ok(None);
    };
    let value = if param.is_choice() {
        param.choice()?.into()
    } else {
        param.int()?.into()
    };
    Ok((!param.is_default()).then_some((name, value)))
}

fn url(params: &Params<'_>) -> Result<String, Failure> {
    let param = params.need("url")?;
    let url = param.text()?;
    let lower = url.get(..8).unwrap_or(&url).to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(param.fails("must begin with `http://` or `https://`"));
    }
    if let Some(at) = url
        .chars()
        .position(|c| c.is_whitespace() || c.is_control())
    {
        let complaint = format!("has a space or control character at position {}", at + 1);
        return Err(param
            .fails(&complaint)
            .with_hint("put values into `query`, where they are encoded"));
    }
    let query = params.need("query")?;
    with_query(&url, &query.record()?).map_err(|error| not_plain(&query, &error))
}

fn not_plain(param: &Param<'_>, NotPlain(name): &NotPlain) -> Failure {
    param.fails_at(
        name,
        "must be a text, a number, true, false or null, or a list of these",
    )
}

/// The headers, with a content type if the author gave none; `None` when there are no headers.
fn headers(params: &Params<'_>, content_type: Option<&str>) -> Result<Option<Record>, Failure> {
    let param = params.need("headers")?;
    let mut headers = Record::default();
    for (name, value) in param.record()?.iter().filter(|(_, value)| !value.is_null()) {
        let text = header_value(value).ok_or_else(|| {
            param.fails_at(name, "must be a text, a number, true or false, on one line")
        })?;
        let lower = name.to_ascii_lowercase();
        if !is_token(&lower) {
            return Err(param.fails_at(name, "is not a header name"));
        }
        if headers.get(&lower).is_some() {
            return Err(param.fails_at(name, "is given twice, in large and in small letters"));
        }
        headers = headers.with(&lower, text.into());
    }
    if let (Some(content_type), None) = (content_type, headers.get("content-type")) {
        headers = headers.with("content-type", content_type.into());
    }
    Ok((!headers.is_empty()).then_some(headers))
}

fn header_value(value: &Value) -> Option<String> {
    let text = plain_text(value)?;
    let fits = |c: char| c == '\t' || !c.is_control();
    text.chars().all(fits).then_some(text)
}

/// The characters of RFC 9110's `token`.
fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

/// The body as it is sent, text or bytes, and its content type.
fn body(params: &Params<'_>) -> Result<(Option<&'static str>, Option<Value>), Failure> {
    const JSON: &str = "application/json";
    const TEXT: &str = "text/plain; charset=utf-8";
    const FORM: &str = "application/x-www-form-urlencoded";
    let Some(param) = params.given("body") else {
        return Ok((None, None));
    };
    let json = || Some(Value::from(param.value().to_json().to_string()));
    let value = || Some(param.value().clone());
    Ok(match (params.choice("bodyAs")?, param.value()) {
        ("json", _) => (Some(JSON), json()),
        ("form", value) => (Some(FORM), Some(form_body(&param, value)?.into())),
        ("text", Value::Text(_)) => (Some(TEXT), value()),
        ("text", _) => return Err(param.expected("a text, as `bodyAs` says")),
        ("bytes", Value::Text(_) | Value::Bytes(_)) => (None, value()),
        ("bytes", _) => return Err(param.expected("bytes or a text, as `bodyAs` says")),
        (_, Value::Null) => (None, None),
        (_, Value::Text(_)) => (Some(TEXT), value()),
        (_, Value::Bytes(_)) => (None, value()),
        _ => (Some(JSON), json()),
    })
}

fn form_body(param: &Param<'_>, value: &Value) -> Result<String, Failure> {
    let fields = value
        .as_record()
        .ok_or_else(|| param.expected("a record, as `bodyAs` says"))?;
    form(fields).map_err(|error| not_plain(param, &error))
}

fn idempotency_key(params: &Params<'_>, own: Option<String>) -> Result<Option<String>, Failure> {
    let Some(param) = params.given("idempotencyKey") else {
        return Ok(None);
    };
    match (param.value(), own) {
        (Value::Bool(false), _) => Ok(None),
        (Value::Bool(true), Some(key)) => Ok(Some(key)),
        (Value::Text(text), _) if !text.is_empty() && header_value(param.value()).is_some() => {
            Ok(Some(text.to_string()))
        }
        (_, Some(_)) => Err(param.expected("true, false or a text on one line")),
        (_, None) => Err(param.expected("a text on one line")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::nodes::testing::value;

    fn check(params: Json, expected: &str) {
        let found = match effect(&value(params), Some("run/node/0".into())) {
            Ok(effect) => {
                let repeatable = if effect.idempotent { " idempotent" } else { "" };
                format!("{}{repeatable}", effect.request.to_json())
            }
            Err(failure) => failure.message,
        };
        assert_eq!(found, expected);
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check_body(body: Json, body_as: &str, expected: &str) {
        let params =
            json!({ "method": "POST", "url": "http://h", "body": body, "bodyAs": body_as });
        let found = match effect(&value(params), None) {
            Ok(Effect { request, .. }) => {
                let kind = request
                    .get("headers")
                    .and_then(|headers| headers.get("content-type"))
                    .cloned();
                format!(
                    "{} {}",
                    kind.unwrap_or_default().to_json(),
                    request.get("body").cloned().unwrap_or_default().to_json()
                )
            }
            Err(failure) => failure.message,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_plain_call_is_a_small_request() {
        check(
            json!({ "url": "https://h/p" }),
            r#"{"method":"GET","url":"https://h/p"} idempotent"#,
        );
        let given = json!({
            "url": "https://h/p",
            "timeoutMs": 30000,
            "responseAs": "auto",
            "redirectsMax": 0,
            "headers": { "X-A": null },
        });
        check(
            given,
            r#"{"method":"GET","redirectsMax":0,"url":"https://h/p"} idempotent"#,
        );
    }

    #[test]
    fn a_call_is_idempotent_by_method_mark_or_key() {
        let post = r#"{"method":"POST","url":"http://h"}"#;
        check(json!({ "method": "POST", "url": "http://h" }), post);
        check(
            json!({ "method": "POST", "url": "http://h", "idempotent": true }),
            &format!("{post} idempotent"),
        );
        let key = |key: Json| json!({ "method": "POST", "url": "http://h", "idempotencyKey": key });
        check(key(json!(false)), post);
        check(
            key(json!(true)),
            r#"{"idempotencyKey":"run/node/0","method":"POST","url":"http://h"} idempotent"#,
        );
        check(
            key(json!("order-7")),
            r#"{"idempotencyKey":"order-7","method":"POST","url":"http://h"} idempotent"#,
        );
        check(
            key(json!("a\r\nb")),
            "`idempotencyKey` must be true, false or a text on one line, found text",
        );
    }

    #[test]
    fn bodies_are_encoded() {
        check_body(
            json!({ "a": [1] }),
            "auto",
            r#""application/json" "{\"a\":[1]}""#,
        );
        check_body(json!(7), "auto", r#""application/json" "7""#);
        check_body(json!("hi"), "auto", r#""text/plain; charset=utf-8" "hi""#);
        check_body(json!("hi"), "json", r#""application/json" "\"hi\"""#);
        check_body(json!(null), "auto", "null null");
        check_body(json!(null), "json", r#""application/json" "null""#);
        check_body(
            json!({ "a b": "c&d", "e": [1, 2] }),
            "form",
            r#""application/x-www-form-urlencoded" "a%20b=c%26d&e=1&e=2""#,
        );
        check_body(
            json!([1]),
            "form",
            "`body` must be a record, as `bodyAs` says, found a list of 1",
        );
        check_body(
            json!({ "a": {} }),
            "form",
            "`body/a` must be a text, a number, true, false or null, or a list of these",
        );
        check_body(
            json!([1]),
            "text",
            "`body` must be a text, as `bodyAs` says, found a list of 1",
        );
    }

    #[test]
    fn the_authors_content_type_counts() {
        let params = json!({
            "method": "PUT",
            "url": "http://h",
            "body": "<a/>",
            "headers": { "Content-Type": "text/xml", "X-Count": 3 },
        });
        check(
            params,
            r#"{"body":"<a/>","headers":{"content-type":"text/xml","x-count":"3"},"method":"PUT","url":"http://h"}"#,
        );
    }

    #[test]
    fn headers_cannot_smuggle_lines() {
        let headers = |headers: Json| json!({ "url": "http://h", "headers": headers });
        check(
            headers(json!({ "x": "a\r\nHost: b" })),
            "`headers/x` must be a text, a number, true or false, on one line",
        );
        check(
            headers(json!({ "x: y\r\nz": "a" })),
            "`headers/x: y\r\nz` is not a header name",
        );
        check(
            headers(json!({ "": "a" })),
            "`headers/` is not a header name",
        );
        check(
            headers(json!({ "A": 1, "a": 2 })),
            "`headers/a` is given twice, in large and in small letters",
        );
        check(
            headers(json!({ "a": [1] })),
            "`headers/a` must be a text, a number, true or false, on one line",
        );
    }

    #[test]
    fn only_http_urls_are_called() {
        for url in [
            "file:///etc/passwd",
            "example.com",
            " ",
            "javascript:1",
            "é",
        ] {
            check(
                json!({ "url": url }),
                "`url` must begin with `http://` or `https://`",
            );
        }
        check(
            json!({ "url": "HTTPS://h" }),
            r#"{"method":"GET","url":"HTTPS://h"} idempotent"#,
        );
        check(
            json!({ "url": "http://h/a b" }),
            "`url` has a space or control character at position 11",
        );
        check(
            json!({ "url": "http://h/\u{7f}" }),
            "`url` has a space or control character at position 10",
        );
    }

    #[test]
    fn options_are_bounded() {
        check(
            json!({ "url": "http://h", "redirectsMax": 21 }),
            "`redirectsMax` must be a whole number from 0 to 20, found 21",
        );
        check(
            json!({ "url": "http://h", "responseAs": "xml" }),
            "`responseAs` must be `auto`, `json`, `text` or `bytes`, found text",
        );
        check(
            json!({ "url": "http://h", "responseAs": 5 }),
            "`responseAs` must be `auto`, `json`, `text` or `bytes`, found 5",
        );
        check(
            json!({ "url": "http://h", "timeoutMs": "soon" }),
            "`timeoutMs` must be a whole number from 1 to 3600000, found text",
        );
        check(
            json!({ "url": "http://h", "method": "get" }),
            "`method` must be `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD` or `OPTIONS`, found \
                text",
        );
    }
}
