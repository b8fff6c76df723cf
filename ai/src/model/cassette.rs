//! A model that was recorded: the same requests get the same answers, offline, byte for byte.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{ChatAnswer, ChatModel, ChatRequest, Hear, Message, ModelError};

/// Characters that are shown of texts that differ, on either side of the place.
const SHOWN_CHARS: usize = 40;

/// One call and what came of it. A file of them has one per line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// What was asked.
    pub request: ChatRequest,
    /// What came of it, as the field `answer` or `error`.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Exchange {
    /// The answer, when there was one.
    #[must_use]
    pub fn answer(&self) -> Option<&ChatAnswer> {
        match &self.outcome {
            Outcome::Answer(answer) => Some(answer),
            Outcome::Error(_) => None,
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// An answer.
    Answer(ChatAnswer),
    /// None.
    Error(ModelError),
}

impl From<Result<ChatAnswer, ModelError>> for Outcome {
    fn from(answered: Result<ChatAnswer, ModelError>) -> Self {
        match answered {
            Ok(answer) => Self::Answer(answer),
            Err(error) => Self::Error(error),
        }
    }
}

impl From<Outcome> for Result<ChatAnswer, ModelError> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Error(error) => Err(error),
        }
    }
}

/// Exchanges as lines of JSON.
#[must_use]
pub fn to_lines(exchanges: &[Exchange]) -> String {
    let line = |exchange| serde_json::to_string(exchange).expect("exchanges are plain JSON");
    exchanges
        .iter()
        .map(|exchange| line(exchange) + "\n")
        .collect()
}

/// A line of a recording that is none.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the recording: {source}")]
pub struct CassetteError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub source: serde_json::Error,
}

/// Reads exchanges from lines of JSON; empty lines are skipped.
///
/// # Errors
/// At the first line that is no exchange.
pub fn from_lines(text: &str) -> Result<Vec<Exchange>, CassetteError> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|source| CassetteError {
                line: at + 1,
                source,
            })
        })
        .collect()
}

/// A model whose exchanges are kept.
#[derive(Debug)]
pub struct Recording<M> {
    model: M,
    kept: Mutex<Vec<Exchange>>,
}

impl<M: ChatModel> Recording<M> {
    /// Keeps every exchange with this model.
    pub fn new(model: M) -> Self {
        Self {
            model,
            kept: Mutex::default(),
        }
    }

    /// Every exchange that has ended so far, in the order of their ends.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.kept).clone()
    }

    async fn ask(&self, request: &ChatRequest, hear: Hear<'_>) -> Result<ChatAnswer, ModelError> {
        let answered = self.model.complete(request, hear).await;
        lock(&self.kept).push(Exchange {
            request: request.clone(),
            outcome: answered.clone().into(),
        });
        answered
    }
}

impl<M: ChatModel> ChatModel for Recording<M> {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        self.ask(request, hear).boxed()
    }
}

/// A model that answers from a recording and from nothing else.
///
/// Equal requests are answered in the order in which they were recorded; when they are used up, as the last time.
#[derive(Debug)]
pub struct Cassette {
    exchanges: Vec<Exchange>,
    used: Mutex<Vec<bool>>,
}

impl Cassette {
    /// Answers from these exchanges.
    #[must_use]
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self {
            used: Mutex::new(vec![false; exchanges.len()]),
            exchanges,
        }
    }

    /// Answers from the lines of a recording.
    ///
    /// # Errors
    /// As [`from_lines`].
    pub fn parse(text: &str) -> Result<Self, CassetteError> {
        from_lines(text).map(Self::new)
    }

    /// How many exchanges no request has used so far.
    #[must_use]
    pub fn left(&self) -> usize {
        lock(&self.used).iter().filter(|used| !**used).count()
    }

    fn find(&self, request: &ChatRequest) -> Option<&Exchange> {
        let mut used = lock(&self.used);
        let mut equal =
            (0..self.exchanges.len()).filter(|at| self.exchanges[*at].request == *request);
        let fresh = equal.clone().find(|at| !used[*at]);
        let at = fresh.or_else(|| equal.next_back())?;
        used[at] = true;
        Some(&self.exchanges[at])
    }

    fn ask(&self, request: &ChatRequest, hear: Hear<'_>) -> Result<ChatAnswer, ModelError> {
        let Some(exchange) = self.find(request) else {
            return Err(ModelError::NotRecorded(self.difference(request)));
        };
        let answered = Result::from(exchange.outcome.clone());
        if let Ok(answer) = &answered
            && !answer.text.is_empty()
        {
            hear(&answer.text);
        }
        answered
    }

    /// What is different in the recorded request that is most like this one.
    fn difference(&self, request: &ChatRequest) -> String {
        let same = |exchange: &&Exchange| same_messages(&exchange.request, request);
        // The first of the best, so that the sentence does not depend on what follows.
        let nearest = self.exchanges.iter().rev().max_by_key(same);
        match nearest {
            Some(exchange) => difference(&exchange.request, request),
            None => "the recording is empty".to_owned(),
        }
    }
}

