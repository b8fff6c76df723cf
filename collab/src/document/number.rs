//! JSON as the plain values of a shared document, so that numbers come back as they went in.
//!
//! JavaScript has one kind of number. A whole number of at most 31 bits travels as an integer, and one that a
//! float wrote (`8.0`) as a float; both are native, and browsers show them alike. Larger whole numbers travel as
//! floats, because that is what browsers write, so they are read as integers. What neither way keeps (a float such
//! as `1e10`, an integer past 2^53) is the one-field record `{"$number": "1e10"}`. A record of a person that looks
//! like that gets one more `$` on the way in and loses one on the way out.
//!
//! Why not that mark for every float? Every client, also one that is not ours, reads a native number as a number.
//! What it costs: a browser that rewrites a *list* writes the floats in it that have no fraction as integers.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Number, Value as Json};
use yrs::Any;
use yrs::any::Number as AnyNumber;

const NUMBER: &str = "$number";
/// The largest whole number that clients write as an integer, and not as a float.
const INT_MAX: u64 = 0x7fff_ffff;
/// The largest whole number below which a float is exact.
const EXACT_MAX: u64 = 1 << 53;

/// A plain value of this JSON.
pub(crate) fn any(json: &Json) -> Any {
    match json {
        Json::Null => Any::Null,
        Json::Bool(bool) => Any::Bool(*bool),
        Json::Number(number) => any_number(number),
        Json::String(text) => Any::String(text.as_str().into()),
        Json::Array(items) => Any::Array(items.iter().map(any).collect()),
        Json::Object(fields) => Any::Map(Arc::new(any_fields(fields))),
    }
}

fn any_fields(fields: &Map<String, Json>) -> HashMap<String, Any> {
    let is_alone = fields.len() == 1;
    let name = |key: &String| {
        if is_alone && is_mark(key) {
            format!("${key}")
        } else {
            key.clone()
        }
    };
    fields
        .iter()
        .map(|(key, value)| (name(key), any(value)))
        .collect()
}

/// Whether this is `$number` after any number of `$`.
fn is_mark(key: &str) -> bool {
    key.starts_with('$') && key.trim_start_matches('$') == &NUMBER[1..]
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only below 2^53, where it is exact"
)]
fn any_number(number: &Number) -> Any {
    if let Some(int) = number.as_i64() {
        let size = int.unsigned_abs();
        if size <= INT_MAX {
            return Any::Number(AnyNumber::Int(int));
        }
        if size <= EXACT_MAX {
            return Any::Number(AnyNumber::Float(int as f64));
        }
    } else if let Some(float) = number.as_f64().filter(|_| number.is_f64())
        && !is_taken_for_int(float)
    {
        return Any::Number(AnyNumber::Float(float));
    }
    let text = Any::String(number.to_string().into());
    Any::Map(Arc::new(HashMap::from([(NUMBER.to_owned(), text)])))
}

/// Whether a float of this size is read as an integer.
#[expect(clippy::cast_precision_loss, reason = "both are bounds")]
fn is_taken_for_int(float: f64) -> bool {
    float.trunc() == float && float.abs() > INT_MAX as f64 && float.abs() < i64::MAX as f64
}

/// The JSON of a plain value; `None` when it is nested deeper than `deepest`.
pub(crate) fn json(value: &Any, deepest: usize) -> Option<Json> {
    let deeper = deepest.checked_sub(1);
    Some(match value {
        Any::Null | Any::Undefined => Json::Null,
        Any::Bool(bool) => Json::Bool(*bool),
        Any::Number(number) => json_number(*number),
        Any::String(text) => Json::String(text.to_string()),
        Any::Buffer(bytes) => special("$bytes", BASE64.encode(bytes)),
        Any::Array(items) => {
            let items = items.iter().map(|item| json(item, deeper?));
            Json::Array(items.collect::<Option<_>>()?)
        }
        Any::Map(fields) => match marked(fields) {
            Some(number) => Json::Number(number),
            None => Json::Object(json_fields(fields, deeper?)?),
        },
    })
}

fn json_fields(fields: &HashMap<String, Any>, deepest: usize) -> Option<Map<String, Json>> {
    let is_alone = fields.len() == 1;
    let there = fields
        .iter()
        .filter(|(_, value)| !matches!(value, Any::Undefined));
    there
        .map(|(key, value)| {
            let escaped = is_alone && is_mark(key) && key != NUMBER;
            let name = if escaped { &key[1..] } else { key.as_str() };
            Some((name.to_owned(), json(value, deepest)?))
        })
        .collect()
}

fn json_number(number: AnyNumber) -> Json {
    match number {
        AnyNumber::Int(int) => Json::from(int),
        #[expect(clippy::cast_possible_truncation, reason = "whole, and it fits")]
        AnyNumber::Float(float) if is_taken_for_int(float) => Json::from(float as i64),
        AnyNumber::Float(float) => Number::from_f64(float)
            .map_or_else(|| special("$float", odd(float).to_owned()), Json::Number),
    }
}

/// How the values of the engine write what JSON has no number for.
fn odd(float: f64) -> &'static str {
    if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn special(key: &str, text: String) -> Json {
    Json::Object(Map::from_iter([(key.to_owned(), Json::String(text))]))
}

/// The number that a mark stands for.
fn marked(fields: &HashMap<String, Any>) -> Option<Number> {
    match fields.get(NUMBER) {
        Some(Any::String(text)) if fields.len() == 1 => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn comes_back(text: &str) {
        let number: Json = serde_json::from_str(text).expect("JSON");
        let doc = any(&number);
        let mut bytes = Vec::new();
        doc.encode(&mut bytes);
        let mut reader = yrs::encoding::read::Cursor::new(&bytes);
        let read = Any::decode(&mut reader).expect("what was written");
        for value in [doc, read] {
            assert_eq!(
                json(&value, 9).expect("not deep").to_string(),
                number.to_string()
            );
        }
    }

    #[test]
    fn every_number_comes_back_as_it_was() {
        for text in [
            "0",
            "-1",
            "8.0",
            "0.5",
            "-0.0",
            "1e10",
            "2147483647",
            "2147483648",
            "2147483648.0",
            "-2147483648",
            "9007199254740992",
            "9007199254740993",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "1e300",
            "9.223372036854775807e18",
            "1e-7",
        ] {
            comes_back(text);
        }
    }

    #[test]
    fn a_record_that_looks_like_our_mark_is_not_taken_for_it() {
        for text in [
            r#"{"$number":"5"}"#,
            r#"{"$$number":"5"}"#,
            r#"[{"$number":"5"}]"#,
            r#"{"$number":5}"#,
            r#"{"$number":"5","b":1}"#,
        ] {
            comes_back(text);
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_written_as_the_engine_does() {
        let nan = json(&Any::Number(AnyNumber::Float(f64::NAN)), 1).expect("not deep");
        assert_eq!(nan.to_string(), r#"{"$float":"NaN"}"#);
    }
}
