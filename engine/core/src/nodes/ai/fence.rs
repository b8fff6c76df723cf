//! What a model may change of an HTTP call: values inside it, never where it goes or what it does there.
//!
//! The arguments of a tool are written by a model, and a model says what somebody told it to say. So the
//! method is the author's, and the scheme, host and port stand in the URL before anything is put into it;
//! what is put into the URL is encoded, so that it stays one value: no further path, no query, no way up.

use crate::failure::Failure;
use crate::nodes::http::encode;
use crate::nodes::params::{Param, Params};
use crate::value::{Record, Value};

/// Refuses parameters of a call that leave its method or its host to a model.
pub(super) fn check(params: &Params<'_>) -> Result<(), Failure> {
    if let Some(method) = params.given("method")
        && has_expression(method.value())
    {
        return Err(method.fails("must be written out: a model may not choose it"));
    }
    let url = params.need("url")?;
    if !keeps_host(&url) {
        return Err(url
            .fails("must begin with its scheme and host, written out up to the next `/`")
            .with_hint("such as `https://api.example.com/orders/{{ input.id }}`"));
    }
    Ok(())
}

fn has_expression(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.contains("{{"))
}

fn keeps_host(url: &Param<'_>) -> bool {
    let Some(text) = url.value().as_str() else {
        return false;
    };
    let written = text.split("{{").next().unwrap_or_default();
    if written.len() == text.len() {
        return true;
    }
    let after_scheme = written.split_once("://").map(|(_, rest)| rest);
    after_scheme.is_some_and(|rest| rest.contains(['/', '?', '#']))
}

/// The value with every text in it encoded for a place in a URL.
pub(super) fn encoded(value: &Value) -> Value {
    match value {
        Value::Text(text) => encode(text).into(),
        Value::List(items) => items.iter().map(encoded).collect::<Vec<_>>().into(),
        Value::Record(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, field)| (name.clone(), encoded(field)));
            fields.collect::<Record>().into()
        }
        other => other.clone(),
    }
}

/// Whether a URL's path goes up, or stays where it is: a value of `..` was put into it.
pub(super) fn climbs(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\'])
        .any(|step| matches!(&*step.to_ascii_lowercase().replace("%2e", "."), "." | ".."))
}

/// What a model is told of a response: its status and body. Headers may hold what is none of its business.
pub(super) fn shown(response: &Value) -> Value {
    let fields = ["status", "body"];
    let shown = fields.map(|name| (name, response.get(name).cloned().unwrap_or_default()));
    Record::from_iter(shown).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::nodes::testing::value;

    fn allowed(params: serde_json::Value) -> bool {
        let schema = json!({ "properties": { "url": {}, "method": {} } });
        check(&Params::new(&value(params), &schema)).is_ok()
    }

    #[test]
    fn host_and_method_are_the_authors() {
        assert!(allowed(json!({ "url": "https://h/{{ input.id }}" })));
        assert!(allowed(
            json!({ "url": "https://h?id={{ input.id }}", "method": "POST" })
        ));
        assert!(allowed(json!({ "url": "https://h" })));
        for url in [
            "{{ input.url }}",
            "https://{{ input.host }}/",
            "https://h{{ input.x }}",
            "{{ 1 }}https://h/",
        ] {
            assert!(!allowed(json!({ "url": url })), "{url}");
        }
        assert!(!allowed(
            json!({ "url": "https://h/", "method": "{{ input.method }}" })
        ));
    }

    #[test]
    fn a_value_in_a_url_stays_one_value() {
        let hostile = value(json!({ "id": "../admin?x=1#y@evil.test", "n": 7 }));
        assert_eq!(
            encoded(&hostile).to_json(),
            json!({ "id": "..%2Fadmin%3Fx%3D1%23y%40evil.test", "n": 7 })
        );
        assert!(climbs("https://h/a/../b"));
        assert!(climbs("https://h/a/%2E%2e"));
        assert!(!climbs("https://h/a/..%2Fadmin"));
        assert!(!climbs("https://h/a?b=/../c"));
    }
}
