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
            "role": "assistant", "content": text, "tool_calls": calls.iter().map(call).collect::<Vec<_>>(),
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
