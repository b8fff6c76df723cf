//! A node type's page for people, in Markdown: its prose, and tables and examples derived from the
//! rest of its description, so that they cannot fall behind it.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::schema;
use crate::node_type::{Example, NodeSpec, Port};

/// The whole page; `spec.docs` is its prose.
pub(super) fn page(spec: &NodeSpec) -> String {
    let sections = [
        format!(
            "# {}\n\n`{}`: {}\n\n{}\n",
            spec.title,
            spec.name,
            spec.summary,
            spec.docs.trim()
        ),
        parameters(spec),
        ports(spec),
        errors(spec),
        examples(spec),
    ];
    sections.join("\n")
}

fn parameters(spec: &NodeSpec) -> String {
    let mut text = String::from("## Parameters\n\n");
    let rows = parameter_rows("", &spec.params);
    if rows.is_empty() {
        text.push_str("None.\n");
    } else {
        text.push_str("| name | type | default | meaning |\n|---|---|---|---|\n");
        text.push_str(&rows);
    }
    text
}

/// One row for each property, then for the properties of what it holds.
fn parameter_rows(prefix: &str, record: &Json) -> String {
    let mut rows = String::new();
    for (name, schema, required) in schema::properties(record) {
        let name = format!("{prefix}{name}");
        let default = match schema.get("default") {
            Some(Json::String(default)) => format!("`{default}`"),
            Some(default) => format!("`{default}`"),
            None if required => "required".into(),
            None => String::new(),
        };
        let about = schema["description"]
            .as_str()
            .unwrap_or_default()
            .replace('|', "\\|");
        let _ = writeln!(
            rows,
            "| `{name}` | {} | {default} | {about} |",
            kind(schema)
        );
        rows.push_str(&parameter_rows(&format!("{name}[]."), &schema["items"]));
    }
    rows
}

/// The kind of a parameter in the words of the documentation.
fn kind(schema: &Json) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<_> = choices
            .iter()
            .filter_map(Json::as_str)
            .map(|choice| format!("`{choice}`"))
            .collect();
        return choices.join(", ");
    }
    match schema["type"].as_str() {
        Some("string") => "text",
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("boolean") => "true or false",
        Some("array") => "list",
        Some("object") => "record",
        _ => "anything",
    }
    .into()
}

fn ports(spec: &NodeSpec) -> String {
    let mut text = String::from("## Ports\n\n");
    let mut list = |way: &str, ports: &[Port]| {
        for Port { name, kind, about } in ports {
            let _ = writeln!(text, "- {way} `{name}` ({kind}): {about}");
        }
    };
    list("in", &spec.inputs);
    list("out", &spec.outputs);
    text.push_str("- out `error` (record): the failure, when the node's `onError` is `port`.\n");
    text
}

fn errors(spec: &NodeSpec) -> String {
    let mut text = String::from("## Errors\n\n| kind | when |\n|---|---|\n");
    for (kind, when) in spec.errors {
        let kind = json!(kind);
        let _ = writeln!(text, "| `{}` | {when} |", kind.as_str().unwrap_or_default());
    }
    text
}

fn examples(spec: &NodeSpec) -> String {
    let examples = spec
        .examples
        .iter()
        .map(|example| one_example(spec, example));
    format!("## Examples\n\n{}", examples.collect::<Vec<_>>().join("\n"))
}

fn one_example(spec: &NodeSpec, example: &Example) -> String {
    let input = match (example.by_source, spec.inputs.is_empty()) {
        (true, _) => "Input, one value from each node",
        (false, true) => "The run's input",
        (false, false) => "Input",
    };
    let mut text = format!(
        "### {}\n\n{}",
        example.title,
        node(spec.name, &example.params)
    );
    let _ = write!(
        text,
        "\n{input}:\n\n```json\n{}\n```\n",
        json_text(&example.input, 0)
    );
    if let Some(output) = &example.output {
        let by = match example.port {
            "out" => String::new(),
            port => format!(", by the port `{port}`"),
        };
        let _ = write!(
            text,
            "\nOutput{by}:\n\n```json\n{}\n```\n",
            json_text(output, 0)
        );
    }
    text
}

/// The node as it stands in a workflow file.
fn node(name: &str, params: &Json) -> String {
    if params == &json!({}) {
        return format!("```yaml\ntype: {name}\n```\n");
    }
    let params = serde_saphyr::to_string(&json!({ "params": params })).expect("JSON can be YAML");
    format!("```yaml\ntype: {name}\n{}\n```\n", params.trim_end())
}

/// Longest line of a JSON text on a page, in bytes.
const LINE_BYTES_MAX: usize = 100;

/// JSON for reading: what fits into a line stands in one.
fn json_text(json: &Json, indent: usize) -> String {
    let flat = flat(json);
    if indent + flat.len() <= LINE_BYTES_MAX {
        return flat;
    }
    let (open, parts, close) = match json {
        Json::Array(items) => (
            '[',
            items
                .iter()
                .map(|item| json_text(item, indent + 2))
                .collect(),
            ']',
        ),
        Json::Object(fields) => (
            '{',
            fields
                .iter()
                .map(|field| field_text(field, indent + 2))
                .collect(),
            '}',
        ),
        _ => return flat,
    };
    let parts: Vec<String> = parts;
    let space = " ".repeat(indent);
    format!(
        "{open}\n{space}  {}\n{space}{close}",
        parts.join(&format!(",\n{space}  "))
    )
}

fn field_text((name, value): (&String, &Json), indent: usize) -> String {
    format!("{}: {}", json!(name), json_text(value, indent))
}

fn flat(json: &Json) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match json {
        Json::Array(items) => format!("[{}]", joined(items.iter().map(flat).collect())),
        Json::Object(fields) if fields.is_empty() => "{}".into(),
        Json::Object(fields) => {
            let field =
                |(name, value): (&String, &Json)| format!("{}: {}", json!(name), flat(value));
            format!("{{ {} }}", joined(fields.iter().map(field).collect()))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_into_a_line_stands_in_one() {
        assert_eq!(
            json_text(&json!({ "a": [1, "x"], "b": {} }), 0),
            r#"{ "a": [1, "x"], "b": {} }"#
        );
        let long = "x".repeat(60);
        let expected = format!("[\n  {{ \"a\": \"{long}\" }},\n  {{ \"a\": \"{long}\" }}\n]");
        assert_eq!(
            json_text(&json!([{ "a": long }, { "a": long }]), 0),
            expected
        );
    }
}
