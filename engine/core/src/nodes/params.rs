//! How evaluated parameters are read: by the same schema that describes them.
//!
//! Defaults, ranges and choices stand in the schema alone, so the form, the page and the node cannot
//! disagree. A parameter of the wrong kind is a failure that names it and says what was expected and
//! what was found. Found texts are never quoted: they may hold a secret.
//!
//! Why not run a JSON Schema validator on the evaluated parameters? Because it would walk every
//! megabyte that an expression put into them; reading touches only what the node uses.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::field_path::FieldPath;
use super::show::found;
use crate::failure::{Failure, FailureKind};
use crate::problem::Place;
use crate::value::{List, Record, Text, Value};

/// A record of evaluated parameters with its schema.
pub(super) struct Params<'a> {
    values: &'a Value,
    schema: &'a Json,
    pointer: String,
}

/// One evaluated parameter with its schema.
pub(super) struct Param<'a> {
    value: Cow<'a, Value>,
    schema: &'a Json,
    pointer: String,
}

impl<'a> Params<'a> {
    /// The parameters of a node.
    pub(super) fn new(values: &'a Value, schema: &'a Json) -> Self {
        Self {
            values,
            schema,
            pointer: String::new(),
        }
    }

    /// The parameter as it was given.
    pub(super) fn given(&self, name: &str) -> Option<Param<'a>> {
        self.values
            .get(name)
            .map(|value| self.param(name, Cow::Borrowed(value)))
    }

    /// The parameter, or its default.
    pub(super) fn get(&self, name: &str) -> Option<Param<'a>> {
        self.given(name).or_else(|| {
            let default = self.schema["properties"][name].get("default")?;
            Some(self.param(name, Cow::Owned(Value::from_json(default))))
        })
    }

    /// The parameter, or its default; its absence is a failure.
    pub(super) fn need(&self, name: &str) -> Result<Param<'a>, Failure> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    /// The failure of this parameter's absence.
    pub(super) fn missing(&self, name: &str) -> Failure {
        invalid(&join(&self.pointer, name), "is missing")
    }

    pub(super) fn text(&self, name: &str) -> Result<Text, Failure> {
        self.need(name)?.text()
    }

    pub(super) fn int(&self, name: &str) -> Result<i64, Failure> {
        self.need(name)?.int()
    }

    pub(super) fn bool(&self, name: &str) -> Result<bool, Failure> {
        self.need(name)?.bool()
    }

    pub(super) fn choice(&self, name: &str) -> Result<&'a str, Failure> {
        self.need(name)?.choice()
    }

    /// The path that this parameter holds, when it was given.
    pub(super) fn path(&self, name: &str) -> Result<Option<FieldPath>, Failure> {
        self.given(name).map(|param| param.path()).transpose()
    }

    /// The failure of an input that lacks what the path in this parameter names.
    pub(super) fn no_field(&self, name: &str) -> Failure {
        let path = self.given(name).and_then(|param| param.text().ok());
        let path = path.as_deref().unwrap_or_default();
        let message = format!("the input has no `{path}`, which `{name}` names");
        Failure::new(FailureKind::InvalidInput, message)
    }

    fn param(&self, name: &str, value: Cow<'a, Value>) -> Param<'a> {
        let schema = &self.schema["properties"][name];
        Param {
            value,
            schema,
            pointer: join(&self.pointer, name),
        }
    }
}

impl<'a> Param<'a> {
    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    pub(super) fn into_value(self) -> Value {
        self.value.into_owned()
    }

    /// Whether it is what counts when it is left out.
    pub(super) fn is_default(&self) -> bool {
        self.schema
            .get("default")
            .is_some_and(|default| Value::from_json(default) == *self.value)
    }

    /// Whether it must be one of the schema's texts.
    pub(super) fn is_choice(&self) -> bool {
        self.schema.get("enum").is_some()
    }

