//! Values as JSON, without loss.
//!
//! JSON has no bytes and no NaN, so they are one-field records: `{"$bytes": "<base64>"}` and
//! `{"$float": "NaN"}` (or `inf`, `-inf`). A user's own one-field record whose only key is `$bytes` or
//! `$float`, after any number of `$`, gets one more `$` on the way out and loses one on the way in, so
//! that every value is read back as it was. What was never written by us stays as it is: a `$bytes`
//! whose payload is not base64 is a record.
//!
//! Elsewhere than in text formats a value travels as its flat encoding.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DEPTH_MAX, List, Record, TOO_DEEP, Value, decode_inline, deep, encode_inline};

const BYTES: &str = "$bytes";
const FLOAT: &str = "$float";

/// Why a JSON text is not a value.
#[derive(Debug, thiserror::Error)]
#[error("not valid JSON: {message}, at line {line} column {column}")]
pub struct JsonError {
    /// What was expected and what was found.
    pub message: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 1; 0 when it is the end of the line before.
    pub column: usize,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
        Self {
            message,
            line,
            column,
        }
    }
}

impl Value {
    /// Reads a JSON text.
    ///
    /// Integers that do not fit 64 bits become floats; of several fields with one name the last counts.
    ///
    /// # Errors
    /// When it is not JSON, or nested deeper than [`DEPTH_MAX`].
    pub fn parse_json(text: &str) -> Result<Self, JsonError> {
        Ok(serde_json::from_str(text)?)
    }

    /// Reads JSON from bytes; see [`parse_json`](Self::parse_json).
    ///
    /// # Errors
    /// When it is not JSON or not UTF-8, or nested deeper than [`DEPTH_MAX`].
    pub fn parse_json_bytes(bytes: &[u8]) -> Result<Self, JsonError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The value as JSON on one line. One that is too deep is the text that says so.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        serde_json::to_string(&self.shown()).unwrap_or_default()
    }

    /// The value as JSON with a line for each item and field. One that is too deep is the text that says so.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        serde_json::to_string_pretty(&self.shown()).unwrap_or_default()
    }

    /// The value that this JSON stands for.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(*bool),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text.as_str().into()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(fields) => unescape(
                fields
                    .iter()
                    .map(|(key, value)| (key.as_str().into(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// The JSON that stands for this value. One that is too deep is the text that says so.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.shown()).unwrap_or_default()
    }

    /// Itself, or the text in its place when it is too deep.
    fn shown(&self) -> Self {
        if self.depth() > DEPTH_MAX {
            deep::stand_in(self)
        } else {
            self.clone()
        }
    }
}

/// Whether a one-field record with this key would be taken for something else.
fn is_special(key: &str) -> bool {
    key.starts_with('$') && matches!(key.trim_start_matches('$'), "bytes" | "float")
}

/// What a record that was read stands for.
fn unescape(fields: Vec<(Arc<str>, Value)>) -> Value {
    match fields.as_slice() {
        [(key, value)] if is_special(key) => unescape_field(key, value),
        _ => Value::Record(fields.into_iter().collect()),
    }
}

fn unescape_field(key: &str, value: &Value) -> Value {
    let special = match (key, value.as_str()) {
        (BYTES, Some(text)) => BASE64
            .decode(text)
            .ok()
            .map(|bytes| Value::Bytes(bytes.into())),
        (FLOAT, Some(text)) => odd_float(text),
        _ => None,
    };
    special.unwrap_or_else(|| {
        let key = if key.starts_with("$$") {
            &key[1..]
        } else {
            key
        };
        Value::Record(Record::from_iter([(key, value.clone())]))
    })
}

fn odd_float(text: &str) -> Option<Value> {
    match text {
        "NaN" => Some(f64::NAN.into()),
        "inf" => Some(f64::INFINITY.into()),
        "-inf" => Some(f64::NEG_INFINITY.into()),
        _ => None,
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.depth() > DEPTH_MAX {
            return Err(S::Error::custom(TOO_DEEP));
        }
        if serializer.is_human_readable() {
            Shown(self).serialize(serializer)
        } else {
            let bytes =
                encode_inline(self, usize::MAX).ok_or_else(|| S::Error::custom(TOO_DEEP))?;
            serializer.serialize_bytes(&bytes)
        }
    }
}

/// A value that is known not to be too deep, on its way into a text format.
struct Shown<'v>(&'v Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Float(float) if float.is_finite() => serializer.serialize_f64(*float),
            Value::Float(float) => one_field(serializer, FLOAT, &float.to_string()),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => one_field(serializer, BYTES, &BASE64.encode(&**bytes)),
            Value::List(items) => serializer.collect_seq(items.iter().map(Shown)),
            Value::Record(fields) => show_record(serializer, fields),
        }
    }
}

fn show_record<S: Serializer>(serializer: S, fields: &Record) -> Result<S::Ok, S::Error> {
    match (fields.len(), fields.iter().next()) {
        (1, Some((key, value))) if is_special(key) => {
            one_field(serializer, &format!("${key}"), &Shown(value))
        }
        _ => serializer.collect_map(fields.iter().map(|(key, value)| (&**key, Shown(value)))),
    }
}

fn one_field<S: Serializer>(
    serializer: S,
    key: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Nested {
                depth_max: DEPTH_MAX,
                like: None,
            }
            .deserialize(deserializer)
        } else {
            deserializer.deserialize_bytes(Flat)
        }
    }
}

