//! JSON in scripts, by the same rules as everywhere else in FlowForge.

use rhai::{Array, Dynamic, Engine, EvalAltResult, Map};

use super::super::convert::{Budget, ConvertError, to_dynamic};
use super::super::engine::TEXT_BYTES_MAX;
use super::{Answer, fault, too_large};
use crate::value::Value;

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("to_json", |value: Dynamic| {
            to_json(|budget| budget.value(&value, 0))
        })
        .register_fn("to_json", |fields: &mut Map| {
            to_json(|budget| budget.record(fields, 0))
        })
        .register_fn("to_json", |items: &mut Array| {
            to_json(|budget| budget.list(items, 0))
        })
        .register_fn("parse_json", |text: &str| parse_json(text));
}

fn to_json(value: impl FnOnce(&mut Budget) -> Result<Value, ConvertError>) -> Answer<String> {
    let value = value(&mut Budget::new(TEXT_BYTES_MAX as u64))
        .map_err(|error| refused(&error, "to_json"))?;
    let text = value.to_json().to_string();
    if text.len() > TEXT_BYTES_MAX {
        Err(too_large("length of the JSON text"))
    } else {
        Ok(text)
    }
}

fn parse_json(text: &str) -> Answer<Dynamic> {
    Value::parse_json(text)
        .map(|value| to_dynamic(&value))
        .map_err(|error| fault(format!("parse_json: {error}")))
}

/// The value of an argument, within the bounds of a text.
pub(super) fn value_of(argument: &Dynamic, function: &str) -> Answer<Value> {
    Budget::new(TEXT_BYTES_MAX as u64)
        .value(argument, 0)
        .map_err(|error| refused(&error, function))
}

fn refused(error: &ConvertError, function: &str) -> Box<EvalAltResult> {
    match error {
        ConvertError::TooLarge { .. } => too_large("size of an argument"),
        _ => fault(format!("{function}: {error}")),
    }
}
