//! The tools of an agent: what the author wrote about each, read and checked.

use std::sync::Arc;

use serde_json::json;

use crate::failure::Failure;
use crate::node_type::NodeType;
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::value::{Record, Text, Value};

use super::fence;
use super::reply::value_in;
use super::shape::Shape;

/// Most tools of one agent.
const TOOLS_MAX: usize = 32;
/// The node types that can be a tool. Closed: what a model may set off is a decision.
const TYPES: [&str; 4] = ["http.request", "code.rhai", "flow.call", "flow.approve"];

/// A node that a model can use.
pub(super) struct Tool {
    pub(super) name: Text,
    about: Text,
    shape: Option<Shape>,
    pub(super) kind: Arc<dyn NodeType>,
    pub(super) params: Value,
    /// Where its parameters stand in those of the agent.
    pub(super) pointer: String,
}

/// The parameter that describes the tools.
pub(super) fn property() -> Property {
    let tool = record([
        Property::text(
            "name",
            "Name",
            "What the model calls it by: letters, digits, `_` and `-`.",
        )
        .required()
        .matching("^[A-Za-z][A-Za-z0-9_-]{0,63}$"),
        Property::text("about", "What it does", "What the model is told about it.")
            .required()
            .filled(),
        Property::choice("type", "Node type", "The node that does the work.", &TYPES).required(),
        Property::record("params", "Parameters", PARAMS).or(json!({})),
        Property::record("arguments", "Arguments", ARGUMENTS)
            .such_as(json!({ "type": "object", "required": ["id"] })),
    ]);
    Property::list("tools", "Tools", "What the model can use.", tool).or(json!([]))
}

const PARAMS: &str = "The node's parameters, as if it stood in the workflow. `input` in their expressions is what \
    the model gave; the agent's own input is `agent.input`.";
const ARGUMENTS: &str = "A JSON Schema (draft 2020-12) of what the model has to give; other arguments never reach \
    the tool. When left out, it may give any record.";

/// The tools that the parameter describes.
pub(super) fn tools(params: &Params<'_>) -> Result<Vec<Tool>, Failure> {
    let list = params.need("tools")?;
    let items = list.items()?;
    if items.len() > TOOLS_MAX {
        return Err(list.fails(&format!("has more than {TOOLS_MAX} tools")));
    }
    let mut tools: Vec<Tool> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let tool = Tool::of(&item.fields()?, index)?;
        if tools.iter().any(|other| other.name == tool.name) {
            return Err(item.fails_at("name", "is the name of another tool"));
        }
        tools.push(tool);
    }
    Ok(tools)
}

impl Tool {
    fn of(fields: &Params<'_>, index: usize) -> Result<Self, Failure> {
        let (name, kind) = (fields.text("name")?, fields.choice("type")?);
        let kind = crate::nodes::all()
            .into_iter()
            .find(|node_type| node_type.spec().name == kind)
            .ok_or_else(|| fields.missing("type"))?;
        let params = fields.need("params")?;
        params.record()?;
        if kind.spec().name == "http.request" {
            fence::check(&params.fields()?)?;
        }
        Ok(Self {
            name,
            about: fields.text("about")?,
            shape: Shape::given(fields, "arguments")?,
            kind,
            pointer: format!("/tools/{index}/params"),
            params: params.into_value(),
        })
    }

    /// What the model is told of it.
    pub(super) fn told(&self) -> Value {
        let any = || Value::from_json(&json!({ "type": "object" }));
        let arguments = self
            .shape
            .as_ref()
            .map_or_else(any, |shape| shape.json.clone());
        Record::from_iter([
            ("name", Value::from(self.name.clone())),
            ("about", self.about.clone().into()),
            ("arguments", arguments),
        ])
        .into()
    }

    /// What a model wrote as arguments, or what is wrong with it.
    pub(super) fn arguments(&self, written: &str) -> Result<Value, String> {
        let written = if written.trim().is_empty() {
            "{}"
        } else {
            written
        };
        let value = value_in(written).ok_or("the arguments are not JSON")?;
        if value.as_record().is_none() {
            return Err("the arguments are not a record".into());
        }
        match self
            .shape
            .as_ref()
            .and_then(|shape| shape.complaint(&value))
        {
            Some(complaint) => Err(format!("the arguments do not fit: {complaint}")),
            None => Ok(self.named(value)),
        }
    }

    /// The arguments that the schema names; all when it names none.
    fn named(&self, value: Value) -> Value {
        let named = |shape: &Shape| shape.json.get("properties")?.as_record().cloned();
        match (self.shape.as_ref().and_then(named), value) {
            (Some(named), Value::Record(given)) => {
                let given = given.iter().filter(|(name, _)| named.get(name).is_some());
                given.cloned().collect::<Record>().into()
            }
            (_, value) => value,
        }
    }
}
