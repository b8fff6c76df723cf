//! Values as JSON, without loss: bytes and odd floats as one-field records whose key starts with `$`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DEPTH_MAX, Record, Value};

/// Why a JSON text is not a value.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It is nested too deep.
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
}

impl Value {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// When it is not JSON, or nested deeper than [`DEPTH_MAX`].
    pub fn parse_json(text: &str) -> Result<Self, JsonError> {
        Ok(Self::from_json(&serde_json::from_str(text)?))
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
            Json::Object(fields) => Self::Record(
                fields
                    .iter()
                    .map(|(key, value)| (key.as_str(), Self::from_json(value)))
                    .collect::<Record>(),
            ),
        }
    }

    /// The JSON that stands for this value.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(*bool),
            Self::Int(int) => Json::from(*int),
            Self::Float(float) => Json::from(*float),
            Self::Text(text) => Json::from(&**text),
            Self::Bytes(_) => Json::Null,
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Record(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(|json| Self::from_json(&json))
    }
}
