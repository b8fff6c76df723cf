//! Values into Rhai and back, bounded in depth and size.
//!
//! Integers stay integers, and a character becomes a text of one character. A function, a range or
//! anything else that only a script can hold has no value outside it and is refused by its place.

use rhai::{Dynamic, Map};

use crate::value::{DEPTH_MAX, Record, Value};

/// Why what a script computed is not a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConvertError {
    /// Too deep.
    #[error("it is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// Too large.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: u64,
    },
    /// Nothing outside a script.
    #[error("it holds {kind}, which cannot leave a script")]
    NoValue {
        /// What was found.
        kind: String,
    },
}

/// The Rhai form of a value.
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Float(float) => (*float).into(),
        Value::Text(text) => (&**text).into(),
        Value::Bytes(bytes) => Dynamic::from_blob(bytes.to_vec()),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Record(fields) => Dynamic::from_map(
            fields
                .iter()
                .map(|(name, value)| ((&**name).into(), to_dynamic(value)))
                .collect::<Map>(),
        ),
    }
}

/// The value of what a script computed, of at most `bytes_max` bytes.
pub(super) fn to_value(dynamic: &Dynamic, bytes_max: u64) -> Result<Value, ConvertError> {
    Budget {
        bytes_max,
        bytes_left: bytes_max,
    }
    .value(dynamic, 0)
}

/// Counts down while values are converted, so that what is shared many times is still bounded.
pub(super) struct Budget {
    bytes_max: u64,
    bytes_left: u64,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            bytes_left: bytes_max,
        }
    }

    /// Converts a list of these items, which is nested `depth` levels deep.
    pub(super) fn list(&mut self, items: &[Dynamic], depth: u32) -> Result<Value, ConvertError> {
        self.spend(9)?;
        let items = items.iter().map(|item| self.value(item, depth + 1));
        Ok(Value::List(items.collect::<Result<Vec<_>, _>>()?.into()))
    }

    /// Converts a record of these fields, which is nested `depth` levels deep.
    pub(super) fn record(&mut self, fields: &Map, depth: u32) -> Result<Value, ConvertError> {
        self.spend(9)?;
        let fields = fields.iter().map(|(name, value)| {
            self.spend(name.len() as u64 + 9)?;
            Ok((name.as_str(), self.value(value, depth + 1)?))
        });
        Ok(Value::Record(
            fields
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .collect::<Record>(),
        ))
    }

    /// Converts one value, which is nested `depth` levels deep.
    pub(super) fn value(&mut self, dynamic: &Dynamic, depth: u32) -> Result<Value, ConvertError> {
        if depth > DEPTH_MAX {
            return Err(ConvertError::TooDeep);
        }
        if let Ok(items) = dynamic.as_array_ref() {
            return self.list(&items, depth);
        }
        if let Ok(fields) = dynamic.as_map_ref() {
            return self.record(&fields, depth);
        }
        self.scalar(dynamic)
    }

    fn scalar(&mut self, dynamic: &Dynamic) -> Result<Value, ConvertError> {
        self.spend(9)?;
        if let Ok(text) = dynamic.as_immutable_string_ref() {
            self.spend(text.len() as u64)?;
            Ok(text.as_str().into())
        } else if let Ok(int) = dynamic.as_int() {
            Ok(int.into())
        } else if let Ok(float) = dynamic.as_float() {
            Ok(float.into())
        } else if let Ok(bool) = dynamic.as_bool() {
            Ok(bool.into())
        } else if dynamic.is_unit() {
            Ok(Value::Null)
        } else if let Ok(character) = dynamic.as_char() {
            Ok(character.to_string().into())
        } else if let Ok(bytes) = dynamic.as_blob_ref() {
            self.spend(bytes.len() as u64)?;
            Ok(Value::Bytes(bytes.clone().into()))
        } else {
            Err(ConvertError::NoValue {
                kind: kind_of(dynamic),
            })
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), ConvertError> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or(ConvertError::TooLarge {
            bytes_max: self.bytes_max,
        })?;
        Ok(())
    }
}

/// What a thing in a script is called by people.
pub(super) fn kind_of(dynamic: &Dynamic) -> String {
    match dynamic.type_name() {
        "()" => "null".into(),
        "i64" => "integer".into(),
        "f64" => "float".into(),
        "string" => "text".into(),
        "array" => "list".into(),
        "map" => "record".into(),
        "blob" => "bytes".into(),
        "Fn" => "a function".into(),
        name if name.contains("Range") => "a range".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::parse_json(text).expect("JSON")
    }

    #[test]
    fn values_go_in_and_come_back_unchanged() {
        let value = json(r#"{"a":[1,2.5,"x",null,true,{"b":9007199254740993}],"c":{}}"#);
        assert_eq!(to_value(&to_dynamic(&value), 1 << 20), Ok(value));
        let bytes = Value::Bytes(vec![0, 255].into());
        assert_eq!(to_value(&to_dynamic(&bytes), 100), Ok(bytes));
    }

    #[test]
    fn an_integer_is_never_a_float() {
        assert_eq!(
            to_value(&Dynamic::from(i64::MAX), 100),
            Ok(Value::Int(i64::MAX))
        );
        assert_eq!(to_value(&Dynamic::from(1.0), 100), Ok(Value::Float(1.0)));
    }

    #[test]
    fn what_is_too_deep_or_too_large_is_refused() {
        let mut deep = Dynamic::UNIT;
        for _ in 0..1000 {
            deep = Dynamic::from_array(vec![deep]);
        }
        assert_eq!(to_value(&deep, 1 << 20), Err(ConvertError::TooDeep));
        let long = Dynamic::from("x".repeat(1000));
        assert_eq!(
            to_value(&long, 100),
            Err(ConvertError::TooLarge { bytes_max: 100 })
        );
    }

    #[test]
    fn a_function_is_no_value() {
        let function = rhai::FnPtr::new("f").expect("a name");
        assert!(matches!(
            to_value(&Dynamic::from(function), 100),
            Err(ConvertError::NoValue { .. })
        ));
    }
}
