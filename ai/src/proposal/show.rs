//! A proposal as lines of text: `+` added, `-` removed, `~` changed; code line by line. Hidden characters are written out.

use std::collections::BTreeMap;

use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{Value, Workflow};
use similar::{ChangeTag, TextDiff};

use super::hidden::visible;

/// Lines around a changed line of code.
const CONTEXT_LINES: usize = 2;

/// What makes `new` of `old`: nodes with their parameters, edges, and the fields of the document.
#[must_use]
pub fn show(old: &Workflow, new: &Workflow) -> String {
    let mut lines = Vec::new();
    record("", &head(old), &head(new), &mut lines);
    let find = |workflow: &'_ Workflow, id: &str| workflow.graph.node(id).cloned();
    for node in &new.graph.nodes {
        match find(old, node.id.as_str()) {
            None => whole('+', node, &mut lines),
            Some(before) => changed(&before, node, &mut lines),
        }
    }
    for node in &old.graph.nodes {
        if new.graph.node(node.id.as_str()).is_none() {
            whole('-', node, &mut lines);
        }
    }
    edges('+', old, new, &mut lines);
    edges('-', new, old, &mut lines);
    lines.into_iter().map(|line| line + "\n").collect()
}

type Fields = BTreeMap<String, Value>;

/// The document without its graph.
fn head(workflow: &Workflow) -> Fields {
    let mut fields = Fields::from([
        ("name".into(), Value::from(workflow.name.as_str())),
        ("id".into(), workflow.id.as_str().into()),
    ]);
    if let Ok(config) = serde_json::to_value(&workflow.config) {
        fields.insert("config".into(), Value::from_json(&config));
    }
    fields.extend(workflow.extra.clone());
    fields
}

/// The parameters and fields of a node, but not where it stands on the canvas.
fn fields(node: &Node) -> Fields {
    let json = serde_json::to_value(node).unwrap_or_default();
    let value = Value::from_json(&json);
    let known = value
        .as_record()
        .into_iter()
        .flat_map(|record| record.iter());
    let mut fields: Fields = known
        .filter(|(name, _)| !matches!(&**name, "id" | "type" | "params" | "position"))
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    fields.extend(node.params.clone());
    fields
}

fn title(node: &Node) -> String {
    format!("{}  ({})", visible(node.id.as_str()), visible(&node.kind))
}

fn whole(sign: char, node: &Node, lines: &mut Vec<String>) {
    lines.push(format!("{sign} {}", title(node)));
    let (none, all) = (Fields::new(), fields(node));
    if sign == '+' {
        record("    ", &none, &all, lines);
    }
}

fn changed(before: &Node, node: &Node, lines: &mut Vec<String>) {
    let mut inner = Vec::new();
    if before.kind != node.kind {
        inner.push(format!("    - type: {}", visible(&before.kind)));
        inner.push(format!("    + type: {}", visible(&node.kind)));
    }
    record("    ", &fields(before), &fields(node), &mut inner);
    if !inner.is_empty() {
        lines.push(format!("~ {}", title(node)));
        lines.append(&mut inner);
    }
}

fn record(indent: &str, old: &Fields, new: &Fields, lines: &mut Vec<String>) {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        if before != after {
            field(indent, name, before, after, lines);
        }
    }
}

fn field(
    indent: &str,
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    lines: &mut Vec<String>,
) {
    let name = visible(name);
    if let (Some(Value::Record(a)), Some(Value::Record(b))) = (old, new) {
        let fields = |record: &flowforge_engine::value::Record| -> Fields {
            record
                .iter()
                .map(|(key, value)| (key.to_string(), value.clone()))
                .collect()
        };
        lines.push(format!("{indent}~ {name}:"));
        record(&format!("{indent}    "), &fields(a), &fields(b), lines);
        return;
    }
    if [old, new].into_iter().flatten().any(has_lines) {
        let sign = match (old, new) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        };
        lines.push(format!("{indent}{sign} {name}:"));
        by_line(&format!("{indent}    "), &text(old), &text(new), lines);
        return;
    }
    let one =
        |sign, value: &Value| format!("{indent}{sign} {name}: {}", visible(&value.to_json_text()));
    lines.extend(old.map(|value| one('-', value)));
    lines.extend(new.map(|value| one('+', value)));
}

fn has_lines(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\n'))
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Text(text)) => text.to_string(),
        Some(value) => value.to_json_text(),
    }
}

fn by_line(indent: &str, old: &str, new: &str, lines: &mut Vec<String>) {
    let diff = TextDiff::from_lines(old, new);
    let mut is_first = true;
    for group in diff.grouped_ops(CONTEXT_LINES) {
        if !std::mem::take(&mut is_first) {
            lines.push(format!("{indent}…"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
            };
            let line = change.value();
            let line = line.strip_suffix('\n').unwrap_or(line);
            lines.push(format!("{indent}{sign} {}", visible(line)));
        }
    }
}

fn edges(sign: char, without: &Workflow, with: &Workflow, lines: &mut Vec<String>) {
    let ends = |edge: &Edge| {
        let port = |node: &str, port: &str, usual: &str| match port == usual {
            true => visible(node),
            false => format!("{}.{}", visible(node), visible(port)),
        };
        format!(
            "{} -> {}",
            port(edge.source.as_str(), &edge.source_port, "out"),
            port(edge.target.as_str(), &edge.target_port, "in")
        )
    };
    let known: Vec<String> = without.graph.edges.iter().map(ends).collect();
    for edge in with.graph.edges.iter().map(ends) {
        if !known.contains(&edge) {
            lines.push(format!("{sign} {edge}"));
        }
    }
}
