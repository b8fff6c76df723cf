//! One exchange over HTTP, within bounds: statuses, time between bytes, and the size of an answer.
//!
//! async-openai calls through this instead of its own executor, which tries again by a policy of its own,
//! reads answers of any size, and writes what it cannot read into the log.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures_util::{Stream, StreamExt, stream};
use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::{Body, Response};
use serde_json::Value as Json;
use tokio::time::timeout;

use super::retry::asked_ms;
use super::trouble::{Trouble, quote};

/// Most bytes of an answer that is no success; its beginning says what is wrong.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// What bounds an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) idle_ms: u64,
    pub(crate) bytes_max: usize,
    /// Whether the caller reads events; a plain answer is then given to it as one event.
    pub(crate) events: bool,
}

/// What happened behind the door and is not part of the answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met(Arc<Mutex<Meeting>>);

#[derive(Debug, Default)]
struct Meeting {
    trouble: Option<Trouble>,
    done: bool,
}

impl Met {
    fn lock(&self) -> MutexGuard<'_, Meeting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self, trouble: Trouble) {
        self.lock().trouble.get_or_insert(trouble);
    }

    /// What ended the answer before its end.
    pub(crate) fn take_trouble(&self) -> Option<Trouble> {
        self.lock().trouble.take()
    }

    /// Whether the endpoint said that the answer is whole.
    pub(crate) fn is_done(&self) -> bool {
        self.lock().done
    }
}

/// The service that async-openai calls through.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) client: reqwest::Client,
    pub(crate) bounds: Bounds,
    pub(crate) met: Met,
}

impl tower::Service<HttpRequestFactory> for Door {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let door = self.clone();
        Box::pin(async move {
            let request = factory.build().await?;
            let answered = door.pass(request).await;
            answered.map_err(|trouble| OpenAIError::Boxed(Box::new(trouble)))
        })
    }
}

impl Door {
    async fn pass(self, request: reqwest::Request) -> Result<Response, Trouble> {
        let answered = self.in_time(self.client.execute(request)).await?;
        let response = answered.map_err(|error| Trouble::Connection(sentence(error)))?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        if is(&response, "text/event-stream") {
            return Ok(self.bounded(response));
        }
        self.whole(response).await
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, Trouble> {
        let idle = self.bounds.idle_ms;
        timeout(Duration::from_millis(idle), future)
            .await
            .map_err(|_| Trouble::Silence(idle))
    }

    async fn refusal(&self, response: Response) -> Trouble {
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name)?.to_str().ok();
        let retry_after_ms =
            header(RETRY_AFTER).and_then(|text: &str| asked_ms(text, header(DATE)));
        let page = is(&response, "text/html");
        let (bytes, _) = self
            .read(response, REFUSAL_BYTES_MAX)
            .await
            .unwrap_or_default();
        let words = match page {
            true => "a web page, not an answer of a model".to_owned(),
            false => words(&bytes),
        };
        Trouble::Status {
            status,
            message: words,
            retry_after_ms,
        }
    }

    /// At most so many bytes of the body, and whether that was all.
    async fn read(&self, response: Response, bytes_max: usize) -> Result<(Vec<u8>, bool), Trouble> {
        let mut body = response.bytes_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = self.in_time(body.next()).await? {
            let chunk = chunk.map_err(|error| Trouble::Connection(sentence(error)))?;
            bytes.extend_from_slice(&chunk);
            if bytes.len() > bytes_max {
                bytes.truncate(bytes_max);
                return Ok((bytes, false));
            }
        }
        Ok((bytes, true))
    }

    /// A plain answer, checked to be JSON, because async-openai would log what is not.
    async fn whole(self, response: Response) -> Result<Response, Trouble> {
        let page = is(&response, "text/html");
        let (mut bytes, all) = self.read(response, self.bounds.bytes_max).await?;
        if !all {
            return Err(too_large(self.bounds.bytes_max));
        }
        let Ok(json) = serde_json::from_slice::<Json>(&bytes) else {
            return Err(Trouble::Bad(not_json(page, &bytes)));
        };
        if self.bounds.events {
            self.met.lock().done = true;
            bytes = format!("data: {json}\n\n").into_bytes();
        }
        Ok(Response::from(http::Response::new(bytes)))
    }

    /// A stream of events that ends at the first byte that goes beyond the bounds.
    fn bounded(self, response: Response) -> Response {
        let body = response.bytes_stream().map(|chunk| {
            chunk
                .map(|bytes| bytes.to_vec())
                .map_err(|error| Trouble::Connection(sentence(error)))
        });
        let lines = stream::unfold(Lines::new(self, body), Lines::next);
        Response::from(http::Response::new(Body::wrap_stream(lines)))
    }
}

