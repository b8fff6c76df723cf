//! How parameters are described: a JSON Schema, written so that nothing a form needs can be left out.
//!
//! Every property has a title and a description. JSON objects have no order, so the order in which a
//! form shows them is kept beside them, under `x-order`.

use std::ops::RangeInclusive;

use serde_json::{Map, Value as Json, json};

/// One property of a record of parameters.
pub(super) struct Property {
    name: &'static str,
    required: bool,
    schema: Map<String, Json>,
}

impl Property {
    fn new(name: &'static str, title: &str, about: &str) -> Self {
        let schema = Map::from_iter([
            ("title".into(), json!(title)),
            ("description".into(), json!(about)),
        ]);
        Self {
            name,
            required: false,
            schema,
        }
    }

    fn with(mut self, key: &str, value: Json) -> Self {
        self.schema.insert(key.into(), value);
        self
    }

    /// A value of any kind.
    pub(super) fn any(name: &'static str, title: &str, about: &str) -> Self {
        Self::new(name, title, about)
    }

    /// A text.
    pub(super) fn text(name: &'static str, title: &str, about: &str) -> Self {
        Self::new(name, title, about).with("type", json!("string"))
    }

    /// A text of several lines.
    pub(super) fn long_text(name: &'static str, title: &str, about: &str) -> Self {
        Self::text(name, title, about).with("x-lines", json!(8))
    }

    /// True or false.
    pub(super) fn bool(name: &'static str, title: &str, about: &str) -> Self {
        Self::new(name, title, about).with("type", json!("boolean"))
    }

    /// A whole number in a range; `i64::MAX` is no bound.
    pub(super) fn int(
        name: &'static str,
        title: &str,
        about: &str,
        range: RangeInclusive<i64>,
    ) -> Self {
        let property = Self::new(name, title, about)
            .with("type", json!("integer"))
            .with("minimum", json!(range.start()));
        match *range.end() {
            i64::MAX => property,
            max => property.with("maximum", json!(max)),
        }
    }

    /// A number of at least 0, with or without a fraction.
    pub(super) fn amount(name: &'static str, title: &str, about: &str) -> Self {
        Self::new(name, title, about)
            .with("type", json!("number"))
            .with("minimum", json!(0))
    }

    /// One of these texts.
    pub(super) fn choice(name: &'static str, title: &str, about: &str, choices: &[&str]) -> Self {
        Self::text(name, title, about).with("enum", json!(choices))
    }

    /// A list whose items have this schema.
    pub(super) fn list(name: &'static str, title: &str, about: &str, items: Json) -> Self {
        Self::new(name, title, about)
            .with("type", json!("array"))
            .with("items", items)
    }

    /// A record of any fields.
    pub(super) fn record(name: &'static str, title: &str, about: &str) -> Self {
        Self::new(name, title, about).with("type", json!("object"))
    }

    /// The same property, which must be given.
    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same property, which must not be an empty text.
    pub(super) fn filled(self) -> Self {
        self.with("minLength", json!(1))
    }

    /// The same property, which must match this pattern.
    pub(super) fn matching(self, pattern: &str) -> Self {
        self.with("pattern", json!(pattern))
    }

    /// The same property, which must be none of these texts.
    pub(super) fn but_not(self, refused: &[&str]) -> Self {
        self.with("not", json!({ "enum": refused }))
    }

    /// The same property with what counts when it is left out.
    pub(super) fn or(self, default: Json) -> Self {
        self.with("default", default)
    }

    /// The same property with a value that a form shows as a hint.
    pub(super) fn such_as(self, example: Json) -> Self {
        self.with("examples", Json::Array(vec![example]))
    }
}

/// The schema of a record with these properties and no others, in the order of its form.
pub(super) fn record(properties: impl IntoIterator<Item = Property>) -> Json {
    let (mut order, mut required, mut schemas) = (Vec::new(), Vec::new(), Map::new());
    for property in properties {
        order.push(property.name);
        required.extend(property.required.then_some(property.name));
        schemas.insert(property.name.into(), Json::Object(property.schema));
    }
    json!({
        "type": "object",
        "properties": schemas,
        "required": required,
        "additionalProperties": false,
        "x-order": order,
    })
}

/// The schema of a record of which exactly one property must be given.
pub(super) fn either(properties: impl IntoIterator<Item = Property>) -> Json {
    let mut schema = record(properties);
    let names: Vec<_> = names(&schema).map(|name| format!("`{name}`")).collect();
    schema["description"] = json!(format!("Give either {}.", names.join(" or ")));
    schema["minProperties"] = json!(1);
    schema["maxProperties"] = json!(1);
    schema
}

/// The schema of the items of a list of texts.
pub(super) fn texts() -> Json {
    json!({ "type": "string" })
}

/// The properties of a record's schema in the order of its form: name, schema, whether it must be given.
pub(super) fn properties(record: &Json) -> impl Iterator<Item = (&str, &Json, bool)> {
    let required = |name| {
        record["required"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(name)))
    };
    names(record).map(move |name| (name, &record["properties"][name], required(name)))
}

fn names(record: &Json) -> impl Iterator<Item = &str> {
    let order = record["x-order"].as_array().map_or(&[][..], Vec::as_slice);
    order.iter().filter_map(Json::as_str)
}
