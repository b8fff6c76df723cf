//! The functions that FlowForge adds to scripts: a short list, each with its documentation.
//!
//! Everything here is pure but the effects, which answer from what was recorded. The whole list that a
//! script can see, Rhai's own included, is held against `functions.txt` by a test: a new name there
//! is a decision.

mod effects;
mod hash;
mod json;
mod lists;
mod print;
mod text;
mod time;

use std::rc::Rc;

use rhai::{Engine, EvalAltResult, Position};
use serde::Serialize;

use super::conversation::Conversation;

/// The result of a host function.
type Answer<T> = Result<T, Box<EvalAltResult>>;

/// A function that scripts can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// How it is called and what it gives.
    pub signature: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
}

impl FunctionDoc {
    /// Whether it asks the world, so that its answer is recorded.
    #[must_use]
    pub fn is_effect(&self) -> bool {
        matches!(self.name, "http" | "model" | "now" | "random")
    }
}

/// The functions that FlowForge adds to Rhai's own, sorted by name.
pub const FUNCTIONS: &[FunctionDoc] = &[
    doc(
        "blake3",
        "blake3(data: text | bytes) -> text",
        "The BLAKE3 hash, as 64 hexadecimal digits.",
    ),
    doc(
        "chunks",
        "chunks(list, size: int) -> list",
        "The items in lists of at most `size`, in order.",
    ),
    doc(
        "flatten",
        "flatten(list) -> list",
        "The items, with each item that is a list replaced by its own items.",
    ),
    doc(
        "format_time",
        "format_time(ms: int) -> text; format_time(ms: int, format: text) -> text",
        "A moment as RFC 3339 text in UTC, or by a strftime format.",
    ),
    doc(
        "from_base64",
        "from_base64(text) -> bytes",
        "The bytes that base64 text stands for.",
    ),
    doc(
        "group_by",
        "group_by(list, key: text | function) -> record",
        "The items in lists by their key, as text.",
    ),
    doc(
        "http",
        "http(method: text, url: text) -> record; http(request: record) -> record",
        "Calls a server: an effect. Gives #{status, headers, body, url}; throws when there is no answer.",
    ),
    doc(
        "join",
        "join(list, separator: text) -> text",
        "The items as one text.",
    ),
    doc(
        "model",
        "model(prompt: text) -> record; model(request: record) -> record",
        "Asks a language model: an effect. A request has `prompt`, and may have `system`, `model`, `shape`, `maxTokens`. Gives #{text, value, model, usage}; `value` when a `shape` was asked for, unchecked.",
    ),
    doc(
        "now",
        "now() -> int",
        "The present moment in milliseconds since 1970: an effect, the same on every replay.",
    ),
    doc(
        "parse_json",
        "parse_json(text) -> any",
        "The value that JSON text stands for.",
    ),
    doc(
        "parse_time",
        "parse_time(text) -> int",
        "Milliseconds since 1970 of RFC 3339 text or a date.",
    ),
    doc(
        "random",
        "random() -> float",
        "A number at least 0 and below 1: an effect, the same on every replay.",
    ),
    doc(
        "sort_by",
        "sort_by(list, key: text | function) -> list",
        "The items sorted by their key; equal ones keep their order.",
    ),
    doc(
        "sum",
        "sum(list) -> number",
        "The sum of the numbers; 0 for an empty list.",
    ),
    doc(
        "to_base64",
        "to_base64(data: text | bytes) -> text",
        "The bytes as base64 text.",
    ),
    doc("to_json", "to_json(any) -> text", "The value as JSON text."),
    doc(
        "unique",
        "unique(list) -> list",
        "The items without those that came before.",
    ),
];

const fn doc(name: &'static str, signature: &'static str, about: &'static str) -> FunctionDoc {
    FunctionDoc {
        name,
        signature,
        about,
    }
}

/// Adds every host function to an engine.
pub(super) fn register(engine: &mut Engine, conversation: &Rc<Conversation>) {
    json::register(engine);
    text::register(engine);
    time::register(engine);
    hash::register(engine);
    lists::register(engine);
    print::register(engine);
    effects::register(engine, conversation);
}

/// An error that a script can catch.
fn fault(message: impl Into<String>) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(message.into().into(), Position::NONE).into()
}

/// An error that no script can catch: something would pass a size limit.
fn too_large(what: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorDataTooLarge(what.into(), Position::NONE).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::engine::computing_engine;
    use super::*;

    fn visible(engine: &Engine) -> String {
        let json = engine.gen_fn_metadata_to_json(true).expect("metadata");
        let metadata: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let functions = metadata["functions"].as_array().expect("functions");
        let signatures: BTreeSet<&str> = functions
            .iter()
            .filter_map(|f| f["signature"].as_str())
            .collect();
        signatures
            .into_iter()
            .fold(String::new(), |list, signature| list + signature + "\n")
    }

    fn full_engine() -> Engine {
        let mut engine = computing_engine();
        register(&mut engine, &Rc::default());
        engine
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a person asks for the list to be rewritten"
    )]
    fn scripts_see_exactly_the_functions_of_the_golden_file() {
        let found = visible(&full_engine());
        if std::env::var_os("FLOWFORGE_REWRITE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/script/functions.txt");
            std::fs::write(path, &found).expect("the golden file is writable");
            return;
        }
        let golden = include_str!("functions.txt");
        let difference = similar::TextDiff::from_lines(golden, &found)
            .unified_diff()
            .to_string();
        assert_eq!(
            difference, "",
            "run again with FLOWFORGE_REWRITE=1 if every change is meant"
        );
    }

    #[test]
    fn every_documented_function_is_there_and_sorted() {
        let all = visible(&full_engine());
        for doc in FUNCTIONS {
            assert!(
                all.lines()
                    .any(|line| line.starts_with(&format!("{}(", doc.name))),
                "{}",
                doc.name
            );
        }
        assert!(FUNCTIONS.is_sorted_by_key(|doc| doc.name));
    }

    #[test]
    fn nothing_reaches_the_world() {
        let all = visible(&full_engine());
        for name in [
            "sleep",
            "exit",
            "timestamp",
            "open_file",
            "system",
            "env",
            "eval",
            "import",
            "rand",
            "get_fn_metadata_list",
        ] {
            assert!(
                !all.lines()
                    .any(|line| line.starts_with(&format!("{name}("))),
                "{name}"
            );
        }
    }
}
