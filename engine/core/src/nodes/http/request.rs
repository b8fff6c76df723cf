//! `http.request`: a call to another system.

use serde_json::{Value as Json, json};

use super::call::{BYTES_MAX_DEFAULT, REDIRECTS_MAX_DEFAULT, TIMEOUT_MS_DEFAULT, effect};
use super::url::shown;
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "globe",
        words: &[
            "api", "rest", "webhook", "fetch", "curl", "get", "post", "download", "upload", "call",
            "web", "json",
        ],
        outputs: vec![port(
            "out",
            "record",
            "`{status, headers, body, url}`: header names in small letters, `url` after redirects.",
        )],
        params: call_schema(),
        errors: &[
            (
                FailureKind::Status,
                "the server answered with status 400 or above, and `failOnStatus` is true; \
                    `details` has `status`, `headers` and `body`",
            ),
            (
                FailureKind::BlockedAddress,
                "the address is not public, and the operator has not allowed it by name; another \
                    attempt does not help",
            ),
            (
                FailureKind::Connection,
                "the server could not be reached, or broke off",
            ),
            (
                FailureKind::Timeout,
                "the answer was not complete within `timeoutMs`",
            ),
            (
                FailureKind::Limit,
                "the response is larger than `bytesMax`, or redirects more often than \
                    `redirectsMax`",
            ),
            (
                FailureKind::InvalidInput,
                "the response should be JSON and is not",
            ),
            (
                FailureKind::InDoubt,
                "the server stopped during the call, and it is unknown whether it arrived; see \
                    *Idempotency*",
            ),
            (
                FailureKind::InvalidParameter,
                "a parameter is missing or wrong",
            ),
        ],
        examples: examples(),
        ..plain(
            "http.request",
            "HTTP request",
            "Calls a URL and gives the response.",
        )
    }
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Read JSON",
            json!({
                "url": "https://api.example.com/orders",
                "query": { "status": "open", "page": "{{ input.page }}" },
            }),
            json!({ "page": 2 }),
        ),
        Example::new(
            "Send a record that must not arrive twice",
            json!({
                "method": "POST",
                "url": "https://api.example.com/payments",
                "headers": { "Accept-Language": "no" },
                "body": { "amount": "{{ input.amount }}" },
                "idempotencyKey": true,
            }),
            json!({ "amount": 40 }),
        ),
        Example::new(
            "Decide about errors yourself",
            json!({
                "method": "HEAD",
                "url": "{{ input.url }}",
                "failOnStatus": false,
                "timeoutMs": 5000,
            }),
            json!({ "url": "https://example.com/maybe" }),
        ),
    ]
}

/// The parameters; scripts' `http(#{ ... })` takes the same.
pub(super) fn call_schema() -> Json {
    let properties = call()
        .into_iter()
        .chain(bodies())
        .chain(promises())
        .chain(bounds());
    record(properties)
}

fn call() -> [Property; 4] {
    [
        Property::choice(
            "method",
            "Method",
            "What to do there.",
            &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
        )
        .or(json!("GET")),
        Property::text(
            "url",
            "URL",
            "Where to: an address that begins with `http://` or `https://`.",
        )
        .required()
        .filled()
        .such_as(json!("https://api.example.com/orders")),
        Property::record(
            "query",
            "Query",
            "Fields that are appended to the URL, encoded. A list \
            repeats its name, null is left out.",
        )
        .or(json!({}))
        .such_as(json!({ "page": 2 })),
        Property::record(
            "headers",
            "Headers",
            "Header lines to send. Null is left out.",
        )
        .or(json!({}))
        .such_as(json!({ "Accept": "application/json" })),
    ]
}

fn bodies() -> [Property; 4] {
    [
        Property::any(
            "body",
            "Body",
            "What to send: a record or list goes as JSON, a text or \
            bytes as they are, unless `bodyAs` says otherwise. When left out, nothing is sent.",
        ),
        Property::choice(
            "bodyAs",
            "Send body as",
            BODY_AS,
            &["auto", "json", "text", "form", "bytes"],
        )
        .or(json!("auto")),
        Property::choice(
            "responseAs",
            "Read response as",
            RESPONSE_AS,
            &["auto", "json", "text", "bytes"],
        )
        .or(json!("auto")),
        Property::bool(
            "failOnStatus",
            "Fail on error status",
            "Whether a status of 400 or above makes the node fail.",
        )
        .or(json!(true)),
    ]
}

fn promises() -> [Property; 2] {
    [
        Property::any("idempotencyKey", "Idempotency key", KEY).or(json!(false)),
        Property::bool(
            "idempotent",
            "Safe to repeat",
            "Your promise that making this call twice \
            does no more than making it once.",
        )
        .or(json!(false)),
    ]
}

fn bounds() -> [Property; 3] {
    [
        Property::int(
            "timeoutMs",
            "Time limit",
            "Longest time for the whole call, in milliseconds.",
            1..=3_600_000,
        )
        .or(json!(TIMEOUT_MS_DEFAULT)),
        Property::int(
            "bytesMax",
            "Largest response",
            "Largest response body, in bytes, after decompression.",
            0..=64 << 20,
        )
        .or(json!(BYTES_MAX_DEFAULT)),
        Property::int(
            "redirectsMax",
            "Most redirects",
            "How many redirects are followed.",
            0..=20,
        )
        .or(json!(REDIRECTS_MAX_DEFAULT)),
    ]
}