    pub(super) fn text(&self) -> Result<Text, Failure> {
        match &*self.value {
            Value::Text(text) if text.is_empty() && self.schema.get("minLength").is_some() => {
                Err(self.fails("must be a text that is not empty"))
            }
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.expected("a text")),
        }
    }

    pub(super) fn bool(&self) -> Result<bool, Failure> {
        self.value
            .as_bool()
            .ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number in the schema's range; a float without a fraction is one.
    pub(super) fn int(&self) -> Result<i64, Failure> {
        let (min, max) = (bound(self.schema, "minimum"), bound(self.schema, "maximum"));
        let (min, max) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
        match whole(&self.value) {
            Some(int) if (min..=max).contains(&int) => Ok(int),
            _ => Err(self.expected(&range(min, max))),
        }
    }

    /// A number of at least 0.
    pub(super) fn amount(&self) -> Result<f64, Failure> {
        let amount = match &*self.value {
            Value::Float(float) => *float,
            #[expect(clippy::cast_precision_loss, reason = "amounts are small")]
            Value::Int(int) => *int as f64,
            _ => return Err(self.expected("a number")),
        };
        if amount >= 0.0 {
            Ok(amount)
        } else {
            Err(self.expected("a number of at least 0"))
        }
    }

    /// One of the schema's texts.
    pub(super) fn choice(&self) -> Result<&'a str, Failure> {
        let choices = self.schema["enum"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let mut choices = choices.iter().filter_map(Json::as_str);
        let given = self.value.as_str();
        choices
            .clone()
            .find(|choice| Some(*choice) == given)
            .ok_or_else(|| {
                let last = choices.next_back().unwrap_or_default();
                let first = choices
                    .map(|choice| format!("`{choice}`"))
                    .collect::<Vec<_>>()
                    .join(", ");
                self.expected(&format!("{first} or `{last}`"))
            })
    }

    pub(super) fn list(&self) -> Result<List, Failure> {
        self.value
            .as_list()
            .cloned()
            .ok_or_else(|| self.expected("a list"))
    }

    pub(super) fn record(&self) -> Result<Record, Failure> {
        self.value
            .as_record()
            .cloned()
            .ok_or_else(|| self.expected("a record"))
    }

    /// The items of a short list, each as a parameter.
    pub(super) fn items(&self) -> Result<Vec<Param<'a>>, Failure> {
        let schema = &self.schema["items"];
        let param = |(index, value): (usize, &Value)| Param {
            value: Cow::Owned(value.clone()),
            schema,
            pointer: join(&self.pointer, &index.to_string()),
        };
        Ok(self.list()?.iter().enumerate().map(param).collect())
    }

    /// The fields of a record, each as a parameter.
    pub(super) fn fields(&self) -> Result<Params<'_>, Failure> {
        self.record()?;
        Ok(Params {
            values: &self.value,
            schema: self.schema,
            pointer: self.pointer.clone(),
        })
    }

    /// The path that the text is.
    pub(super) fn path(&self) -> Result<FieldPath, Failure> {
        FieldPath::parse(&self.text()?)
            .map_err(|error| self.fails(&format!("is not a path: {error}")))
    }

    /// A failure that says what was expected here, and what was found.
    pub(super) fn expected(&self, expected: &str) -> Failure {
        self.fails(&format!("must be {expected}, found {}", found(&self.value)))
    }

    /// A failure about this parameter; `complaint` follows its name.
    pub(super) fn fails(&self, complaint: &str) -> Failure {
        invalid(&self.pointer, complaint)
    }

    /// A failure about one field of this parameter.
    pub(super) fn fails_at(&self, field: &str, complaint: &str) -> Failure {
        invalid(&join(&self.pointer, field), complaint)
    }
}

fn invalid(pointer: &str, complaint: &str) -> Failure {
    let name = pointer.trim_start_matches('/');
    Failure::new(
        FailureKind::InvalidParameter,
        format!("`{name}` {complaint}"),
    )
    .with_place(Place {
        param: Some(pointer.to_owned()),
        ..Place::default()
    })
}

fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn bound(schema: &Json, key: &str) -> Option<i64> {
    schema.get(key)?.as_i64()
}

fn range(min: i64, max: i64) -> String {
    match (min, max) {
        (i64::MIN, i64::MAX) => "a whole number".into(),
        (min, i64::MAX) => format!("a whole number of at least {min}"),
        (min, max) => format!("a whole number from {min} to {max}"),
    }
}

/// The integer that a value is, also when it is a float without a fraction.
pub(super) fn whole(value: &Value) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Int(int) => Some(*int),
        #[expect(clippy::cast_possible_truncation, reason = "whole and inside 2^53")]
        Value::Float(float) if float.fract() == 0.0 && float.abs() <= LIMIT => Some(*float as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::nodes::schema::{Property, record, texts};
    use crate::nodes::testing::value;

    fn schema() -> Json {
        record([
            Property::int("count", "", "", 0..=10).or(json!(3)),
            Property::choice("mode", "", "", &["fast", "slow", "off"]).or(json!("slow")),
            Property::text("name", "", "").required(),
            Property::list("fields", "", "", texts()),
        ])
    }

    fn check<T: std::fmt::Debug>(
        params: Json,
        read: impl Fn(&Params<'_>) -> Result<T, Failure>,
        expected: &str,
    ) {
        let (schema, params) = (schema(), value(params));
        let found = match read(&Params::new(&params, &schema)) {
            Ok(value) => format!("{value:?}"),
            Err(failure) => failure.message,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn defaults_come_from_the_schema() {
        check(json!({}), |params| params.int("count"), "3");
        check(
            json!({}),
            |params| params.choice("mode").map(str::to_owned),
            "\"slow\"",
        );
        check(json!({}), |params| params.text("name"), "`name` is missing");
    }

    #[test]
    fn whole_floats_are_integers_and_ranges_hold() {
        check(json!({ "count": 4.0 }), |params| params.int("count"), "4");
        let expected = "`count` must be a whole number from 0 to 10, found ";
        check(
            json!({ "count": 4.5 }),
            |params| params.int("count"),
            &format!("{expected}4.5"),
        );
        check(
            json!({ "count": 11 }),
            |params| params.int("count"),
            &format!("{expected}11"),
        );
        check(
            json!({ "count": "s3cret" }),
            |params| params.int("count"),
            &format!("{expected}text"),
        );
    }

    #[test]
    fn null_is_given_and_wrong() {
        let expected = "`mode` must be `fast`, `slow` or `off`, found null";
        check(
            json!({ "mode": null }),
            |params| params.choice("mode").map(str::to_owned),
            expected,
        );
    }

    #[test]
    fn the_place_is_a_json_pointer() {
        let (schema, params) = (schema(), value(json!({ "fields": ["a", 7] })));
        let fields = Params::new(&params, &schema)
            .need("fields")
            .and_then(|fields| fields.items())
            .expect("items");
        let failure = fields[1].text().expect_err("7 is no text");
        assert_eq!(failure.message, "`fields/1` must be a text, found 7");
        assert_eq!(
            failure.place.expect("a place").param.as_deref(),
            Some("/fields/1")
        );
    }
}
