//! A value as a shape with samples: enough to write an expression for it, little of what is in it.

use flowforge_engine::Value;

use crate::proposal::visible;

/// Longest sample text, in characters.
const SAMPLE_CHARS_MAX: usize = 40;
/// Most fields that are told of a record.
const FIELDS_MAX: usize = 40;
/// Deepest nesting that is told.
const DEPTH_MAX: usize = 6;

/// The shape of a value with samples: `[3 of {id: int 1, name: text "Ada"}]`. The value must be redacted already.
#[must_use]
pub fn shape(value: &Value) -> String {
    told(value, 0)
}

fn told(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(bool) => format!("bool {bool}"),
        Value::Int(int) => format!("int {int}"),
        Value::Float(float) => format!("float {float}"),
        Value::Text(text) => format!("text {}", sample(text)),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::List(list) if list.is_empty() => "empty list".into(),
        Value::List(list) if depth >= DEPTH_MAX => format!("list of {}", list.len()),
        Value::List(list) => {
            let inner = list
                .iter()
                .next()
                .map(|item| told(item, depth + 1))
                .unwrap_or_default();
            format!("[{} of {inner}]", list.len())
        }
        Value::Record(record) if depth >= DEPTH_MAX => format!("record of {}", record.len()),
        Value::Record(record) => {
            let fields = record.iter().take(FIELDS_MAX);
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{}: {}", key(name), told(value, depth + 1)))
                .collect();
            let more = record.len().saturating_sub(FIELDS_MAX);
            let more = if more > 0 {
                format!(", … {more} more")
            } else {
                String::new()
            };
            format!("{{{}{more}}}", fields.join(", "))
        }
    }
}

fn key(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain {
        name.to_owned()
    } else {
        sample(name)
    }
}

fn sample(text: &str) -> String {
    let cut: String = text.chars().take(SAMPLE_CHARS_MAX).collect();
    let more = if cut.len() < text.len() {
        format!("… ({} chars)", text.chars().count())
    } else {
        String::new()
    };
    format!("{}{more}", serde_json::Value::from(visible(&cut)))
}
