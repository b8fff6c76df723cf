//! Where a value comes from: `input.orders` of one node and `nodes["fetch"].output.orders` of another can be the same.

use flowforge_engine::workflow::Node;
use flowforge_engine::{Value, Workflow};

use super::paths::{Key, Way, accesses};

/// Most nodes that a value is followed through.
const HOPS_MAX: usize = 32;
/// Node types that hand their input on as it is.
const PASSES_ON: [&str; 4] = ["flow.if", "flow.switch", "flow.wait", "trigger.manual"];
/// Node types that give some items of the list they get.
const PASSES_ITEMS_ON: [&str; 2] = ["data.sort", "data.limit"];

/// The way from the output of the node where a value first appears; the way itself when that is not plain.
///
/// The root of an origin is `out:` and the id of the node, so that it is never mistaken for a name in a source.
pub(crate) fn origin(workflow: &Workflow, node: &Node, way: &Way) -> Option<Way> {
    let mut at = begin(workflow, node, way)?;
    for _ in 0..HOPS_MAX {
        let Some(before) = passed_on(workflow, &at) else {
            return Some(at);
        };
        at = before;
    }
    None
}

fn begin(workflow: &Workflow, node: &Node, way: &Way) -> Option<Way> {
    match way.root.as_str() {
        "input" => input(workflow, node, &way.keys),
        "item" => item(workflow, node, &way.keys),
        "nodes" => match way.keys.as_slice() {
            [Key::Field(id), Key::Field(output), rest @ ..] if output == "output" => {
                Some(output_of(id, rest))
            }
            _ => None,
        },
        "vars" => Some(way.clone()),
        _ => None,
    }
}

fn output_of(node: &str, keys: &[Key]) -> Way {
    Way {
        root: format!("out:{node}"),
        keys: keys.to_vec(),
    }
}

fn input(workflow: &Workflow, node: &Node, keys: &[Key]) -> Option<Way> {
    let edges = workflow.graph.edges.iter();
    let mut edges = edges.filter(|edge| edge.target == node.id);
    match (edges.next(), edges.next()) {
        (Some(edge), None) if node.parent.as_ref() == Some(&edge.source) => {
            item(workflow, node, keys)
        }
        (Some(edge), None) => Some(output_of(edge.source.as_str(), keys)),
        (None, _) if node.parent.is_some() => item(workflow, node, keys),
        _ => None,
    }
}

/// The item of a loop is an item of the list in its parameter, or of its input.
fn item(workflow: &Workflow, node: &Node, keys: &[Key]) -> Option<Way> {
    let looped = workflow.graph.node(node.parent.as_ref()?.as_str())?;
    let list = list_of(looped)?;
    let mut way = begin(workflow, looped, &list)?;
    way.keys.push(Key::Item);
    way.keys.extend_from_slice(keys);
    Some(way)
}

/// The list that a node with the parameter `items` works on, when that is plain.
pub(crate) fn list_of(node: &Node) -> Option<Way> {
    let Some(items) = node.params.get("items") else {
        return Some(Way {
            root: "input".into(),
            keys: Vec::new(),
        });
    };
    let Value::Text(text) = items else {
        return None;
    };
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let [access] = accesses(inside).try_into().ok()?;
    let is_whole = access.call.is_none() && inside.trim().len() == written(&access);
    is_whole.then(|| access.way())
}

fn written(access: &super::paths::Access) -> usize {
    access.span_to(access.steps.len()).len()
}

/// The way one node earlier, when that node hands on what it gets.
fn passed_on(workflow: &Workflow, way: &Way) -> Option<Way> {
    let node = workflow.graph.node(way.root.strip_prefix("out:")?)?;
    let kind = node.kind.as_str();
    if PASSES_ON.contains(&kind) {
        return input(workflow, node, &way.keys);
    }
    if PASSES_ITEMS_ON.contains(&kind) && matches!(way.keys.first(), Some(Key::Item | Key::At(_))) {
        let mut list = begin(workflow, node, &list_of(node)?)?;
        list.keys.extend_from_slice(&way.keys);
        return Some(list);
    }
    let keeps = node.params.get("keep") == Some(&Value::Bool(true));
    if kind == "data.set" && keeps && !sets(node, way.keys.first()) {
        return input(workflow, node, &way.keys);
    }
    None
}

fn sets(node: &Node, key: Option<&Key>) -> bool {
    let (Some(Key::Field(name)), Some(fields)) = (key, node.params.get("fields")) else {
        return true;
    };
    fields.get(name).is_some()
}

/// Whether two ways are the same; any item is every item.
pub(crate) fn same(a: &Way, b: &Way) -> bool {
    let item = |key: &Key| matches!(key, Key::Item | Key::At(_));
    a.root == b.root
        && a.keys.len() == b.keys.len()
        && a.keys
            .iter()
            .zip(&b.keys)
            .all(|(a, b)| a == b || (item(a) && item(b)))
}