const BODY_AS: &str = "`auto`: by its kind. `json`: any value as JSON. `text`: as it is. `form`: a record as a web form sends it. \
    `bytes`: as it is, without a content type.";
const RESPONSE_AS: &str = "`auto`: JSON when the server says it is JSON, text when it says so, else bytes. `json`, `text`, `bytes`: \
    that, whatever the server says.";
const KEY: &str = "Sent as the header `Idempotency-Key`. `true`: a key made of the run and this \
    node, the same on every attempt. A text: a key of your own.";

const DOCS: &str = r#"
The output is the whole response: use `{{ input.body }}` in the next node, `{{ input.status }}` for the status. An empty body is null.

**Bodies.** A content type is set to fit the body, unless `headers` has one: `application/json`, `text/plain`, or
`application/x-www-form-urlencoded` for `bodyAs: form`. Bytes get none.

**Error statuses** fail the node, so that `retry` and `onError` work as you expect. Set `failOnStatus: false` to get every response as output
and decide with a `flow.if` on `input.status`.

**Addresses.** Calls go to public addresses only. To reach a machine in your own network, the operator allows it by name
(`--allow-host HOST[:PORT]`). Each redirect is checked in the same way.

**Idempotency.** Every call and its answer is recorded: a replay, a look at the past, or a restart never sends it again. One case
remains: the process dies after the call went out and before the answer is on disk. Then a call that is safe to repeat is sent again; any other stops as
INTERRUPTED and asks. Safe are `GET`, `HEAD` and `OPTIONS`, calls you mark `idempotent`, and calls with an `idempotencyKey`, for servers that support it.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    match node.answers().first() {
        Some(Ok(response)) => answered(response, params),
        Some(Err(failure)) => Err(failure.clone()),
        None => effect(node.params(), Some(format!("{}/0", node.key()))).map(Answer::Await),
    }
}

fn answered(response: &Value, params: &Params<'_>) -> Result<Answer, Failure> {
    let status = response.get("status").and_then(Value::as_int).unwrap_or(0);
    if status >= 400 && params.bool("failOnStatus")? {
        return Err(refused(status, response, params));
    }
    Ok(Answer::out(response.clone()))
}

fn refused(status: i64, response: &Value, params: &Params<'_>) -> Failure {
    let method = params.choice("method").unwrap_or("GET");
    let url = params
        .text("url")
        .map(|url| shown(&url))
        .unwrap_or_default();
    let details = ["status", "headers", "body"]
        .map(|name| (name, response.get(name).cloned().unwrap_or_default()));
    Failure::new(
        FailureKind::Status,
        format!("{method} {url} answered {status}{}", meaning(status)),
    )
    .with_hint(advice(status))
    .with_details(details.into_iter().collect::<Record>().into())
}

fn meaning(status: i64) -> &'static str {
    match status {
        400 => " (bad request)",
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        405 => " (method not allowed)",
        409 => " (conflict)",
        410 => " (gone)",
        413 => " (too large)",
        415 => " (unsupported media type)",
        422 => " (unprocessable)",
        429 => " (too many requests)",
        500 => " (internal server error)",
        502 => " (bad gateway)",
        503 => " (unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    }
}

fn advice(status: i64) -> &'static str {
    match status {
        401 | 403 => "check the credentials and the rights they give",
        404 | 410 => "check the URL",
        408 | 425 | 429 | 500.. => "the server may recover: give the node a `retry`",
        _ => "the response's body, in `details`, may say more",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    #[test]
    fn the_effect_has_the_frames_key() {
        let params = json!({ "method": "POST", "url": "http://h", "idempotencyKey": true });
        let expected = r#"await http {"idempotencyKey":"run/node//0","method":"POST","url":"http://h"}, idempotent"#;
        check_node("http.request", params, json!({}), expected);
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check_answer(params: Json, response: Json, expected: &str) {
        let scene = Scene::new("http.request", params, json!({}));
        assert_eq!(
            scene.answers([Ok(Value::from_json(&response))]).told(),
            expected
        );
    }

    #[test]
    fn the_response_is_the_output() {
        let response = json!({ "status": 200, "headers": {}, "body": [1], "url": "http://h/" });
        check_answer(
            json!({ "url": "http://h" }),
            response.clone(),
            &format!("out {response}"),
        );
    }

    #[test]
    fn error_statuses_fail_unless_the_author_wants_them() {
        let response =
            json!({ "status": 404, "headers": { "a": "b" }, "body": "no", "url": "http://h/" });
        let expected = "failed status: GET http://h/x answered 404 (not found) (check the URL)";
        check_answer(
            json!({ "url": "http://u:p@h/x?key=s3cret" }),
            response.clone(),
            expected,
        );
        check_answer(
            json!({ "url": "http://h", "failOnStatus": false }),
            response.clone(),
            &format!("out {response}"),
        );
        let scene = Scene::new("http.request", json!({ "url": "http://h" }), json!({}));
        let failure = scene
            .answers([Ok(Value::from_json(&response))])
            .evaluate()
            .expect_err("404 fails");
        let details = json!({ "status": 404, "headers": { "a": "b" }, "body": "no" });
        assert_eq!(failure.details.expect("details").to_json(), details);
    }

    #[test]
    fn a_failed_call_is_a_failed_node() {
        let scene = Scene::new("http.request", json!({ "url": "http://h" }), json!({}));
        let failure = Failure::new(FailureKind::Timeout, "too slow");
        assert_eq!(
            scene.answers([Err(failure)]).told(),
            "failed timeout: too slow"
        );
    }
}
