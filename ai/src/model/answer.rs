//! One answer, put together from the events of a stream; a plain answer is one event.
//!
//! Read by hand instead of by async-openai's types: servers leave out indexes and ids, write arguments as
//! records, content as lists and counts as floats, and put errors where a choice should be.

use serde_json::Value as Json;

use super::door::said;
use super::manner::{Manner, Way};
use super::trouble::Trouble;
use super::{ChatAnswer, ChatRequest, ToolCall, Usage, told, usage};

/// The status that stands for a failure that is told within a stream and has none of its own.
const FAILED_MIDWAY: u16 = 502;
/// Most calls of one answer: more is a model that has lost its way.
const CALLS_MAX: usize = 64;

/// An answer so far.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    text: String,
    refusal: String,
    calls: Vec<Part>,
    model: Option<String>,
    usage: Option<Usage>,
    finish: Option<String>,
    chosen: bool,
}

/// A call so far.
#[derive(Debug, Default)]
struct Part {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Assembly {
    /// Takes the next event and returns its words.
    pub(crate) fn take(&mut self, event: &Json) -> Result<String, Trouble> {
        if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
            return Err(midway(event, error));
        }
        if let Some(model) = event.get("model").and_then(Json::as_str) {
            self.model.get_or_insert_with(|| model.to_owned());
        }
        if let Some(used) = event.get("usage").and_then(usage::read) {
            self.usage = Some(used);
        }
        let choices = event.get("choices").and_then(Json::as_array);
        let first = choices
            .into_iter()
            .flatten()
            .find(|choice| choice.get("index").and_then(Json::as_u64).unwrap_or(0) == 0);
        let words = first.map_or_else(String::new, |choice| self.choice(choice));
        match self.calls.len() {
            0..=CALLS_MAX => Ok(words),
            _ => Err(Trouble::Bad(format!(
                "it calls more than {CALLS_MAX} tools at once"
            ))),
        }
    }

    fn choice(&mut self, choice: &Json) -> String {
        self.chosen = true;
        if let Some(finish) = choice.get("finish_reason").and_then(Json::as_str) {
            self.finish = Some(finish.to_owned());
        }
        let Some(piece) = ["delta", "message"]
            .into_iter()
            .find_map(|name| choice.get(name))
        else {
            return String::new();
        };
        if let Some(refusal) = piece.get("refusal").and_then(Json::as_str) {
            self.refusal.push_str(refusal);
        }
        for call in piece
            .get("tool_calls")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            self.call(call);
        }
        let words = content(piece.get("content"));
        self.text.push_str(&words);
        words
    }

    fn call(&mut self, piece: &Json) {
        let text = |pointer| {
            piece
                .pointer(pointer)
                .and_then(Json::as_str)
                .unwrap_or_default()
        };
        let index = piece.get("index").and_then(Json::as_u64);
        let (id, name) = (text("/id"), text("/function/name"));
        let known = self.calls.iter().rposition(|part| part.is(index, id, name));
        let at = known.unwrap_or_else(|| {
            self.calls.push(Part {
                index,
                ..Part::default()
            });
            self.calls.len() - 1
        });
        let part = &mut self.calls[at];
        if part.id.is_empty() {
            id.clone_into(&mut part.id);
        }
        if part.name.is_empty() {
            name.clone_into(&mut part.name);
        }
        match piece.pointer("/function/arguments") {
            Some(Json::String(text)) => part.arguments.push_str(text),
            None | Some(Json::Null) => {}
            Some(value) => part.arguments = value.to_string(),
        }
    }

    /// Whether the server said why it ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// What it used: as told, else estimated.
    pub(crate) fn usage(&self, request: &ChatRequest) -> Usage {
        let calls = self.calls.iter().map(|part| part.arguments.len());
        let chars = self.text.chars().count() + calls.sum::<usize>();
        self.usage
            .unwrap_or_else(|| usage::estimate(request, chars))
    }

    /// The answer, as it was asked for.
    pub(crate) fn finish(
        mut self,
        request: &ChatRequest,
        model: &str,
        manner: Manner,
    ) -> Result<ChatAnswer, Trouble> {
        if !self.chosen {
            return Err(Trouble::Bad("it has no choices".to_owned()));
        }
        let cut = self.finish.as_deref() == Some("length");
        let usage = self.usage(request);
        let mut calls = self.take_calls(request);
        let mut text = std::mem::take(&mut self.text);
        if calls.is_empty()
            && let Some((before, made)) =
                told::read_calls(&text, request, manner.tools == Way::Native)
        {
            text = before.to_owned();
            calls = made;
        }
        if calls.is_empty() {
            self.usable(&text, cut, request)?;
            if let Some(shape) = &request.shape {
                text = shaped(&text, shape, cut, request)?;
            }
        }
        Ok(ChatAnswer {
            text,
            calls,
            model: self.model.unwrap_or_else(|| model.to_owned()),
            usage,
            cut,
        })
    }

    fn usable(&self, text: &str, cut: bool, request: &ChatRequest) -> Result<(), Trouble> {
        if !text.trim().is_empty() {
            return Ok(());
        }
        let limit = request.max_tokens;
        Err(Trouble::Bad(match self.finish.as_deref() {
            _ if !self.refusal.is_empty() => format!("the model declined: {}", self.refusal),
            Some("content_filter") => "the endpoint's content filter held it back".to_owned(),
            _ if cut => format!("nothing was said before the limit of {limit} tokens"),
            _ => "it is empty".to_owned(),
        }))
    }

    fn take_calls(&mut self, request: &ChatRequest) -> Vec<ToolCall> {
        let past = told::calls_of_past(request);
        let parts = std::mem::take(&mut self.calls).into_iter().enumerate();
        parts.map(|(at, part)| part.whole(past + at)).collect()
    }
}