/// The lines of a stream of events, each checked before async-openai sees it.
struct Lines<S> {
    door: Door,
    body: Pin<Box<S>>,
    rest: Vec<u8>,
    taken: usize,
    over: bool,
}

impl<S: Stream<Item = Result<Vec<u8>, Trouble>> + Send> Lines<S> {
    fn new(door: Door, body: S) -> Self {
        Self {
            door,
            body: Box::pin(body),
            rest: Vec::new(),
            taken: 0,
            over: false,
        }
    }

    /// The next whole lines. Trouble ends the stream and is told apart from it.
    async fn next(mut self) -> Option<(Result<Vec<u8>, std::io::Error>, Self)> {
        while !self.over {
            match self.step().await {
                Ok(lines) if lines.is_empty() => {}
                Ok(lines) => return Some((Ok(lines), self)),
                Err(trouble) => {
                    self.door.met.trouble(trouble);
                    return None;
                }
            }
        }
        None
    }

    async fn step(&mut self) -> Result<Vec<u8>, Trouble> {
        let lines = match self.door.in_time(self.body.next()).await? {
            Some(chunk) => self.take(&chunk?)?,
            None => self.end(),
        };
        for line in lines.split(|byte| *byte == b'\n') {
            self.check(line)?;
        }
        Ok(lines)
    }

    fn take(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Trouble> {
        self.taken += chunk.len();
        if self.taken > self.door.bounds.bytes_max {
            return Err(too_large(self.door.bounds.bytes_max));
        }
        // Only the new bytes are searched: a line of megabytes that comes in small pieces must not cost their square.
        let end = chunk.iter().rposition(|byte| *byte == b'\n');
        let Some(end) = end else {
            self.rest.extend_from_slice(chunk);
            return Ok(Vec::new());
        };
        let mut lines = std::mem::take(&mut self.rest);
        lines.extend_from_slice(&chunk[..=end]);
        self.rest = chunk[end + 1..].to_vec();
        Ok(lines)
    }

    /// A last line without an end counts; an event that it belongs to is closed.
    fn end(&mut self) -> Vec<u8> {
        self.over = true;
        let mut lines = std::mem::take(&mut self.rest);
        lines.extend_from_slice(b"\n\n");
        lines
    }

    fn check(&self, line: &[u8]) -> Result<(), Trouble> {
        let Some(data) = line.strip_prefix(b"data:") else {
            return Ok(());
        };
        match data.trim_ascii() {
            b"" => Ok(()),
            b"[DONE]" => {
                self.door.met.lock().done = true;
                Ok(())
            }
            data => match serde_json::from_slice::<Json>(data) {
                Ok(_) => Ok(()),
                Err(_) => Err(Trouble::Bad(not_json(false, data))),
            },
        }
    }
}

fn is(response: &Response, kind: &str) -> bool {
    let header = response.headers().get(CONTENT_TYPE);
    header
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with(kind))
}

fn too_large(bytes_max: usize) -> Trouble {
    let kib = bytes_max / 1024;
    Trouble::Bad(format!("it is larger than {kib} KiB"))
}

/// Says what is wrong without quoting it: an answer may hold anything.
fn not_json(page: bool, bytes: &[u8]) -> String {
    if page || bytes.trim_ascii_start().starts_with(b"<") {
        return "it is a web page; is the base URL right?".to_owned();
    }
    match bytes.trim_ascii().is_empty() {
        true => "it is empty".to_owned(),
        false => "it is not whole JSON".to_owned(),
    }
}

/// What an endpoint says about its refusal, wherever it says it.
fn words(bytes: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Json>(bytes) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    said(&json).unwrap_or_else(|| json.to_string())
}

/// The sentence in `{"error": {"message"}}`, `{"error"}`, `{"message"}` or `{"detail"}`. OpenRouter puts the words of
/// the provider behind it into `metadata.raw`.
pub(crate) fn said(json: &Json) -> Option<String> {
    let text = |pointer| json.pointer(pointer).and_then(Json::as_str);
    let main = [
        "/error/message",
        "/error",
        "/message",
        "/detail",
        "/detail/0/msg",
    ]
    .into_iter()
    .find_map(text)?;
    Some(match text("/error/metadata/raw") {
        Some(raw) => format!("{main}: {raw}"),
        None => main.to_owned(),
    })
}

/// Why there is no answer, without the URL (it may have been typed with a secret in it), with the last cause.
fn sentence(error: reqwest::Error) -> String {
    let error = error.without_url();
    let what = match (error.is_connect(), error.is_body() || error.is_decode()) {
        (true, _) => "no connection",
        (_, true) => "the connection broke in the middle of the answer",
        _ => "the call could not be made",
    };
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    format!("{what}: {}", quote(&cause.to_string()))
}