impl ChatModel for Cassette {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        async move { self.ask(request, hear) }.boxed()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn same_messages(a: &ChatRequest, b: &ChatRequest) -> usize {
    let pairs = a.messages.iter().zip(&b.messages);
    pairs.take_while(|(a, b)| a == b).count()
}

fn difference(recorded: &ChatRequest, asked: &ChatRequest) -> String {
    let same = same_messages(recorded, asked);
    let messages = (recorded.messages.get(same), asked.messages.get(same));
    match messages {
        (Some(recorded), Some(asked)) => {
            let (recorded, asked) = apart(&words(recorded), &words(asked));
            format!(
                "message {} differs: recorded {recorded}, asked {asked}",
                same + 1
            )
        }
        (None, Some(_)) => format!("after message {same} the recorded request ends"),
        (Some(_), None) => {
            format!("after message {same} the request ends, the recorded one goes on")
        }
        (None, None) => format!(
            "the messages are recorded, but {} differs",
            other(recorded, asked)
        ),
    }
}

fn other(a: &ChatRequest, b: &ChatRequest) -> &'static str {
    match () {
        () if a.task != b.task => "the task",
        () if a.model != b.model => "the model",
        () if a.tools != b.tools => "a tool",
        () if a.shape != b.shape => "the shape",
        () => "the token limit",
    }
}

fn words(message: &Message) -> String {
    match message {
        Message::System { text } => format!("system: {text}"),
        Message::User { text } => format!("user: {text}"),
        Message::Tool { call, text } => format!("tool {call}: {text}"),
        Message::Assistant { text, calls } => {
            let calls = calls
                .iter()
                .map(|call| format!(" {}({})", call.name, call.arguments));
            format!("assistant: {text}{}", calls.collect::<String>())
        }
    }
}

/// Both texts, cut around the first place at which they differ.
fn apart(a: &str, b: &str) -> (String, String) {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(SHOWN_CHARS);
    let part = |text: &str| {
        let shown: String = text.chars().skip(from).take(2 * SHOWN_CHARS).collect();
        format!("{shown:?}")
    };
    (part(a), part(b))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::model::{Task, ToolCall, Usage};

    fn request(texts: &[&str]) -> ChatRequest {
        let user = |text: &&str| Message::User {
            text: (*text).to_owned(),
        };
        ChatRequest {
            task: Task::Draft,
            model: None,
            messages: texts.iter().map(user).collect(),
            tools: vec![],
            shape: None,
            max_tokens: 10,
        }
    }

    /// Answers how often it was asked.
    struct Counter(Mutex<u64>);

    impl ChatModel for Counter {
        fn complete<'a>(
            &'a self,
            request: &'a ChatRequest,
            hear: Hear<'a>,
        ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
            let mut count = lock(&self.0);
            *count += 1;
            let text = format!("{} \"{}\" \u{2028}", *count, request.messages.len());
            hear(&text);
            let answered = match *count {
                3 => Err(ModelError::Refused {
                    status: 402,
                    message: "no credit".into(),
                }),
                _ => Ok(ChatAnswer {
                    text,
                    calls: vec![ToolCall {
                        id: "a".into(),
                        name: "check".into(),
                        arguments: "{\"x\": 1.10}".into(),
                    }],
                    model: "m".into(),
                    usage: Usage {
                        cost_usd: Some(0.1 + 0.2),
                        ..Usage::default()
                    },
                    cut: false,
                }),
            };
            async move { answered }.boxed()
        }
    }

    fn ask(
        model: &dyn ChatModel,
        request: &ChatRequest,
    ) -> (Result<ChatAnswer, ModelError>, String) {
        let mut heard = String::new();
        let answered = {
            let mut hear = |piece: &str| heard.push_str(piece);
            model
                .complete(request, &mut hear)
                .now_or_never()
                .expect("it does not wait")
        };
        (answered, heard)
    }

    #[test]
    fn a_recording_is_replayed_byte_for_byte() {
        let recording = Recording::new(Counter(Mutex::new(0)));
        let requests = [
            request(&["a"]),
            request(&["a"]),
            request(&["b"]),
            request(&["a", "c"]),
        ];
        let live: Vec<_> = requests
            .iter()
            .map(|request| ask(&recording, request).0)
            .collect();
        let lines = to_lines(&recording.exchanges());
        assert_eq!(lines.lines().count(), 4);
        let cassette = Cassette::parse(&lines).expect("a recording");
        assert_eq!(to_lines(&cassette.exchanges), lines);
        let replayed = Recording::new(cassette);
        for (request, live) in requests.iter().zip(&live) {
            assert_eq!(&ask(&replayed, request).0, live);
        }
        assert_eq!(to_lines(&replayed.exchanges()), lines);
        assert_eq!(replayed.model.left(), 0);
        let (again, heard) = ask(&replayed, &requests[0]);
        assert_eq!(
            (&again, heard),
            (&live[1], live[1].as_ref().expect("two").text.clone())
        );
    }

    #[test]
    fn an_unknown_request_is_refused_and_says_what_differs_first() {
        let exchange = |request| Exchange {
            request,
            outcome: Outcome::Error(ModelError::Stopped),
        };
        let long = "x".repeat(100);
        let (before, after) = (
            format!("{long} three orders"),
            format!("{long} four orders"),
        );
        let cassette = Cassette::new(vec![
            exchange(request(&["a", &before])),
            exchange(request(&["z"])),
        ]);
        let refused =
            |request: &ChatRequest| ask(&cassette, request).0.expect_err("unknown").to_string();
        let start = "no answer is recorded for this request: ";
        assert_eq!(
            refused(&request(&["a", &after])),
            format!(
                "{start}message 2 differs: recorded {:?}, asked {:?}",
                format!("{} three orders", &long[..39]),
                format!("{} four orders", &long[..39])
            )
        );
        assert_eq!(
            refused(&request(&["a"])),
            format!("{start}after message 1 the request ends, the recorded one goes on")
        );
        assert_eq!(
            refused(&request(&["z", "y"])),
            format!("{start}after message 1 the recorded request ends")
        );
        let more = ChatRequest {
            max_tokens: 11,
            ..request(&["z"])
        };
        assert_eq!(
            refused(&more),
            format!("{start}the messages are recorded, but the token limit differs")
        );
        assert!(Cassette::parse("{}").is_err());
    }
}
