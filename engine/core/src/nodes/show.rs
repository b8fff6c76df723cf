//! Values in sentences: as text for people, and as what was found instead of what was expected.

use crate::value::Value;

/// The value as text: a text as it is, null as nothing, anything else as JSON.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_string(),
        other => other.to_json().to_string(),
    }
}

/// What was found, for a message: its kind, and the value of what cannot be a secret.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            value.to_json().to_string()
        }
        Value::Text(_) => "text".into(),
        Value::Bytes(_) => "bytes".into(),
        Value::List(list) => format!("a list of {}", list.len()),
        Value::Record(_) => "a record".into(),
    }
}
