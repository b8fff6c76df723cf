//! What an answer must look like, and what to say when it does not.

use crate::failure::{Failure, FailureKind};
use crate::nodes::input_schema::InputSchema;
use crate::nodes::params::{Param, Params};
use crate::value::{Record, Value};

use super::reply::Reply;

/// Most misfits that a complaint lists.
const MISFITS_MAX: usize = 5;

/// A JSON Schema that an author wrote.
pub(super) struct Shape {
    schema: InputSchema,
    pub(super) json: Value,
}

impl Shape {
    /// The shape in this parameter, when it was given.
    pub(super) fn given(params: &Params<'_>, name: &str) -> Result<Option<Self>, Failure> {
        params.given(name).map(|param| Self::of(&param)).transpose()
    }

    /// The shape that this parameter is.
    pub(super) fn of(param: &Param<'_>) -> Result<Self, Failure> {
        param.record()?;
        let schema = InputSchema::compile(&param.value().to_json())
            .map_err(|error| param.fails(&error.to_string()))?;
        Ok(Self {
            schema,
            json: param.value().clone(),
        })
    }

    /// How a value does not fit, in one sentence.
    pub(super) fn complaint(&self, value: &Value) -> Option<String> {
        let json = value.to_json();
        let misfits = self.schema.misfits(&json).take(MISFITS_MAX);
        let misfits: Vec<_> = misfits.map(|misfit| misfit.to_string()).collect();
        (!misfits.is_empty()).then(|| misfits.join("; "))
    }
}

/// The value that an answer stands for, or the complaint about it.
pub(super) fn read(reply: &Reply, shape: Option<&Shape>) -> Result<Value, String> {
    if reply.is_cut {
        return Err("it was cut at `maxTokens`".into());
    }
    let Some(shape) = shape else {
        return match reply.text.trim() {
            "" => Err("it is empty".into()),
            _ => Ok(reply.text.clone().into()),
        };
    };
    let value = reply.value().ok_or("it is not JSON")?;
    match shape.complaint(&value) {
        None => Ok(value),
        Some(complaint) => Err(complaint),
    }
}

/// The failure of an answer that cannot be used, after it was complained about.
pub(super) fn unusable(reply: &Reply, complaint: &str) -> Failure {
    let hint = if reply.is_cut {
        "raise `maxTokens`, or ask for less"
    } else {
        "make the prompt or the `shape` simpler, or choose a larger model"
    };
    let details = Record::from_iter([("answer", reply.quoted())]);
    let message = format!("the model's answer cannot be used: {complaint}");
    Failure::new(FailureKind::Model, message)
        .with_hint(hint)
        .with_details(details.into())
}
