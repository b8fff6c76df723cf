//! A language model that says what a script says: an OpenAI-compatible server for tests, for the browser and
//! for showing the product without a key.
//!
//! `/v1/models` and `/v1/chat/completions` are the protocol, `/requests` is what was asked so far. Reading
//! order: [`script`] (the file), `choose` (which turn answers), `reply` (its bytes).

mod choose;
mod reply;
pub mod script;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json as JsonBody, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use reply::{End, Piece, Reply};
pub use script::{Call, Fault, Field, Pace, Script, Turn};

/// Largest request that is read, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The status for a call that no turn of the script answers. Not 400, which clients take for a field that the
/// server does not know.
const NO_TURN: u16 = 409;

/// One call that the server received.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The headers by their name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body; null when it is not JSON.
    pub body: Json,
    /// The turn that answered, counted from 0.
    pub turn: Option<usize>,
    /// What became of the answer.
    pub answer: Answering,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answering {
    /// It is being sent.
    Sending,
    /// It was sent as the script says.
    Sent,
    /// The caller closed the connection before.
    HungUp,
}

/// A scripted model on a free port of 127.0.0.1, on a thread of its own. It stops when it is dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ModelServer {
    /// Starts a server.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start(script: Script) -> Self {
        Self::serve(0, script).expect("a free port")
    }

    /// Starts a server of these turns.
    #[must_use]
    pub fn of(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self::start(Script::of(turns.into_iter().collect()))
    }

    /// Starts a server on this port, or on a free one for 0.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn serve(port: u16, script: Script) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let world = Arc::new(World::new(script));
        let app = app(world.clone());
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || runtime.block_on(run(listener, app, stopped)));
        Ok(Self {
            address,
            world,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The base URL, as `FLOWFORGE_AI_BASE_URL` takes it.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every completion that was asked for so far, in the order they came.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.world.lock().asked.clone()
    }

    /// When each piece of words was handed to the socket, over all answers.
    #[must_use]
    pub fn sent_at(&self) -> Vec<Instant> {
        self.world.lock().sent_at.clone()
    }

    /// Waits until the server is ended from outside.
    pub fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed, and the test sees its effect.
            drop(thread.join());
        }
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.join();
    }
}

/// What the server is told and remembers.
#[derive(Debug)]
struct World {
    script: Script,
    memory: Mutex<Memory>,
}

#[derive(Debug)]
struct Memory {
    used: Vec<bool>,
    asked: Vec<Asked>,
    sent_at: Vec<Instant>,
}

