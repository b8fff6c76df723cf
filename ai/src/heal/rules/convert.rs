//! The same thing in another type: `"12"` where a number was, a number where a text was, JSON as text.

use flowforge_engine::Value;

use super::mismatch::Mismatch;
use super::shapes::Remedy;
use crate::heal::rewrite::How;
use crate::heal::shape::{Shape, nearness, shape};

/// The conversion that makes of the value what it was.
pub(super) fn options(mismatch: &Mismatch) -> Result<Option<Remedy>, String> {
    let Some(good) = &mismatch.good else {
        return Ok(None);
    };
    let how = match (good, &mismatch.now) {
        (Shape::Number, Shape::Text { .. }) if all_texts(mismatch, is_number) => {
            if all_texts(mismatch, |text| text.parse::<i64>().is_ok()) {
                How::Integer
            } else {
                How::Number
            }
        }
        (Shape::Text { .. }, Shape::Number) => How::Text,
        (Shape::Record(_) | Shape::List(_), Shape::Text { .. }) if all_json(mismatch, good) => {
            How::Json
        }
        _ => return Ok(None),
    };
    let name = super::shapes::shown(&mismatch.way);
    let (title, reason) = match how {
        How::Text => (
            format!("write `{name}` as a text"),
            format!("`{name}` is a text in good runs, and a number here"),
        ),
        How::Json => (
            format!("read `{name}` as JSON"),
            format!("`{name}` holds in good runs what stands in it as JSON text here"),
        ),
        _ => (
            format!("read the text `{name}` as a number"),
            format!("`{name}` is a number in good runs, and a text with a number in it here"),
        ),
    };
    Ok(Some(Remedy {
        how,
        rule: "converted-type",
        title,
        reason,
    }))
}

/// What both `parse_int` or `parse_float` and a person read as a number.
fn is_number(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn all_texts(mismatch: &Mismatch, is: impl Fn(&str) -> bool) -> bool {
    let mut texts = mismatch.values.iter();
    texts.all(|value| match value {
        Value::Text(text) => is(text),
        Value::Int(_) | Value::Float(_) => true,
        _ => false,
    })
}

fn all_json(mismatch: &Mismatch, good: &Shape) -> bool {
    let fits = |text: &str| {
        let json = serde_json::from_str::<serde_json::Value>(text).ok();
        json.is_some_and(|json| nearness(good, &shape(&Value::from_json(&json))) >= 0.6)
    };
    all_texts(mismatch, fits)
}
