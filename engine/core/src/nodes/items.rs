//! The list that a node works on: its parameter `items`, else its input.

use super::params::Params;
use super::schema::Property;
use super::show::found;
use crate::failure::{Failure, FailureKind};
use crate::node_type::Activation;
use crate::value::{List, Value};

/// The parameter `items`, the same in every node that works on a list.
pub(super) fn property() -> Property {
    use serde_json::json;
    let about = "The list to work on. When left out, the input, which must then be a list itself.";
    Property::list("items", "Items", about, json!({})).such_as(json!("{{ input.rows }}"))
}

/// The list to work on.
pub(super) fn items(node: &dyn Activation, params: &Params<'_>) -> Result<List, Failure> {
    if let Some(items) = params.given("items") {
        return items.list();
    }
    node.input()
        .as_list()
        .cloned()
        .ok_or_else(|| no_list(node.input()))
}

fn no_list(input: &Value) -> Failure {
    let message = format!("the input must be a list, found {}", found(input));
    let name = list_field(input).unwrap_or("rows");
    Failure::new(FailureKind::InvalidInput, message).with_hint(format!(
        "name the list in `items`, for example `{{{{ input.{name} }}}}`"
    ))
}

/// The name of a field that is a list, when it can be written in an expression as it is.
fn list_field(input: &Value) -> Option<&str> {
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut fields = input.as_record()?.iter();
    fields
        .find(|(name, value)| plain(name) && value.as_list().is_some())
        .map(|(name, _)| &**name)
}
