//! What a patch does, in a few lists that a person reads first. Computed from both graphs.

use std::collections::BTreeMap;

use flowforge_engine::edit::Patch;
use flowforge_engine::node_type::{Catalogue, Role};
use flowforge_engine::workflow::Node;
use flowforge_engine::{NodeId, Value, Workflow};

use super::Summary;
use super::hidden::{hides, is_hidden, visible};
use super::hosts::hosts;
use super::sentence::{Tense, sentence, shown};

/// Names of parameters and variables that refer to a credential.
const CREDENTIAL_NAMES: [&str; 3] = ["credential", "credentials", "secret"];

pub(super) fn summary(
    base: &Workflow,
    result: &Workflow,
    patch: &Patch,
    catalogue: &Catalogue,
) -> Summary {
    let new = |look: fn(&Workflow) -> std::collections::BTreeSet<String>| {
        look(result).difference(&look(base)).cloned().collect()
    };
    let mut lines: Vec<String> = patch
        .edits
        .iter()
        .map(|edit| sentence(edit, base, Tense::Present))
        .collect();
    if result.name != base.name && result.name.chars().any(is_hidden) {
        lines.push(format!(
            "The new name has characters that cannot be seen: {}",
            visible(&result.name)
        ));
    }
    Summary {
        lines,
        new_hosts: new(hosts),
        new_credentials: new(credentials),
        triggers: triggers(base, result, catalogue),
        code: changed(base, result, |node| runs(node, catalogue)),
        hidden_text: changed(base, result, hidden),
    }
}

/// References to credentials, as they are written.
fn credentials(workflow: &Workflow) -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    for node in &workflow.graph.nodes {
        for (name, value) in &node.params {
            credentials_in(name, value, &mut found);
        }
    }
    found
}

fn credentials_in(name: &str, value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Record(record) if !CREDENTIAL_NAMES.contains(&name) => {
            for (name, value) in record {
                credentials_in(name, value, found);
            }
        }
        Value::List(list) => list
            .iter()
            .for_each(|item| credentials_in(name, item, found)),
        value if CREDENTIAL_NAMES.contains(&name) => _ = found.insert(shown(value)),
        Value::Text(text) => credentials_named(text, found),
        _ => {}
    }
}

/// `credentials.stripe`, `credentials["stripe"]` in an expression or a script.
fn credentials_named(text: &str, found: &mut std::collections::BTreeSet<String>) {
    for word in ["credentials", "secrets"] {
        for (at, _) in text.match_indices(word) {
            let rest = &text[at + word.len()..];
            if !rest.starts_with(['.', '[', '(']) {
                continue;
            }
            let end = rest[1..]
                .find(|c: char| !(c.is_alphanumeric() || "_-\"'".contains(c)))
                .map_or(rest.len(), |length| length + 1);
            found.insert(visible(&format!("{word}{}", &rest[..end])));
        }
    }
}

fn triggers(base: &Workflow, result: &Workflow, catalogue: &Catalogue) -> Vec<String> {
    let is_trigger = |node: &&Node| {
        let spec = catalogue
            .get(&node.kind)
            .map(|node_type| node_type.spec().role);
        spec.map_or(node.kind.starts_with("trigger."), |role| {
            role == Role::Trigger
        })
    };
    let all = |workflow: &Workflow| -> BTreeMap<NodeId, String> {
        let nodes = workflow.graph.nodes.iter().filter(is_trigger);
        nodes.map(|node| (node.id.clone(), told(node))).collect()
    };
    let (old, new) = (all(base), all(result));
    let mut lines = Vec::new();
    for (id, told) in &new {
        match old.get(id) {
            None => lines.push(format!("starts by {told}")),
            Some(before) if before != told => {
                lines.push(format!("starts by {told}, no longer by {before}"));
            }
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
    lines.extend(gone.map(|(_, told)| format!("no longer starts by {told}")));
    lines
}

fn told(node: &Node) -> String {
    let params: Vec<String> = node
        .params
        .iter()
        .map(|(name, value)| format!("{name} {}", shown(value)))
        .collect();
    let disabled = if node.disabled { ", disabled" } else { "" };
    let params = if params.is_empty() {
        String::new()
    } else {
        format!(": {}", params.join(", "))
    };
    format!(
        "`{}` ({}{params}{disabled})",
        visible(node.id.as_str()),
        visible(&node.kind)
    )
}

/// The nodes of the result for which `look` gives something, and something else than in the base.
fn changed<T: PartialEq + Default>(
    base: &Workflow,
    result: &Workflow,
    look: impl Fn(&Node) -> T,
) -> Vec<NodeId> {
    let before: BTreeMap<&str, &Node> = base
        .graph
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    result
        .graph
        .nodes
        .iter()
        .filter(|node| {
            let now = look(node);
            let was = before
                .get(node.id.as_str())
                .map(|node| look(node))
                .unwrap_or_default();
            now != T::default() && now != was
        })
        .map(|node| node.id.clone())
        .collect()
}

/// The code and the expressions of a node.
fn runs(node: &Node, catalogue: &Catalogue) -> Vec<(String, Value)> {
    let code = catalogue
        .get(&node.kind)
        .map_or(&[][..], |node_type| node_type.spec().code);
    node.params
        .iter()
        .filter(|(name, value)| code.contains(&name.as_str()) || has_expression(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn has_expression(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains("{{"),
        Value::List(list) => list.iter().any(has_expression),
        Value::Record(record) => record.values().any(has_expression),
        _ => false,
    }
}

/// The texts of a node that hide something.
fn hidden(node: &Node) -> Vec<Value> {
    let id = Value::from(node.id.as_str());
    let name = node.name.as_deref().map(Value::from);
    let params = node
        .params
        .iter()
        .flat_map(|(name, value)| [Value::from(name.as_str()), value.clone()]);
    let extra = node.extra.values().chain(&node.pinned).cloned();
    params
        .chain([id, node.kind.as_str().into()])
        .chain(name)
        .chain(extra)
        .filter(hides)
        .collect()
}
