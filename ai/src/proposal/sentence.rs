//! One edit in words. What a chat says was done is made of these, never of a model's words.

use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::workflow::Edge;
use flowforge_engine::{Value, Workflow};

use super::hidden::visible;

/// Longest value inside a sentence, in characters.
const VALUE_CHARS_MAX: usize = 80;

/// How a sentence speaks of its edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    /// `Adds`: what a patch does.
    Present,
    /// `Added`: what was done.
    Past,
    /// `Add`: a title.
    Order,
}

/// What a patch did to a workflow, told from the patch: one sentence an edit.
#[must_use]
pub fn sentences(patch: &Patch, before: &Workflow) -> Vec<String> {
    let edits = patch.edits.iter();
    edits
        .map(|edit| sentence(edit, before, Tense::Past))
        .collect()
}

/// The edit as one sentence without a full stop. `before` is the workflow that the patch is applied to.
pub(super) fn sentence(edit: &Edit, before: &Workflow, tense: Tense) -> String {
    let (verb, rest) = words(edit, before);
    let verb = match (tense, verb) {
        (Tense::Order, verb) => verb.to_owned(),
        (Tense::Present, verb) => format!("{verb}s"),
        (Tense::Past, "Set") => "Set".to_owned(),
        (Tense::Past, verb) => format!("{}ed", verb.trim_end_matches('e')),
    };
    format!("{verb} {rest}")
}

fn words(edit: &Edit, before: &Workflow) -> (&'static str, String) {
    match edit {
        Edit::AddNode { node, .. } => {
            let id = visible(node.id.as_str());
            ("Add", format!("the node `{id}` ({})", visible(&node.kind)))
        }
        Edit::RemoveNode { node } => ("Remove", format!("the node `{}`", visible(node.as_str()))),
        Edit::MoveNode { node, .. } => (
            "Move",
            format!("`{}` to another place in the file", visible(node.as_str())),
        ),
        Edit::SetParam {
            node,
            pointer,
            value,
        } => set_param(before, node.as_str(), &pointer.to_string(), value),
        Edit::RemoveParam { node, pointer } => (
            "Remove",
            format!(
                "`{}` of `{}`",
                visible(pointer.to_string().trim_start_matches('/')),
                visible(node.as_str())
            ),
        ),
        Edit::SetField { node, change } => {
            let json = serde_json::to_value(change).unwrap_or_default();
            let value = json.get("value").map(|json| shown(&Value::from_json(json)));
            let of = format!(
                "`{}` of `{}`",
                visible(change.name()),
                visible(node.as_str())
            );
            match value {
                Some(value) => ("Set", format!("{of} to {value}")),
                None => ("Remove", of),
            }
        }
        Edit::Connect { edge, .. } => ("Connect", ends(edge)),
        Edit::Disconnect { edge } => ("Disconnect", ends(edge).replace(" to `", " from `")),
        other => document(other),
    }
}

fn document(edit: &Edit) -> (&'static str, String) {
    let field = |name: &str, json: serde_json::Value, of: &str| {
        let value = json.get("value").map_or_else(
            || "nothing".to_owned(),
            |json| shown(&Value::from_json(json)),
        );
        ("Set", format!("`{}` of {of} to {value}", visible(name)))
    };
    let json = |change: Result<serde_json::Value, _>| change.unwrap_or_default();
    match edit {
        Edit::SetConfig { change } => field(
            change.name(),
            json(serde_json::to_value(change)),
            "the configuration",
        ),
        Edit::SetDocument { change } => field(
            change.name(),
            json(serde_json::to_value(change)),
            "the workflow",
        ),
        Edit::SetVar { name, value } => (
            "Set",
            format!("the variable `{}` to {}", visible(name), shown(value)),
        ),
        Edit::RemoveVar { name } => ("Remove", format!("the variable `{}`", visible(name))),
        Edit::SetGraph { graph } => (
            "Replace",
            format!(
                "the whole graph by {} nodes and {} edges",
                graph.nodes.len(),
                graph.edges.len()
            ),
        ),
        other => ("Change", visible(&other.to_string())),
    }
}

fn set_param(
    before: &Workflow,
    node: &str,
    pointer: &str,
    value: &Value,
) -> (&'static str, String) {
    let name = pointer.trim_start_matches('/');
    let of = format!("`{}` of `{}`", visible(name), visible(node));
    let was = before
        .graph
        .node(node)
        .and_then(|node| node.params.get(name));
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.contains('\n'));
    if is_long(value) || was.is_some_and(is_long) {
        return ("Change", format!("{of} (see the lines)"));
    }
    match was {
        Some(was) => (
            "Change",
            format!("{of} from {} to {}", shown(was), shown(value)),
        ),
        None => ("Set", format!("{of} to {}", shown(value))),
    }
}

/// `a` to `b`; the ports where they are not the usual ones.
fn ends(edge: &Edge) -> String {
    let port = |node: &str, port: &str, usual: &str| {
        if port == usual {
            format!("`{}`", visible(node))
        } else {
            format!("`{}.{}`", visible(node), visible(port))
        }
    };
    format!(
        "{} to {}",
        port(edge.source.as_str(), &edge.source_port, "out"),
        port(edge.target.as_str(), &edge.target_port, "in")
    )
}

/// A value as JSON on one line, cut, with nothing hidden in it.
pub(super) fn shown(value: &Value) -> String {
    let text = visible(&value.to_json_text());
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text;
    }
    text.chars()
        .take(VALUE_CHARS_MAX - 1)
        .chain(std::iter::once('…'))
        .collect()
}
