//! `flow.wait`: nothing, for a while.

use serde_json::json;

use super::pass_on;
use crate::effect::{Effect, EffectKind};
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params, whole};
use crate::nodes::schema::{Property, either};
use crate::time::Timestamp;
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "timer",
        words: &[
            "sleep", "delay", "pause", "timer", "until", "schedule", "later",
        ],
        outputs: vec![port("out", "any", "The input, unchanged.")],
        params: params(),
        errors: &[(
            FailureKind::InvalidParameter,
            "both or neither of `durationMs` and `until` are given, or `until` is not a moment",
        )],
        examples: examples(),
        ..plain(
            "flow.wait",
            "Wait",
            "Waits for a time or until a moment, then passes its input on.",
        )
    }
}

fn params() -> serde_json::Value {
    either([
        Property::int(
            "durationMs",
            "For",
            "How long to wait, in milliseconds, from the moment the node starts. When left out, \
                `until` must be given.",
            0..=DURATION_MS_MAX,
        )
        .such_as(json!(60_000)),
        Property::any("until", "Until", UNTIL).such_as(json!("2030-01-01T09:00:00+01:00")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "A minute",
            json!({ "durationMs": 60_000 }),
            json!({ "id": 7 }),
        ),
        Example::new(
            "Until the invoice is due",
            json!({ "until": "{{ input.dueAt }}" }),
            json!({ "id": 7, "dueAt": "2030-01-01T09:00:00Z" }),
        ),
    ]
}

/// Ten years.
const DURATION_MS_MAX: i64 = 10 * 365 * 24 * 3_600_000;

const UNTIL: &str = "The moment to wait for: a text such as `2030-01-01T09:00:00Z` (RFC 3339, \
    with its offset from UTC), or milliseconds since 1970. When left out, `durationMs` must be \
    given.";

const DOCS: &str = r#"
Give either `durationMs` or `until`. A moment that has passed already is not waited for.

Waiting costs nothing: the run can wait for months, and a stop, a crash or an update of the server in between does not matter. What is
recorded is the moment at which to go on, so time in which the server was off counts. In a replay nothing is waited for.

The node's `timeoutMs`, if it has one, must be longer than the wait.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    match node.answers().first() {
        Some(Ok(_)) => Ok(pass_on(node, "out")),
        Some(Err(failure)) => Err(failure.clone()),
        None => Ok(Answer::Await(sleep(moment(node, params)?))),
    }
}

fn moment(node: &dyn Activation, params: &Params<'_>) -> Result<Timestamp, Failure> {
    match (params.given("durationMs"), params.given("until")) {
        (Some(duration), None) => {
            let ms = u64::try_from(duration.int()?).map_err(|_| duration.expected("a time"))?;
            Ok(node.opened_at().plus_ms(ms))
        }
        (None, Some(until)) => moment_of(&until),
        (None, None) => Err(params
            .missing("durationMs")
            .with_hint("give either `durationMs` or `until`")),
        (Some(_), Some(until)) => Err(until.fails("cannot be given together with `durationMs`")),
    }
}

fn moment_of(param: &Param<'_>) -> Result<Timestamp, Failure> {
    if let Some(ms) = whole(param.value()) {
        return Ok(Timestamp(ms));
    }
    let moment = param
        .value()
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok());
    moment
        .map(|moment| Timestamp(moment.as_millisecond()))
        .ok_or_else(|| {
            param.expected("a moment, such as `2030-01-01T09:00:00Z` or milliseconds since 1970")
        })
}

fn sleep(until: Timestamp) -> Effect {
    let request: Record = [("untilMs", Value::Int(until.0))].into_iter().collect();
    Effect {
        kind: EffectKind::Sleep,
        request: request.into(),
        idempotent: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    fn check(params: serde_json::Value, expected: &str) {
        check_node("flow.wait", params, json!(7), expected);
    }

    /// Frames of the harness open at 1,000,000 ms.
    #[test]
    fn a_duration_counts_from_the_start_of_the_frame() {
        check(
            json!({ "durationMs": 500 }),
            r#"await sleep {"untilMs":1000500}, idempotent"#,
        );
        check(
            json!({ "durationMs": 0 }),
            r#"await sleep {"untilMs":1000000}, idempotent"#,
        );
    }

    #[test]
    fn a_moment_is_text_or_milliseconds() {
        check(
            json!({ "until": "1970-01-01T01:00:01.5+01:00" }),
            r#"await sleep {"untilMs":1500}, idempotent"#,
        );
        check(
            json!({ "until": 1500 }),
            r#"await sleep {"untilMs":1500}, idempotent"#,
        );
    }

    #[test]
    fn after_the_wait_the_input_goes_on() {
        let scene = || Scene::new("flow.wait", json!({ "durationMs": 1 }), json!(7));
        assert_eq!(scene().answers([Ok(Value::Null)]).told(), "out 7");
        let cancelled = Failure::new(FailureKind::Cancelled, "enough");
        assert_eq!(
            scene().answers([Err(cancelled)]).told(),
            "failed cancelled: enough"
        );
    }

    #[test]
    fn one_of_the_two_must_be_given() {
        check(
            json!({}),
            "failed invalidParameter /durationMs: `durationMs` is missing (give either \
                `durationMs` or `until`)",
        );
        check(
            json!({ "durationMs": 1, "until": 1 }),
            "failed invalidParameter /until: `until` cannot be given together with `durationMs`",
        );
        let expected = "failed invalidParameter /until: `until` must be a moment, such as \
            `2030-01-01T09:00:00Z` or milliseconds since 1970, found text";
        check(json!({ "until": "2030-01-01 09:00" }), expected);
        check(json!({ "until": "tomorrow" }), expected);
    }
}
