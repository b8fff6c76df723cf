//! A URL with a query made of a record.

use std::fmt::Write as _;

use crate::value::{Record, Value};

/// A field of a record that cannot be written into a query or form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotPlain(pub(super) String);

/// The URL with these fields at the end of its query, before its fragment.
pub(super) fn with_query(url: &str, query: &Record) -> Result<String, NotPlain> {
    let added = form(query)?;
    if added.is_empty() {
        return Ok(url.to_owned());
    }
    let (base, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let joint = match base.find('?') {
        None => "?",
        Some(_) if base.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    Ok(format!("{base}{joint}{added}{fragment}"))
}

/// The fields as `a=1&b=2`. A list is its name again and again; null is left out.
pub(super) fn form(fields: &Record) -> Result<String, NotPlain> {
    let mut text = String::new();
    for (name, value) in fields {
        let values = match value {
            Value::List(values) => &values[..],
            single => std::slice::from_ref(single),
        };
        for value in values.iter().filter(|value| !value.is_null()) {
            let value = plain_text(value).ok_or_else(|| NotPlain(name.to_string()))?;
            let joint = if text.is_empty() { "" } else { "&" };
            let _ = write!(text, "{joint}{}={}", encode(name), encode(&value));
        }
    }
    Ok(text)
}

/// A text, number or truth value as it is written in a query or header.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some(value.to_json().to_string()),
        _ => None,
    }
}

/// Percent-encoding of all that RFC 3986 does not call unreserved.
pub(in crate::nodes) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Scheme, host and path: what can be shown of a URL, since secrets may stand in the rest.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::nodes::testing::value;

    fn check(url: &str, query: serde_json::Value, expected: &str) {
        let Value::Record(query) = value(query) else {
            panic!("not a record")
        };
        let found =
            with_query(url, &query).unwrap_or_else(|NotPlain(name)| format!("{name} is not plain"));
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_are_appended() {
        check(
            "http://h/p",
            json!({ "b": 2, "a": "x" }),
            "http://h/p?a=x&b=2",
        );
        check(
            "http://h/p?z=1",
            json!({ "a": true }),
            "http://h/p?z=1&a=true",
        );
        check("http://h/p?", json!({ "a": 1.5 }), "http://h/p?a=1.5");
        check("http://h/p?z&", json!({ "a": 1 }), "http://h/p?z&a=1");
        check("http://h/p#top?", json!({ "a": 1 }), "http://h/p?a=1#top?");
        check("http://h/p", json!({}), "http://h/p");
    }

    #[test]
    fn lists_repeat_and_null_is_left_out() {
        check(
            "http://h",
            json!({ "id": [1, null, "2"], "x": null }),
            "http://h?id=1&id=2",
        );
        check("http://h", json!({ "x": { "a": 1 } }), "x is not plain");
    }

    #[test]
    fn everything_odd_is_encoded() {
        check(
            "http://h",
            json!({ "a b&": "é=?/+#\r\n" }),
            "http://h?a%20b%26=%C3%A9%3D%3F%2F%2B%23%0D%0A",
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(
            shown("https://me:pw@api.example.com/v1/x?token=t#f"),
            "https://api.example.com/v1/x"
        );
        assert_eq!(shown("https://api.example.com"), "https://api.example.com");
    }
}
