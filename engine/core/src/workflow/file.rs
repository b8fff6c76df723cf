//! Workflow files: YAML or JSON, the same fields, read and written without loss.

use super::Workflow;
use crate::value::Value;

/// The document as a value, with every field.
pub(super) fn to_value(workflow: &Workflow) -> Value {
    serde_json::to_value(workflow)
        .map(|json| Value::from_json(&json))
        .unwrap_or_default()
}
