//! The closed list of tools. None of them can change, run, send or read anything beyond this workflow.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::model::{ChatAnswer, ToolCall, ToolSpec};

/// What each tool is called and does, and what it wants.
pub(super) fn specs() -> Vec<ToolSpec> {
    let text = || json!({ "type": "string" });
    let edits = || json!({ "type": "array", "items": { "type": "object", "required": ["edit"], "properties": { "edit": { "type": "string" } } } });
    [
        ("search_nodes", "Finds node types by words. Gives name, parameters, ports.", json!({ "query": text() }), &["query"][..]),
        ("read_node_page", "The documentation of one node type.", json!({ "type": text() }), &["type"]),
        ("read_graph", "The parameters of nodes in full; all nodes when none is named.", json!({ "nodes": { "type": "array", "items": text() } }), &[]),
        ("list_runs", "The last runs of this workflow.", json!({}), &[]),
        ("read_frame", "What one node got and gave in a run, as shape and samples.", json!({ "run": text(), "node": text() }), &["run", "node"]),
        ("check", "The problems that the workflow would have with these edits. Shows nothing to the person.", json!({ "edits": edits() }), &["edits"]),
        ("try_script", "Evaluates a Rhai script in a sandbox with this `input`, or with the recorded input of a node.", json!({ "code": text(), "input": {}, "run": text(), "node": text() }), &["code"]),
        ("dry_run", "Runs the workflow with these edits in memory; calls to the world are answered from `run`'s recordings or not at all.", json!({ "edits": edits(), "input": {}, "run": text() }), &["edits"]),
        ("propose_edits", "Shows the edits to the person as a diff to accept. Call once, with all edits.", json!({ "reason": text(), "edits": edits() }), &["edits"]),
        ("ask", "Asks the person one question and ends the turn.", json!({ "question": text(), "choices": { "type": "array", "items": text() } }), &["question"]),
    ]
    .into_iter()
    .map(|(name, about, properties, required)| ToolSpec {
        name: name.into(),
        about: about.into(),
        arguments: json!({ "type": "object", "properties": properties, "required": required }),
    })
    .collect()
}

/// A call as it was understood.
#[derive(Debug, Deserialize)]
#[serde(
    tag = "name",
    content = "arguments",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(super) enum Tool {
    SearchNodes {
        query: String,
    },
    ReadNodePage {
        r#type: String,
    },
    ReadGraph {
        #[serde(default)]
        nodes: Vec<String>,
    },
    ListRuns {},
    ReadFrame {
        run: String,
        node: String,
    },
    Check {
        edits: Vec<Json>,
    },
    TryScript {
        code: String,
        input: Option<Json>,
        run: Option<String>,
        node: Option<String>,
    },
    DryRun {
        edits: Vec<Json>,
        #[serde(default)]
        input: Json,
        run: Option<String>,
    },
    ProposeEdits {
        // Small models forget it; the person reads the summary that is computed from the edits anyway.
        #[serde(default)]
        reason: String,
        edits: Vec<Json>,
    },
    Ask {
        question: String,
        #[serde(default)]
        choices: Vec<String>,
    },
}

/// Most bytes of one call's arguments.
const ARGUMENTS_BYTES_MAX: usize = 256 << 10;

/// The call, or what is wrong with it, for the model to read.
pub(super) fn read(call: &ToolCall) -> Result<Tool, String> {
    let known = specs();
    let names: Vec<&str> = known.iter().map(|spec| spec.name.as_str()).collect();
    if !names.contains(&call.name.as_str()) {
        return Err(format!(
            "refused: there is no such tool in this conversation; there are {}",
            names.join(", ")
        ));
    }
    if call.arguments.len() > ARGUMENTS_BYTES_MAX {
        return Err(format!(
            "refused: the arguments have {} bytes, at most {ARGUMENTS_BYTES_MAX} are read",
            call.arguments.len()
        ));
    }
    let text = if call.arguments.trim().is_empty() {
        "{}"
    } else {
        &call.arguments
    };
    let arguments: Json = serde_json::from_str(text)
        .map_err(|error| format!("the arguments are no JSON: {error}"))?;
    serde_json::from_value(json!({ "name": call.name, "arguments": arguments }))
        .map_err(|error| format!("wrong arguments of {}: {error}", call.name))
}

/// The calls of an answer. Models without tool calls write them as JSON: `{"tool": "ask", "arguments": {...}}`.
pub(super) fn calls(answer: &ChatAnswer, step: u32) -> Vec<ToolCall> {
    if !answer.calls.is_empty() {
        return answer.calls.clone();
    }
    let starts = answer.text.match_indices('{').map(|(at, _)| at);
    for at in starts.take(20) {
        let mut stream = serde_json::Deserializer::from_str(&answer.text[at..]).into_iter::<Json>();
        let Some(Ok(Json::Object(object))) = stream.next() else {
            continue;
        };
        let name = object
            .get("tool")
            .or_else(|| object.get("name"))
            .and_then(Json::as_str);
        if let (Some(name), Some(arguments)) = (name, object.get("arguments")) {
            return vec![ToolCall {
                id: format!("text-{step}"),
                name: name.to_owned(),
                arguments: arguments.to_string(),
            }];
        }
        // The edits themselves, without saying which tool.
        if object.contains_key("edits") {
            let mut object = object;
            object.entry("reason").or_insert_with(|| "".into());
            return vec![ToolCall {
                id: format!("text-{step}"),
                name: "propose_edits".into(),
                arguments: Json::Object(object).to_string(),
            }];
        }
    }
    Vec::new()
}