impl World {
    fn new(script: Script) -> Self {
        let memory = Memory {
            used: vec![false; script.turns.len()],
            asked: Vec::new(),
            sent_at: Vec::new(),
        };
        Self {
            script,
            memory: Mutex::new(memory),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a call and decides what it is answered.
    fn answer(&self, path: String, headers: &HeaderMap, body: Json) -> (usize, Reply) {
        let mut memory = self.lock();
        let (turn, reply) = match self.refusal(headers, &body) {
            Some(refusal) => (None, refusal),
            None => self.turn(&mut memory.used, &body),
        };
        memory.asked.push(Asked {
            path,
            headers: texts(headers),
            body,
            turn,
            answer: Answering::Sending,
        });
        (memory.asked.len() - 1, reply)
    }

    fn turn(&self, used: &mut [bool], body: &Json) -> (Option<usize>, Reply) {
        let Some(at) = choose::turn(&self.script.turns, used, body) else {
            let said = choose::last_said(body);
            let message = format!("the script has no turn left for: {said}");
            return (None, Reply::problem(NO_TURN, &message));
        };
        used[at] = true;
        (
            Some(at),
            reply::reply(&self.script, &self.script.turns[at], body),
        )
    }

    /// The answer to a call without the right key. It quotes the wrong one, as real endpoints do.
    fn stranger(&self, headers: &HeaderMap) -> Option<Reply> {
        if self.is_allowed(headers) {
            return None;
        }
        let said = headers.get(AUTHORIZATION);
        let said = said.and_then(|value| value.to_str().ok()).unwrap_or("none");
        let message = format!("Incorrect API key provided: {said}");
        Some(Reply::problem(401, &message))
    }

    fn refusal(&self, headers: &HeaderMap, body: &Json) -> Option<Reply> {
        if let Some(refusal) = self.stranger(headers) {
            return Some(refusal);
        }
        if !body["messages"].is_array() {
            return Some(Reply::problem(422, "messages: Field required"));
        }
        let refused =
            |field: Field, name: &str| field == Field::Refused && body.get(name).is_some();
        if refused(self.script.tools, "tools") {
            return Some(Reply::problem(400, "this model does not support tools"));
        }
        refused(self.script.response_format, "response_format")
            .then(|| Reply::problem(400, "Unknown field: response_format"))
    }

    fn is_allowed(&self, headers: &HeaderMap) -> bool {
        self.script.key.as_ref().is_none_or(|key| {
            let given = headers.get(AUTHORIZATION);
            given.is_some_and(|value| value.as_bytes() == format!("Bearer {key}").as_bytes())
        })
    }
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = headers.iter();
    all.map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

fn app(world: Arc<World>) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(complete))
        .route("/requests", get(requests))
        .with_state(world)
}

/// Serves until told to stop, and then leaves slow answers unfinished.
async fn run(listener: std::net::TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let listener = TcpListener::from_std(listener).expect("a listener of this runtime");
    tokio::select! {
        served = axum::serve(listener, app) => served.expect("serving goes on"),
        _ = stopped => {}
    }
}

async fn models(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let entry = |id: &String| json!({"id": id, "object": "model", "owned_by": "scripted"});
    let data: Vec<_> = world.script.models.iter().map(entry).collect();
    let list = json!({"object": "list", "data": data});
    let reply = world.stranger(&headers);
    let reply = reply.unwrap_or_else(|| Reply::plain(200, &list));
    let status = StatusCode::from_u16(reply.status).expect("a status of our own");
    let body: String = reply.pieces.into_iter().map(|piece| piece.bytes).collect();
    (status, [(CONTENT_TYPE, reply.kind)], body).into_response()
}

async fn requests(State(world): State<Arc<World>>) -> Response {
    JsonBody(json!({"items": world.lock().asked})).into_response()
}

async fn complete(State(world): State<Arc<World>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    let (number, reply) = world.answer(head.uri.path().to_owned(), &head.headers, body);
    let line = Line {
        world,
        number,
        whole: false,
    };
    send(line, reply).await
}

/// One answer on its way; when it is dropped before its end, the caller has hung up.
struct Line {
    world: Arc<World>,
    number: usize,
    whole: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.world.lock().asked[self.number].answer = match self.whole {
            true => Answering::Sent,
            false => Answering::HungUp,
        };
    }
}

async fn send(line: Line, reply: Reply) -> Response {
    tokio::time::sleep(Duration::from_millis(reply.first_ms)).await;
    if reply.pieces.is_empty() && reply.end == End::Hang {
        std::future::pending::<Infallible>().await;
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, reply.kind);
    if let Some(retry_after) = &reply.retry_after {
        response = response.header(RETRY_AFTER, retry_after);
    }
    let pieces = reply.pieces.into_iter();
    let body = stream::unfold((line, pieces, reply.end), next);
    response
        .body(Body::from_stream(body))
        .expect("a response of the script")
}

type Sending = (Line, std::vec::IntoIter<Piece>, End);

async fn next((mut line, mut pieces, end): Sending) -> Option<(io::Result<Bytes>, Sending)> {
    if let Some(piece) = pieces.next() {
        tokio::time::sleep(Duration::from_millis(piece.wait_ms)).await;
        if piece.heard {
            line.world.lock().sent_at.push(Instant::now());
        }
        return Some((Ok(Bytes::from(piece.bytes)), (line, pieces, end)));
    }
    match end {
        End::Hang => std::future::pending().await,
        End::Cut => {
            line.whole = true;
            // Told apart from the end of the answer, so that the connection is reset.
            Some((Err(io::Error::other("cut")), (line, pieces, End::Whole)))
        }
        End::Whole => {
            line.whole = true;
            None
        }
    }
}
