//! The bytes of an answer: in one piece, or as a stream of events.

use serde_json::{Value as Json, json};

use super::script::{Call, Fault, Field, Pace, Script, Turn};

/// Letters of an argument that are sent at once, so that calls have to be put together.
const ARGUMENT_PIECE_CHARS: usize = 24;
/// Letters that are sent at once of an answer that is only long.
const LONG_PIECE_BYTES: usize = 64 * 1024;

/// What is sent, and when.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) retry_after: Option<String>,
    pub(super) first_ms: u64,
    pub(super) pieces: Vec<Piece>,
    pub(super) end: End,
}

/// Bytes that are sent at once.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: String,
    /// Waited before.
    pub(super) wait_ms: u64,
    /// Whether a person would see it.
    pub(super) heard: bool,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Hang,
    Cut,
}

impl Reply {
    pub(super) fn problem(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message, "code": status}});
        Self::plain(status, &body)
    }

    pub(super) fn plain(status: u16, body: &Json) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    fn bytes(status: u16, kind: &'static str, bytes: String) -> Self {
        let piece = Piece {
            bytes,
            wait_ms: 0,
            heard: false,
        };
        Self {
            status,
            kind,
            retry_after: None,
            first_ms: 0,
            pieces: vec![piece],
            end: End::Whole,
        }
    }

    fn events(pieces: Vec<Piece>) -> Self {
        Self {
            status: 200,
            kind: "text/event-stream",
            retry_after: None,
            first_ms: 0,
            pieces,
            end: End::Whole,
        }
    }

    /// Keeps the first half of what would be sent.
    fn half(mut self, end: End) -> Self {
        let half = self.pieces.len() / 2;
        if half > 0 {
            self.pieces.truncate(half);
        } else if let Some(piece) = self.pieces.first_mut() {
            let middle = (piece.bytes.len() / 2..).find(|at| piece.bytes.is_char_boundary(*at));
            piece.bytes.truncate(middle.unwrap_or(0));
        }
        self.end = end;
        self
    }
}

/// What a turn answers a call.
pub(super) fn reply(script: &Script, turn: &Turn, body: &Json) -> Reply {
    let pace = turn.pace.unwrap_or(script.pace);
    let mut reply = match turn.status {
        Some(status) => {
            let message = turn.message.as_deref().unwrap_or("the script says so");
            Reply::problem(status, message)
        }
        None => Answer::new(script, turn, body).reply(pace),
    };
    reply.retry_after.clone_from(&turn.retry_after);
    reply.first_ms = pace.first_ms;
    reply
}

struct Answer<'s> {
    script: &'s Script,
    turn: &'s Turn,
    model: String,
    pieces: Vec<String>,
    calls: Vec<Call>,
    streamed: bool,
}

impl<'s> Answer<'s> {
    fn new(script: &'s Script, turn: &'s Turn, body: &Json) -> Self {
        let mut pieces = turn.pieces();
        let mut calls = turn.calls.clone();
        match turn.fault {
            Some(Fault::Empty) => (pieces, calls) = (Vec::new(), Vec::new()),
            Some(Fault::WrongSchema) => wrong(&mut pieces, &mut calls),
            _ => {}
        }
        if let Some(bytes) = turn.bytes {
            pieces = long(bytes);
        }
        // A model that was not given tools as a field can only write its calls down.
        if body.get("tools").is_none() || script.tools == Field::Ignored {
            pieces.extend(calls.drain(..).map(|call| block(&call)));
        }
        Self {
            script,
            turn,
            model: script.models.first().cloned().unwrap_or_default(),
            pieces,
            calls,
            streamed: body["stream"] == true && !script.plain,
        }
    }

    fn reply(&self, pace: Pace) -> Reply {
        let whole = || match self.streamed {
            true => Reply::events(self.stream(pace)),
            false => Reply::plain(200, &self.completion()),
        };
        match self.turn.fault {
            Some(Fault::Html) => Reply::bytes(200, "text/html", PAGE.to_owned()),
            Some(Fault::Hang) => Reply {
                pieces: Vec::new(),
                end: End::Hang,
                ..Reply::problem(200, "")
            },
            Some(Fault::HangMidway) => whole().half(End::Hang),
            Some(Fault::Cut) => whole().half(End::Cut),
            Some(Fault::HalfJson) if self.streamed => {
                let mut reply = whole().half(End::Whole);
                reply.pieces.push(Piece {
                    bytes: "data: {\"choices\":[{\"delta\":{\"cont".to_owned(),
                    wait_ms: 0,
                    heard: false,
                });
                reply
            }
            Some(Fault::HalfJson) => whole().half(End::Whole),
            _ => whole(),
        }
    }