/// Reads a flat encoding.
struct Flat;

impl Visitor<'_> for Flat {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the encoding of a value")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        decode_inline(bytes).map_err(E::custom)
    }
}

/// Reads a value that may be nested this deep, and that may resemble the item before it: names of
/// fields that are the same there are shared, so that a long list of rows holds each name once.
#[derive(Clone, Copy)]
struct Nested<'l> {
    depth_max: u32,
    like: Option<&'l Value>,
}

impl<'l> Nested<'l> {
    fn below<E: serde::de::Error>(self, like: Option<&Value>) -> Result<Nested<'_>, E> {
        let depth_max = self
            .depth_max
            .checked_sub(1)
            .ok_or_else(|| E::custom(TOO_DEEP))?;
        Ok(Nested { depth_max, like })
    }

    fn like_field(self, key: &str) -> Option<&'l (Arc<str>, Value)> {
        self.like?.as_record()?.field(key)
    }
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(bool.into())
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_i128<E>(self, int: i128) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Float(int as f64), Value::Int))
    }

    fn visit_u128<E>(self, int: u128) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Float(int as f64), Value::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(float.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.below(items.last())?)? {
            items.push(item);
        }
        Ok(Value::List(List::from(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.below::<A::Error>(None)?;
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        while let Some((key, like)) = map.next_key_seed(Key(self))? {
            fields.push((key, map.next_value_seed(self.below(like)?)?));
        }
        Ok(unescape(fields))
    }
}

/// Reads the name of a field, and gives the value that the field's may resemble.
struct Key<'l>(Nested<'l>);

impl<'de, 'l> DeserializeSeed<'de> for Key<'l> {
    type Value = (Arc<str>, Option<&'l Value>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'l> Visitor<'_> for Key<'l> {
    type Value = (Arc<str>, Option<&'l Value>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(match self.0.like_field(text) {
            Some((key, value)) => (key.clone(), Some(value)),
            None => (text.into(), None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text`, and expects `shown` when it is written again.
    fn check(text: &str, shown: &str) {
        let value = Value::parse_json(text).unwrap();
        assert_eq!(value.to_json_text(), shown);
        assert_eq!(Value::parse_json(shown).unwrap(), value);
        assert_eq!(
            Value::from_json(&serde_json::from_str(text).unwrap()),
            value
        );
    }

    #[test]
    fn floats_stay_floats_and_integers_integers() {
        check(
            "[1, 1.0, -0.0, 1e3, 9223372036854775807]",
            "[1,1.0,-0.0,1000.0,9223372036854775807]",
        );
    }

    #[test]
    fn every_float_is_read_back_to_the_last_bit() {
        let mut bits = 1_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = Value::Float(f64::from_bits(bits));
            assert_eq!(Value::parse_json(&value.to_json_text()).unwrap(), value);
        }
    }

    #[test]
    fn integers_beyond_64_bits_become_floats() {
        check(
            "[9223372036854775808, -1e30]",
            "[9.223372036854776e+18,-1e+30]",
        );
    }

    #[test]
    fn bytes_and_odd_floats_are_records() {
        check(r#"{"$bytes": "AP8="}"#, r#"{"$bytes":"AP8="}"#);
        assert_eq!(
            Value::parse_json(r#"{"$bytes": "AP8="}"#).unwrap(),
            Value::Bytes([0_u8, 255][..].into())
        );
        check(
            r#"[{"$float": "NaN"}, {"$float": "-inf"}]"#,
            r#"[{"$float":"NaN"},{"$float":"-inf"}]"#,
        );
    }

    #[test]
    fn what_only_looks_like_bytes_stays_a_record() {
        check(r#"{"$bytes": "?"}"#, r#"{"$$bytes":"?"}"#);
        check(r#"{"$bytes": 1}"#, r#"{"$$bytes":1}"#);
        check(r#"{"$float": "nan"}"#, r#"{"$$float":"nan"}"#);
        check(
            r#"{"$bytes": "AP8=", "a": 1}"#,
            r#"{"$bytes":"AP8=","a":1}"#,
        );
        check(r#"{"$$$float": 1}"#, r#"{"$$$float":1}"#);
        check(r#"{"$": 1}"#, r#"{"$":1}"#);
    }

    #[test]
    fn the_last_of_several_fields_with_one_name_counts() {
        check(r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn too_deep_is_an_error() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(Value::parse_json(&nested(100)).unwrap().depth(), DEPTH_MAX);
        assert_eq!(
            Value::parse_json(&nested(101)).unwrap_err().message,
            TOO_DEEP
        );
        assert!(Value::parse_json(&"[".repeat(1_000_000)).is_err());
        assert!(Value::parse_json(&"{\"a\":".repeat(1_000_000)).is_err());
    }

    #[test]
    fn errors_have_a_place() {
        let error = Value::parse_json("{\n  \"a\": truth\n}").unwrap_err();
        assert_eq!(
            (error.line, error.column, error.message.as_str()),
            (2, 11, "expected ident")
        );
        assert!(Value::parse_json("1e999").is_err());
        assert!(Value::parse_json("").is_err());
        assert!(Value::parse_json_bytes(b"\"\xff\"").is_err());
    }
}
