//! `log`: a line in the run's log.

use serde_json::json;

use super::built_in::{BuiltIn, plain, port};
use super::params::Params;
use super::schema::{Property, record};
use super::show::as_text;
use crate::event::LogLine;
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::script::LOG_BYTES_MAX;

pub(super) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "scroll-text",
        words: &[
            "print", "debug", "console", "note", "trace", "message", "echo",
        ],
        outputs: vec![port("out", "any", "The input, unchanged.")],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidParameter,
                "`message` is missing, or `level` is none of the four",
            ),
            (FailureKind::Script, "an expression in `message` failed"),
        ],
        examples: examples(),
        ..plain(
            "log",
            "Log",
            "Writes a line to the log and passes its input on.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::any(
            "message",
            "Message",
            "What to write: a text, or any value, which is written as JSON.",
        )
        .required()
        .such_as(json!("{{ input.total }} is high")),
        Property::choice(
            "level",
            "Level",
            "How much it matters.",
            &["debug", "info", "warn", "error"],
        )
        .or(json!("info")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "A note on the way",
            json!({ "message": "{{ input.rows.len() }} rows" }),
            json!({ "rows": [1, 2] }),
        )
        .gives(json!({ "rows": [1, 2] })),
        Example::new(
            "A warning with the whole input",
            json!({ "message": "{{ input }}", "level": "warn" }),
            json!({ "total": -1 }),
        )
        .gives(json!({ "total": -1 })),
    ]
}

const DOCS: &str = r#"
The line is kept with the node's frame and shown with the run, also much later. What flows through is not changed, so the node can be
put between any two others. Every frame already keeps its whole input and output: log what you want to *read*, not what you may want to look up.

A frame keeps at most 64 KiB of log.
"#;

const CUT: &str = " … (cut at 64 KiB)";

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let line = LogLine {
        level: params.choice("level")?.to_owned(),
        text: cut(as_text(params.need("message")?.value())),
    };
    Ok(Answer::Done {
        outputs: vec![("out".into(), node.input().clone())],
        logs: vec![line],
    })
}

fn cut(mut text: String) -> String {
    if text.len() > LOG_BYTES_MAX {
        text.truncate(text.floor_char_boundary(LOG_BYTES_MAX - CUT.len()));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    #[test]
    fn the_line_is_written_and_the_input_passes() {
        check_node(
            "log",
            json!({ "message": "hi", "level": "warn" }),
            json!([1]),
            "out [1]\nlog warn: hi",
        );
        check_node(
            "log",
            json!({ "message": { "a": 1 } }),
            json!(null),
            "out null\nlog info: {\"a\":1}",
        );
    }

    #[test]
    fn a_huge_line_is_cut() {
        let scene = Scene::new(
            "log",
            json!({ "message": "é".repeat(1 << 20) }),
            json!(null),
        );
        let Ok(Answer::Done { logs, .. }) = scene.evaluate() else {
            panic!("not done")
        };
        assert!(logs[0].text.len() <= LOG_BYTES_MAX && logs[0].text.ends_with(CUT));
    }

    #[test]
    fn levels_are_four() {
        let expected = "failed invalidParameter /level: `level` must be `debug`, `info`, `warn` \
            or `error`, found text";
        check_node(
            "log",
            json!({ "message": "hi", "level": "loud" }),
            json!(1),
            expected,
        );
    }
}
