//! The places that a workflow may call, read from its document.
//!
//! Every URL in any parameter, variable or pinned value counts, since data flows from anywhere to anywhere. Where an
//! address is put together by an expression or a script, it stands as it is written: better a line
//! too much than a host that nobody was shown.

use std::collections::BTreeSet;

use flowforge_engine::workflow::Node;
use flowforge_engine::{Value, Workflow};
use url::Url;

/// Longest expression that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// The hosts of a workflow, with the port where one is named, and expressions as they are written.
pub(super) fn hosts(workflow: &Workflow) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for node in &workflow.graph.nodes {
        of_node(node, &mut hosts);
    }
    for value in workflow.config.vars.values() {
        of_value(value, &mut hosts);
    }
    hosts
}

fn of_node(node: &Node, hosts: &mut BTreeSet<String>) {
    for (name, value) in &node.params {
        match value.as_str() {
            Some(text) if name == "url" => of_url(text, hosts),
            _ => of_value(value, hosts),
        }
        if let Some(code) = value.as_str() {
            of_calls(code, hosts);
        }
    }
    if let Some(pinned) = &node.pinned {
        of_value(pinned, hosts);
    }
}

/// A text that is called as a whole, so also without the usual slashes (`https:evil.test`).
fn of_url(text: &str, hosts: &mut BTreeSet<String>) {
    match text.split_once("{{") {
        None => _ = hosts.insert(host(text).unwrap_or_else(|| written(text))),
        // The host is certain when the path has begun before the first expression.
        Some((fixed, _)) => {
            let has_path = fixed
                .split_once("://")
                .is_some_and(|(_, rest)| rest.contains(['/', '?', '#', '\\']));
            let host = has_path.then(|| host(fixed)).flatten();
            hosts.insert(host.unwrap_or_else(|| written(text)));
            of_text(text, hosts);
        }
    }
}

fn of_value(value: &Value, hosts: &mut BTreeSet<String>) {
    match value {
        Value::Text(text) => of_text(text, hosts),
        Value::List(list) => list.iter().for_each(|item| of_value(item, hosts)),
        Value::Record(record) => record.values().for_each(|value| of_value(value, hosts)),
        _ => {}
    }
}

/// Every URL in a text.
fn of_text(text: &str, hosts: &mut BTreeSet<String>) {
    let lower = text.to_ascii_lowercase();
    for scheme in ["http:", "https:", "ws:", "wss:", "ftp:"] {
        for (at, _) in lower.match_indices(scheme) {
            let inside_word = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            let end = text[at..]
                .find(|c: char| c.is_whitespace() || "\"'`<>{}|^$,)]".contains(c))
                .map_or(text.len(), |length| at + length);
            if !inside_word && let Some(host) = host(&text[at..end]) {
                hosts.insert(host);
            }
        }
    }
}

/// Calls of `http` in a script whose address is not a plain text.
fn of_calls(code: &str, hosts: &mut BTreeSet<String>) {
    for (at, _) in code.match_indices("http") {
        let inside_word =
            code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let rest = code[at + "http".len()..].trim_start();
        if inside_word || !rest.starts_with('(') {
            continue;
        }
        let call = closed(rest);
        let mut literal = BTreeSet::new();
        of_text(call, &mut literal);
        let is_plain = !literal.is_empty() && !call.contains(['`', '+', '$']);
        if !is_plain {
            hosts.insert(written(&format!("http{call}")));
        }
    }
}

/// A text up to the bracket that closes its first one.
fn closed(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return &text[..=at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

fn host(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn written(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = super::visible(&line);
    match shown.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, param: &str, text: &str, expected: &[&str]) {
        let workflow = serde_json::json!({ "id": "w", "graph": {
            "nodes": [{ "id": "a", "type": kind, "params": { param: text } }], "edges": [],
        } });
        let workflow: Workflow = serde_json::from_value(workflow).unwrap();
        let found = hosts(&workflow);
        assert_eq!(
            found,
            expected.iter().map(|host| (*host).to_owned()).collect(),
            "{text}"
        );
    }

    #[test]
    fn a_url_names_its_host_whatever_it_looks_like() {
        let url = |text, expected| check("http.request", "url", text, expected);
        url("https://api.example.com/a", &["api.example.com"]);
        url("http://127.0.0.1:8080/orders", &["127.0.0.1:8080"]);
        url("https://good.example@evil.test/", &["evil.test"]);
        url("https:evil.test", &["evil.test"]);
        url("HTTPS:\\\\evil.test\\x", &["evil.test"]);
        url(
            "https://api.example.com/{{ input.id }}",
            &["api.example.com"],
        );
        url(
            "https://api.example.com{{ input.id }}",
            &["https://api.example.com{{ input.id }}", "api.example.com"],
        );
        url("{{ input.url }}", &["{{ input.url }}"]);
    }

    #[test]
    fn code_and_nested_values_are_read_too() {
        let code = |text, expected| check("code.rhai", "code", text, expected);
        code(r#"http("GET", "https://a.example/x").body"#, &["a.example"]);
        code(
            r#"let u = "https://a.example"; http("GET", u)"#,
            &["a.example", r#"http("GET", u)"#],
        );
        code(
            r#"http("GET", "ht" + "tps://evil.test/x")"#,
            &[r#"http("GET", "ht" + "tps://evil.test/x")"#],
        );
        code(
            "http(\"GET\", `https://a.example/${input.id}`)",
            &[
                "a.example",
                "http(\"GET\", `https://a.example/${input.id}`)",
            ],
        );
        code("input.https", &[]);
    }
}
