//! How a model has to be asked: what its server understands, learnt from what it refused or listed.

use super::ChatRequest;
use super::trouble::Trouble;

/// How tools, or the shape of an answer, reach the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As fields of the call.
    Native,
    /// In words, in the prompt; one block of JSON is read back.
    Told,
}

/// How one model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) tools: Way,
    pub(crate) shape: Way,
    /// Whether a stream is asked to tell what was used.
    pub(crate) usage: bool,
    /// Whether the limit is named `max_completion_tokens`.
    pub(crate) newer_limit: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            tools: Way::Native,
            shape: Way::Native,
            usage: true,
            newer_limit: false,
        }
    }
}

/// Words by which servers name what they do not understand.
const TOOLS: [&str; 3] = ["tool", "function call", "functions"];
const SHAPE: [&str; 5] = [
    "response_format",
    "json_schema",
    "response format",
    "structured output",
    "grammar",
];
const USAGE: [&str; 1] = ["stream_options"];
const LIMIT: [&str; 1] = ["max_completion_tokens"];

impl Manner {
    /// The manner to try next when this one was refused for something that can be left out. Each step leaves
    /// out one thing more, so this ends.
    pub(crate) fn after(self, trouble: &Trouble, request: &ChatRequest) -> Option<Self> {
        let message = match trouble {
            Trouble::NoJson => SHAPE[0].to_owned(),
            Trouble::Status {
                status: 400 | 404 | 405 | 415 | 422 | 500 | 501,
                message,
                ..
            } => message.to_lowercase(),
            _ => return None,
        };
        let names = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let mut next = self;
        if names(&USAGE) {
            next.usage = false;
        } else if names(&LIMIT) {
            next.newer_limit = true;
        } else if request.shape.is_some() && names(&SHAPE) {
            next.shape = Way::Told;
        } else if !request.tools.is_empty() && names(&TOOLS) {
            next.tools = Way::Told;
        }
        (next != self).then_some(next)
    }

    /// The manner for a model whose entry in the list says which fields it understands.
    pub(crate) fn listed(parameters: &[String]) -> Self {
        let way = |names: &[&str]| {
            let known = parameters.iter().any(|name| names.contains(&name.as_str()));
            if known { Way::Native } else { Way::Told }
        };
        Self {
            tools: way(&["tools"]),
            shape: way(&["structured_outputs", "response_format"]),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Task, ToolSpec};

    fn after(status: u16, message: &str) -> Option<Manner> {
        let request = ChatRequest {
            task: Task::Draft,
            model: None,
            messages: vec![],
            tools: vec![ToolSpec {
                name: "check".into(),
                about: String::new(),
                arguments: json!({}),
            }],
            shape: Some(json!({})),
            max_tokens: 10,
        };
        let trouble = Trouble::Status {
            status,
            message: message.into(),
            retry_after_ms: None,
        };
        Manner::default().after(&trouble, &request)
    }

    #[test]
    fn what_servers_refuse_is_left_out() {
        let whole = Manner::default();
        let told_tools = Some(Manner {
            tools: Way::Told,
            ..whole
        });
        for (status, message) in [
            (
                400,
                "registry.ollama.ai/library/llama2:latest does not support tools",
            ),
            (
                404,
                "No endpoints found that support tool use. Try disabling \"check\".",
            ),
            (500, "tools param requires --jinja flag"),
        ] {
            assert_eq!(after(status, message), told_tools, "{message}");
        }
        let told_shape = Some(Manner {
            shape: Way::Told,
            ..whole
        });
        assert_eq!(
            after(400, "'response_format.type' must be 'json_schema'"),
            told_shape
        );
        assert_eq!(
            after(422, "Extra inputs are not permitted: stream_options"),
            Some(Manner {
                usage: false,
                ..whole
            })
        );
        assert_eq!(
            after(
                400,
                "'max_tokens' is not supported, use 'max_completion_tokens' instead"
            ),
            Some(Manner {
                newer_limit: true,
                ..whole
            })
        );
        for (status, message) in [
            (401, "no tools for you"),
            (429, "tools"),
            (400, "bad model"),
        ] {
            assert_eq!(after(status, message), None, "{message}");
        }
    }

    #[test]
    fn a_list_tells_what_a_model_understands() {
        let listed = Manner::listed(&["tools".into(), "max_tokens".into()]);
        assert_eq!((listed.tools, listed.shape), (Way::Native, Way::Told));
    }
}
