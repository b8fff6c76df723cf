//! One small edit of a workflow, as a person makes it.

use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{Value, Workflow};
use serde_json::json;

use crate::chance::Chance;
use crate::workflow::any_json;

/// Changes one thing.
pub(crate) fn edit(workflow: &mut Workflow, chance: &mut Chance) {
    let kind = chance.below(9);
    let count = workflow.graph.nodes.len();
    if count == 0 || kind == 0 {
        return add_node(workflow, chance);
    }
    let at = chance.below(count);
    match kind {
        1 => remove_node(workflow, at),
        2 => connect(workflow, chance),
        3 => {
            let edges = &mut workflow.graph.edges;
            if !edges.is_empty() {
                edges.remove(chance.below(edges.len()));
            }
        }
        4 => workflow.name = format!("name {}", chance.below(9)),
        5 => {
            let node = workflow.graph.nodes.remove(at);
            let to = chance.below(count);
            workflow.graph.nodes.insert(to, node);
        }
        6 => {
            let name = format!("v{}", chance.below(3));
            let value = Value::from_json(&any_json(chance, 2));
            workflow.config.vars.insert(name, value);
        }
        7 => set_field(&mut workflow.graph.nodes[at], chance),
        _ => type_code(&mut workflow.graph.nodes[at], chance),
    }
}

fn add_node(workflow: &mut Workflow, chance: &mut Chance) {
    let id = format!("n{}", chance.below(12));
    if workflow.graph.node(&id).is_some() {
        return;
    }
    let node = json!({ "id": id, "type": "code.rhai", "params": { "code": "1 + 1" }, "position": { "x": 1, "y": 2 } });
    let node: Node = serde_json::from_value(node).expect("a node");
    let at = chance.below(workflow.graph.nodes.len() + 1);
    workflow.graph.nodes.insert(at, node);
}

fn remove_node(workflow: &mut Workflow, at: usize) {
    let gone = workflow.graph.nodes.remove(at).id;
    let edges = &mut workflow.graph.edges;
    edges.retain(|edge| edge.source != gone && edge.target != gone);
}

fn connect(workflow: &mut Workflow, chance: &mut Chance) {
    let ids: Vec<_> = workflow
        .graph
        .nodes
        .iter()
        .map(|node| node.id.clone())
        .collect();
    let edge = json!({ "source": chance.pick(&ids), "target": chance.pick(&ids) });
    let edge: Edge = serde_json::from_value(edge).expect("an edge");
    if !workflow.graph.edges.contains(&edge) {
        workflow.graph.edges.push(edge);
    }
}

fn set_field(node: &mut Node, chance: &mut Chance) {
    let name = *chance.pick::<&str>(&["url", "fields"]);
    let field = format!("f{}", chance.below(3));
    let value = Value::from_json(&any_json(chance, 1));
    let record = node
        .params
        .get(name)
        .and_then(Value::as_record)
        .cloned()
        .unwrap_or_default();
    node.params
        .insert(name.to_owned(), Value::Record(record.with(&field, value)));
}

/// Types or deletes a few characters somewhere in the code.
fn type_code(node: &mut Node, chance: &mut Chance) {
    let code = node
        .params
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut letters: Vec<char> = code.chars().collect();
    let at = chance.below(letters.len() + 1);
    if chance.percent(30) {
        letters.drain(at..(at + chance.below(4)).min(letters.len()));
    } else {
        let typed = *chance.pick::<&str>(&["a", "x = 1;\n", "😀", "ß"]);
        letters.splice(at..at, typed.chars()).for_each(drop);
    }
    let code: String = letters.into_iter().collect();
    node.params.insert("code".into(), Value::from(code));
}
