//! Entries of the catalogue, a few lines each, found by search.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use flowforge_engine::node_type::NodeSpec;
use flowforge_snapshots::search::NodeIndex;
use serde_json::Value as Json;

use super::tokens;

/// Longest description of a parameter, in characters.
const ABOUT_CHARS_MAX: usize = 90;
/// Most node types that one word of a request adds.
const PER_WORD_MAX: usize = 2;
/// Words that find nothing useful.
const EMPTY_WORDS: [&str; 34] = [
    "the", "and", "then", "add", "one", "step", "node", "that", "this", "with", "from", "into",
    "those", "them", "for", "all", "each", "every", "please", "workflow", "make", "should",
    "which", "when", "also", "now", "can", "you", "not", "are", "was", "has", "its", "http",
];

/// Entries that may fit a request, the best first, in about `tokens_max` tokens.
#[must_use]
pub fn entries(index: &NodeIndex, request: &str, tokens_max: usize) -> String {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    let words = request.split(|c: char| !c.is_alphanumeric());
    let words =
        words.filter(|word| word.len() > 2 && !EMPTY_WORDS.contains(&word.to_lowercase().as_str()));
    let mut take = |query: &str, limit: usize| {
        for (score, node_type) in index.find(query, limit) {
            if names.insert(node_type.spec().name) {
                found.push((score, node_type));
            }
        }
    };
    take(request, 4);
    words.take(40).for_each(|word| take(word, PER_WORD_MAX));
    take("script", 1);
    let mut text = String::new();
    let mut left = tokens_max;
    for (_, node_type) in &found {
        let entry = entry(node_type.spec());
        match left.checked_sub(tokens(&entry)) {
            Some(rest) => left = rest,
            None => continue,
        }
        text += &entry;
    }
    text
}

/// A node type in a few lines: what it does, its ports, its parameters.
#[must_use]
pub fn entry(spec: &NodeSpec) -> String {
    let mut text = format!("{}: {}", spec.name, spec.summary);
    let ports: Vec<&str> = spec.outputs.iter().map(|port| port.name.as_str()).collect();
    if ports != ["out"] {
        let _ = write!(text, " Ports out: {}.", ports.join(", "));
    }
    text.push('\n');
    let required: Vec<&str> = spec.params["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let properties = spec.params["properties"].as_object();
    for (name, schema) in properties.into_iter().flatten() {
        let must = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        let _ = writeln!(text, "  {name} ({}{must}): {}", kind(schema), about(schema));
    }
    text
}

fn kind(schema: &Json) -> String {
    let choices = schema["enum"].as_array().map(|choices| {
        let choices: Vec<&str> = choices.iter().filter_map(Json::as_str).collect();
        choices.join("|")
    });
    let kind = choices.or_else(|| schema["type"].as_str().map(str::to_owned));
    kind.unwrap_or_else(|| "any".into())
}

fn about(schema: &Json) -> String {
    let about = schema["description"].as_str().unwrap_or_default();
    let first = about
        .split_inclusive(". ")
        .next()
        .unwrap_or(about)
        .trim_end();
    first.chars().take(ABOUT_CHARS_MAX).collect()
}
