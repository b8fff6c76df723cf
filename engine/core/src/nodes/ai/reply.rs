//! What a model answered, read from the recorded outcome.

use serde_json::Value as Json;

use crate::failure::{Failure, FailureKind};
use crate::value::{Text, Value};

/// Most bytes of an answer that a failure quotes.
const QUOTED_BYTES_MAX: usize = 2_048;

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: Text,
    /// The JSON in the text, where the edge found some.
    value: Option<Value>,
    /// The tools that the model wants, as recorded; null without any.
    pub(super) calls: Value,
    /// What it used.
    pub(super) usage: Value,
    /// Whether it was cut at `maxTokens`.
    pub(super) is_cut: bool,
}

impl Reply {
    /// The answer that this outcome is.
    pub(super) fn of(outcome: &Value) -> Result<Self, Failure> {
        if let Value::Text(text) = outcome {
            return Ok(Self {
                text: text.clone(),
                value: None,
                calls: Value::Null,
                usage: Value::Null,
                is_cut: false,
            });
        }
        let Some(Value::Text(text)) = outcome.get("text") else {
            let message = "the model's answer has no `text`";
            return Err(Failure::new(FailureKind::Model, message)
                .with_hint("an answer is a text, or a record with `text`"));
        };
        let flag = |name| outcome.get(name).and_then(Value::as_bool);
        Ok(Self {
            text: text.clone(),
            value: outcome.get("value").cloned(),
            calls: outcome.get("calls").cloned().unwrap_or_default(),
            usage: outcome.get("usage").cloned().unwrap_or_default(),
            is_cut: flag("cut").unwrap_or_default(),
        })
    }

    /// The JSON that the answer is, or holds.
    pub(super) fn value(&self) -> Option<Value> {
        self.value.clone().or_else(|| value_in(&self.text))
    }

    /// The beginning of the text, for a failure's details.
    pub(super) fn quoted(&self) -> Value {
        let end = self.text.floor_char_boundary(QUOTED_BYTES_MAX);
        Value::from(&self.text[..end])
    }
}

/// The JSON in a model's text: all of it, or what stands in its only fence.
#[must_use]
pub fn value_in(text: &str) -> Option<Value> {
    let text = text.trim();
    let json: Json = serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(fenced(text).unwrap_or_default()))
        .ok()?;
    Some(Value::from_json(&json))
}

fn fenced(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```")?;
    let (inside, after) = after.split_once("```")?;
    let is_only = !after.contains("```");
    let body = inside.strip_prefix("json").unwrap_or(inside);
    is_only.then(|| body.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = value_in(text).map_or_else(|| "nothing".into(), |value| value.to_json_text());
        assert_eq!(found, expected);
    }

    #[test]
    fn json_is_found_bare_or_in_its_only_fence() {
        check(r#" {"a": 1} "#, r#"{"a":1}"#);
        check("Here:\n```json\n[1]\n```\nDone.", "[1]");
        check("```\n9007199254740993\n```", "9007199254740993");
        check("```json\n1\n``` or ```json\n2\n```", "nothing");
        check("no JSON", "nothing");
    }

    #[test]
    fn a_text_is_an_answer_and_anything_else_needs_one() {
        assert_eq!(&*Reply::of(&"yes".into()).expect("an answer").text, "yes");
        let failure = Reply::of(&Value::from(7)).expect_err("no answer");
        assert_eq!(failure.message, "the model's answer has no `text`");
    }
}