impl Part {
    /// Whether a piece belongs to this call. Some servers number all calls 0 and tell them apart by id; some give
    /// neither, then a name begins a new one.
    fn is(&self, index: Option<u64>, id: &str, name: &str) -> bool {
        let same_id = id.is_empty() || self.id.is_empty() || id == self.id;
        match (index, self.index) {
            (Some(index), Some(own)) => index == own && same_id,
            _ if id.is_empty() => name.is_empty(),
            _ => id == self.id,
        }
    }

    fn whole(self, number: usize) -> ToolCall {
        let or = |text: String, other: &str| {
            if text.is_empty() {
                other.to_owned()
            } else {
                text
            }
        };
        ToolCall {
            id: or(self.id, &told::call_id(number)),
            name: self.name,
            arguments: or(self.arguments, "{}"),
        }
    }
}

/// The words of a piece: text, or a list of parts of which some are text.
fn content(content: Option<&Json>) -> String {
    match content {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Json::as_str))
            .collect(),
        _ => String::new(),
    }
}

/// A failure that the server told in the middle of a stream that had begun well.
fn midway(event: &Json, error: &Json) -> Trouble {
    let code = error.get("code").and_then(Json::as_u64);
    Trouble::Status {
        status: code
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(FAILED_MIDWAY),
        message: said(event)
            .unwrap_or_else(|| "the endpoint failed in the middle of the answer".to_owned()),
        retry_after_ms: None,
    }
}

/// The JSON of the text, when it fits.
fn shaped(text: &str, shape: &Json, cut: bool, request: &ChatRequest) -> Result<String, Trouble> {
    let Some((written, value)) = told::read_json(text).or_else(|| scalar(text)) else {
        let limit = request.max_tokens;
        return Err(match cut {
            true => Trouble::Bad(format!("it was cut at the limit of {limit} tokens")),
            false => Trouble::NoJson,
        });
    };
    let validator = jsonschema::validator_for(shape).map_err(|error| {
        Trouble::Bad(format!(
            "the shape that was asked for is no JSON Schema: {error}"
        ))
    })?;
    match validator.validate(&value) {
        Ok(()) => Ok(written.to_owned()),
        Err(error) => {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "the whole"
            } else {
                &place
            };
            Err(Trouble::Bad(format!(
                "it does not fit at {place}: {}",
                super::trouble::quote(&error.to_string())
            )))
        }
    }
}

