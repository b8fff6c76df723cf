//! A request as the protocol has it, and one answer put together from its events.

use serde_json::{Map, Value as Json, json};

use super::manner::{Manner, Way};
use super::told;
use super::{ChatRequest, Message, ToolCall, ToolSpec};

/// The body of a call.
pub(crate) fn body(request: &ChatRequest, model: &str, manner: Manner, openrouter: bool) -> Json {
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| body.insert(name.to_owned(), value);
    put("model", json!(model));
    put("messages", json!(messages(request, manner)));
    put("stream", json!(true));
    let limit = if manner.newer_limit {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(limit, json!(request.max_tokens));
    if manner.usage {
        put("stream_options", json!({"include_usage": true}));
    }
    if openrouter {
        put("usage", json!({"include": true}));
    }
    if manner.tools == Way::Native && !request.tools.is_empty() {
        put("tools", request.tools.iter().map(tool).collect());
    }
    if let (Way::Native, Some(shape)) = (manner.shape, &request.shape) {
        put("response_format", response_format(shape));
    }
    Json::Object(body)
}

fn response_format(shape: &Json) -> Json {
    json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": shape}})
}

fn tool(spec: &ToolSpec) -> Json {
    json!({"type": "function", "function": {
        "name": spec.name, "description": spec.about, "parameters": spec.arguments,
    }})
}

/// The conversation, with what has to be told in words in a message of the system after the first.
fn messages(request: &ChatRequest, manner: Manner) -> Vec<Json> {
    let mut messages: Vec<Json> = request
        .messages
        .iter()
        .map(|one| message(one, manner.tools))
        .collect();
    let words = words(request, manner);
    if words.is_empty() {
        return messages;
    }
    // One message of the system, because the templates of many local models know no second one.
    match messages.first_mut() {
        Some(first) if first["role"] == "system" => {
            let text = first["content"].as_str().unwrap_or_default();
            first["content"] = json!(format!("{text}\n\n{words}"));
        }
        _ => messages.insert(0, json!({"role": "system", "content": words})),
    }
    messages
}

fn words(request: &ChatRequest, manner: Manner) -> String {
    let mut words = String::new();
    if manner.tools == Way::Told && !request.tools.is_empty() {
        words += &told::about_tools(&request.tools);
    }
    if let (Way::Told, Some(shape)) = (manner.shape, &request.shape) {
        words += &told::about_shape(shape);
    }
    words
}

fn message(message: &Message, tools: Way) -> Json {
    match (message, tools) {
        (Message::System { text }, _) => json!({"role": "system", "content": text}),
        (Message::User { text }, _) => json!({"role": "user", "content": text}),
        (Message::Assistant { text, calls }, _) if calls.is_empty() => {
            json!({"role": "assistant", "content": text})
        }
        (Message::Assistant { text, calls }, Way::Native) => json!({
            // Some endpoints refuse an empty text, none the absence of one.
            "role": "assistant", "content": (!text.is_empty()).then_some(text), "tool_calls": calls.iter().map(call).collect::<Vec<_>>(),
        }),
        (Message::Assistant { text, calls }, Way::Told) => {
            let blocks: Vec<_> = calls.iter().map(told::call_block).collect();
            json!({"role": "assistant", "content": format!("{text}\n{}", blocks.join("\n")).trim()})
        }
        (Message::Tool { call, text }, Way::Native) => {
            json!({"role": "tool", "tool_call_id": call, "content": text})
        }
        (Message::Tool { call, text }, Way::Told) => {
            json!({"role": "user", "content": told::tool_answer(call, text)})
        }
    }
}

fn call(call: &ToolCall) -> Json {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Task;

    fn talk() -> ChatRequest {
        let text = |text: &str| text.to_owned();
        let call = ToolCall {
            id: text("call-1"),
            name: text("check"),
            arguments: text("{\"a\":1}"),
        };
        ChatRequest {
            task: Task::Draft,
            model: None,
            messages: vec![
                Message::User {
                    text: text("Check it."),
                },
                Message::Assistant {
                    text: text(""),
                    calls: vec![call],
                },
                Message::Tool {
                    call: text("call-1"),
                    text: text("```\nfine"),
                },
            ],
            tools: vec![ToolSpec {
                name: text("check"),
                about: text("Checks."),
                arguments: json!({"type": "object"}),
            }],
            shape: Some(json!({"type": "object"})),
            max_tokens: 9,
        }
    }

    #[test]
    fn a_request_in_the_fields_of_the_protocol() {
        let body = body(&talk(), "m", Manner::default(), true);
        assert_eq!(
            body,
            json!({
                "model": "m", "stream": true, "max_tokens": 9,
                "stream_options": {"include_usage": true}, "usage": {"include": true},
                "messages": [
                    {"role": "user", "content": "Check it."},
                    {"role": "assistant", "content": null, "tool_calls": [{
                        "id": "call-1", "type": "function", "function": {"name": "check", "arguments": "{\"a\":1}"},
                    }]},
                    {"role": "tool", "tool_call_id": "call-1", "content": "```\nfine"},
                ],
                "tools": [{"type": "function", "function": {
                    "name": "check", "description": "Checks.", "parameters": {"type": "object"},
                }}],
                "response_format": {"type": "json_schema", "json_schema": {
                    "name": "answer", "schema": {"type": "object"},
                }},
            })
        );
    }

    #[test]
    fn the_same_request_in_words() {
        let manner = Manner {
            tools: Way::Told,
            shape: Way::Told,
            usage: false,
            newer_limit: true,
        };
        let body = body(&talk(), "m", manner, false);
        let fields: Vec<_> = body.as_object().expect("a body").keys().cloned().collect();
        assert_eq!(
            fields,
            ["max_completion_tokens", "messages", "model", "stream"]
        );
        let content = |at: usize| body["messages"][at]["content"].as_str().expect("words");
        assert!(content(0).contains("- check: Checks. {") && content(0).contains("JSON Schema"));
        assert_eq!(
            content(2),
            "```json\n{\"arguments\":{\"a\":1},\"tool\":\"check\"}\n```"
        );
        assert_eq!(
            content(3),
            "{\"answerOfTool\":\"call-1\",\"text\":\"```\\nfine\"}"
        );
    }
}