    fn usage(&self) -> Json {
        let used = self.turn.usage;
        let (prompt, completion) = used.map_or((100, 20), |used| {
            (used.prompt_tokens, used.completion_tokens)
        });
        let mut usage = json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        });
        if let Some(cost) = used.and_then(|used| used.cost_usd) {
            usage["cost"] = json!(cost);
        }
        usage
    }

    fn finish(&self) -> &str {
        let usual = if self.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        self.turn.finish.as_deref().unwrap_or(usual)
    }

    fn completion(&self) -> Json {
        let calls: Vec<_> = (0..self.calls.len()).map(|at| self.call(at)).collect();
        let mut message = json!({"role": "assistant", "content": self.pieces.concat()});
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        let mut completion = json!({
            "id": "scripted", "object": "chat.completion", "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish()}],
        });
        if self.script.tells_usage {
            completion["usage"] = self.usage();
        }
        completion
    }

    fn call(&self, at: usize) -> Json {
        let call = &self.calls[at];
        json!({"id": format!("scripted-{at}"), "type": "function", "function": {
            "name": call.tool, "arguments": arguments(call),
        }})
    }

    fn stream(&self, pace: Pace) -> Vec<Piece> {
        let mut pieces = vec![self.event(&json!({"role": "assistant", "content": ""}), 0, false)];
        for (at, words) in self.pieces.iter().enumerate() {
            let wait = if at == 0 { 0 } else { pace.piece_ms };
            pieces.push(self.event(&json!({"content": words}), wait, !words.is_empty()));
        }
        for at in 0..self.calls.len() {
            pieces.extend(self.call_events(at, pace));
        }
        let end = json!({"index": 0, "delta": {}, "finish_reason": self.finish()});
        pieces.push(self.chunk(&json!([end]), 0, false));
        if self.script.tells_usage {
            let mut chunk = self.head(&json!([]));
            chunk["usage"] = self.usage();
            pieces.push(data(&chunk.to_string(), 0, false));
        }
        pieces.push(data("[DONE]", 0, false));
        pieces
    }

    fn call_events(&self, at: usize, pace: Pace) -> Vec<Piece> {
        let mut begin = self.call(at);
        let arguments: Vec<char> = begin["function"]["arguments"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .collect();
        begin["index"] = json!(at);
        begin["function"]["arguments"] = json!("");
        let mut events = vec![self.event(&json!({"tool_calls": [begin]}), pace.piece_ms, false)];
        for piece in arguments.chunks(ARGUMENT_PIECE_CHARS) {
            let piece: String = piece.iter().collect();
            let delta = json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]});
            events.push(self.event(&delta, 0, false));
        }
        events
    }

    fn head(&self, choices: &Json) -> Json {
        json!({"id": "scripted", "object": "chat.completion.chunk", "model": self.model, "choices": choices})
    }

    fn chunk(&self, choices: &Json, wait_ms: u64, heard: bool) -> Piece {
        data(&self.head(choices).to_string(), wait_ms, heard)
    }

    fn event(&self, delta: &Json, wait_ms: u64, heard: bool) -> Piece {
        self.chunk(
            &json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            wait_ms,
            heard,
        )
    }
}

const PAGE: &str = "<!doctype html><title>Sign in</title><p>Please sign in to the hotel's network.";

fn data(text: &str, wait_ms: u64, heard: bool) -> Piece {
    Piece {
        bytes: format!("data: {text}\n\n"),
        wait_ms,
        heard,
    }
}

fn arguments(call: &Call) -> String {
    match &call.arguments {
        Json::String(text) => text.clone(),
        Json::Null => "{}".to_owned(),
        value => value.to_string(),
    }
}

fn block(call: &Call) -> String {
    let arguments = match &call.arguments {
        Json::Null => json!({}),
        value => value.clone(),
    };
    let block = json!({"tool": call.tool, "arguments": arguments});
    format!("\n```json\n{block}\n```")
}

fn wrong(pieces: &mut Vec<String>, calls: &mut [Call]) {
    if calls.is_empty() {
        *pieces = vec![json!({"unexpected": [1, "two", null]}).to_string()];
    }
    for call in calls {
        call.arguments = json!([1, {"unexpected": true}]);
    }
}

fn long(bytes: usize) -> Vec<String> {
    let whole = vec!["x".repeat(LONG_PIECE_BYTES); bytes / LONG_PIECE_BYTES];
    let rest = "x".repeat(bytes % LONG_PIECE_BYTES);
    whole.into_iter().chain([rest]).collect()
}