/// A shape may ask for a text or a number alone.
fn scalar(text: &str) -> Option<(&str, Json)> {
    let text = text.trim();
    Some((text, serde_json::from_str(text).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Task;

    fn request() -> ChatRequest {
        ChatRequest {
            task: Task::Draft,
            model: None,
            messages: vec![],
            tools: vec![],
            shape: None,
            max_tokens: 7,
        }
    }

    /// The answer that these choices make.
    fn check(choices: &[Json]) -> Result<ChatAnswer, Trouble> {
        let mut assembly = Assembly::default();
        for choice in choices {
            assembly.take(&json!({"choices": [choice]}))?;
        }
        assembly.finish(&request(), "m", Manner::default())
    }

    fn calls(pieces: &[Json]) -> Vec<(String, String, String)> {
        let choices: Vec<_> = pieces
            .iter()
            .map(|piece| json!({"delta": {"tool_calls": [piece]}}))
            .collect();
        let answer = check(&choices).expect("an answer");
        let calls = answer.calls.into_iter();
        calls
            .map(|call| (call.id, call.name, call.arguments))
            .collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn calls_of_all_kinds_of_servers_are_told_apart() {
        let two = [call("x", "a", "{\"p\":1}"), call("y", "b", "{}")];
        let whole = |id: &str, name: &str, arguments: Json| json!({"id": id, "function": {"name": name, "arguments": arguments}});
        let indexed = [
            json!({"index": 0, "id": "x", "function": {"name": "a", "arguments": ""}}),
            json!({"index": 0, "function": {"arguments": "{\"p\""}}),
            json!({"index": 1, "id": "y", "function": {"name": "b", "arguments": "{}"}}),
            json!({"index": 0, "function": {"arguments": ":1}"}}),
        ];
        assert_eq!(calls(&indexed), two);
        let all_zero = [
            json!({"index": 0, "id": "x", "function": {"name": "a", "arguments": "{\"p\":1}"}}),
            json!({"index": 0, "id": "y", "function": {"name": "b", "arguments": "{}"}}),
        ];
        assert_eq!(calls(&all_zero), two);
        let no_index = [
            whole("x", "a", json!("{\"p\":1}")),
            whole("y", "b", Json::Null),
        ];
        assert_eq!(calls(&no_index), two);
        let records = [whole("x", "a", json!({"p": 1})), whole("y", "b", json!({}))];
        assert_eq!(calls(&records), two);
        let nameless = [
            json!({"function": {"name": "a", "arguments": "{\"p\""}}),
            json!({"function": {"arguments": ":1}"}}),
            json!({"function": {"name": "b"}}),
        ];
        assert_eq!(
            calls(&nameless),
            [call("call-1", "a", "{\"p\":1}"), call("call-2", "b", "{}")]
        );
    }

    #[test]
    fn words_are_read_from_texts_and_lists() {
        let answer = check(&[
            json!({"delta": {"role": "assistant", "content": null}}),
            json!({"index": 1, "delta": {"content": "another choice"}}),
            json!({"delta": {"content": "Hel"}}),
            json!({"delta": {"content": [{"type": "text", "text": "lo"}, {"type": "image"}]}}),
            json!({"delta": {}, "finish_reason": "length"}),
        ]);
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.text.as_str(), answer.cut, answer.model.as_str()),
            ("Hello", true, "m")
        );
        assert!(answer.usage.estimated);
    }

    #[test]
    fn an_answer_that_is_none_says_why() {
        let bad = |text: &str| Err(Trouble::Bad(text.to_owned()));
        assert_eq!(check(&[]), bad("it has no choices"));
        assert_eq!(
            check(&[json!({"message": {"content": " "}})]),
            bad("it is empty")
        );
        assert_eq!(
            check(&[json!({"message": {"refusal": "I cannot."}})]),
            bad("the model declined: I cannot.")
        );
        assert_eq!(
            check(&[json!({"message": {}, "finish_reason": "content_filter"})]),
            bad("the endpoint's content filter held it back")
        );
        let many: Vec<_> = (0..65)
            .map(|at| json!({"index": at, "function": {"name": "a"}}))
            .collect();
        assert_eq!(
            check(&[json!({"delta": {"tool_calls": many}})]),
            bad("it calls more than 64 tools at once")
        );
    }

    #[test]
    fn a_failure_in_the_middle_of_a_stream_keeps_its_status() {
        let error = |json: Json| {
            Assembly::default()
                .take(&json)
                .expect_err("a failure")
                .to_string()
        };
        assert_eq!(
            error(json!({"error": {"code": 429, "message": "busy"}})),
            "429: busy"
        );
        assert_eq!(
            error(json!({"error": {"code": "server_error", "message": "gone"}})),
            "502: gone"
        );
        assert_eq!(error(json!({"error": "gone"})), "502: gone");
    }
}
