//! The other side of HTTP effects: a server that remembers every request.
//!
//! What was sent, and how often, is the proof of most of our promises. So each request is kept before
//! it is answered, and, for tests that kill processes, written to a file that outlives everybody.
//!
//! | path | answers |
//! |---|---|
//! | `/json` | a small record |
//! | `/orders` | three orders with price and quantity, worth 57.5 together |
//! | `/echo` | method, path, query, headers and body of the request |
//! | `/status/{code}` | that status |
//! | `/slow/{ms}` | after so many milliseconds |
//! | `/count` | how many requests came before this one |
//! | `/fail-times/{n}/{key}` | 503 to the first `n` requests with this path, then 200 |
//! | `/bytes/{n}` | `n` bytes |
//! | `/text` | text |
//! | `/redirect/{code}?to={url}` | that redirect |
//!
//! A test may give any other answer to a path, and change it: [`TestServer::give`].

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Json, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value as JsonValue, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Largest request body that is kept, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One request that the server received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The method, in upper case.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty when there is none.
    pub query: String,
    /// The headers by their name in lower case; of several with one name the last.
    pub headers: BTreeMap<String, String>,
    /// The body as text; bytes that are not UTF-8 are replaced.
    pub body: String,
}

impl Seen {
    /// The idempotency key that came with it.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key").map(String::as_str)
    }

    async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: text(&to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default()),
        }
    }
}

/// A server on a free port of 127.0.0.1, on a thread of its own, so that tests without a runtime can
/// use it too. It stops when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    record: Arc<Record>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        Self::serve(0, None).expect("a free port")
    }

    /// Starts a server that also appends one line per request to this file, as JSON, and waits until
    /// the line is on disk before it answers. Read it with [`read_log`].
    ///
    /// # Panics
    /// When no port is free, or the file cannot be opened.
    #[must_use]
    pub fn with_log(path: &Path) -> Self {
        Self::serve(0, Some(path)).expect("a free port and a writable log")
    }

    /// Starts a server on this port, or on a free one for 0.
    ///
    /// # Errors
    /// When the port is taken, or the log cannot be opened.
    pub fn serve(port: u16, log: Option<&Path>) -> io::Result<Self> {
        let log = log
            .map(|path| OpenOptions::new().create(true).append(true).open(path))
            .transpose()?;
        let record = Arc::new(Record {
            requests: Mutex::default(),
            given: Mutex::default(),
            log,
        });
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let app = Router::new().fallback(answer).with_state(record.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || runtime.block_on(run(listener, app, stopped)));
        Ok(Self {
            address,
            record,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The URL of a path of this server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its host and port, as `--allow-host` takes them.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far, in the order they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.record.requests().clone()
    }

    /// From now on, this path answers with this.
    pub fn give(&self, path: &str, answer: JsonValue) {
        self.record.given().insert(path.to_owned(), answer);
    }

    /// Forgets every request so far.
    pub fn forget(&self) {
        self.record.requests().clear();
    }

    /// How many requests came so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.record.requests().len()
    }

    /// How many requests came for this path so far.
    #[must_use]
    pub fn count_of(&self, path: &str) -> usize {
        self.record
            .requests()
            .iter()
            .filter(|seen| seen.path == path)
            .count()
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

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.join();
    }
}

/// The requests in the log of a server, in the order they came. A last line that was cut by a crash is left out.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn read_log(path: &Path) -> Vec<Seen> {
    let text = std::fs::read_to_string(path).expect("the log of the server");
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Serves until told to stop, and then leaves slow answers unfinished.
async fn run(listener: std::net::TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let listener = TcpListener::from_std(listener).expect("a listener of this runtime");
    tokio::select! {
        served = axum::serve(listener, app) => served.expect("serving goes on"),
        _ = stopped => {}
    }
}

/// What the server remembers.
#[derive(Debug)]
struct Record {
    requests: Mutex<Vec<Seen>>,
    given: Mutex<BTreeMap<String, JsonValue>>,
    log: Option<File>,
}

impl Record {
    fn requests(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn given(&self) -> MutexGuard<'_, BTreeMap<String, JsonValue>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request, and tells how many came before it: of all, and with its path.
    fn keep(&self, seen: &Seen) -> io::Result<(usize, usize)> {
        let mut requests = self.requests();
        if let Some(mut log) = self.log.as_ref() {
            writeln!(log, "{}", serde_json::to_string(seen)?)?;
            log.sync_data()?;
        }
        let before = (
            requests.len(),
            requests
                .iter()
                .filter(|other| other.path == seen.path)
                .count(),
        );
        requests.push(seen.clone());
        Ok(before)
    }
}

async fn answer(State(record): State<Arc<Record>>, request: Request) -> Response {
    let seen = Seen::read(request).await;
    let (before, before_here) = match record.keep(&seen) {
        Ok(before) => before,
        Err(error) => return (StatusCode::INSUFFICIENT_STORAGE, error.to_string()).into_response(),
    };
    if let Some(given) = record.given().get(&seen.path) {
        return Json(given).into_response();
    }
    let segments: Vec<_> = seen.path.trim_matches('/').split('/').collect();
    match segments[..] {
        ["json"] => Json(json!({"ok": true, "number": 42, "list": [1, 2, 3]})).into_response(),
        ["orders"] => Json(orders()).into_response(),
        ["echo"] => Json(&seen).into_response(),
        ["count"] => Json(json!({ "count": before })).into_response(),
        ["text"] => "text".into_response(),
        ["status", code] => status(code),
        ["slow", ms] => slow(ms).await,
        ["bytes", count] => bytes(count),
        ["redirect", code] => redirect(code, &seen.query),
        ["fail-times", times, _] => fail_times(times, before_here),
        _ => (StatusCode::NOT_FOUND, "no such path").into_response(),
    }
}

fn orders() -> JsonValue {
    json!({"orders": [
        {"id": 1, "item": "anvil", "price": 12.5, "quantity": 3},
        {"id": 2, "item": "tongs", "price": 4.0, "quantity": 5},
        {"id": 3, "item": "coal", "price": 0.0, "quantity": 100},
    ]})
}

/// The answer to a number in the path that is none, or too large.
fn bad_request() -> Response {
    (StatusCode::BAD_REQUEST, "not a number that fits").into_response()
}

fn status(code: &str) -> Response {
    match code
        .parse()
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
    {
        Some(code) => (code, Json(json!({"status": code.as_u16()}))).into_response(),
        None => bad_request(),
    }
}

async fn slow(ms: &str) -> Response {
    let Ok(ms) = ms.parse() else {
        return bad_request();
    };
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Json(json!({ "slowMs": ms })).into_response()
}

fn bytes(count: &str) -> Response {
    match count.parse::<usize>() {
        Ok(count) if count <= BODY_BYTES_MAX => (
            [(CONTENT_TYPE, "application/octet-stream")],
            Body::from(vec![b'x'; count]),
        )
            .into_response(),
        _ => bad_request(),
    }
}

fn redirect(code: &str, query: &str) -> Response {
    let code = code
        .parse()
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    match (code, query.strip_prefix("to=")) {
        (Some(code), Some(place)) => (code, [(LOCATION, place)]).into_response(),
        _ => bad_request(),
    }
}

fn fail_times(times: &str, before: usize) -> Response {
    match times.parse::<usize>() {
        Ok(times) if before < times => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"failed": before + 1})),
        )
            .into_response(),
        Ok(_) => Json(json!({"attempts": before + 1})).into_response(),
        Err(_) => bad_request(),
    }
}

#[cfg(test)]
mod tests {
    use flowforge_engine::Value;
    use flowforge_runtime::outbound::{Outbound, OutboundConfig};

    use super::*;

    /// What a GET of this path is answered with: status and body.
    fn get(server: &TestServer, path: &str) -> (i64, JsonValue) {
        send(server, &json!({"url": server.url(path), "redirectsMax": 0}))
    }

    fn send(server: &TestServer, request: &JsonValue) -> (i64, JsonValue) {
        let allow = vec![server.host().parse().expect("a host")];
        let outbound = Outbound::new(OutboundConfig {
            allow,
            ..OutboundConfig::default()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let outcome = runtime
            .block_on(outbound.call(&Value::from_json(request)))
            .expect("answered");
        let field = |name: &str| outcome.get(name).expect(name).to_json();
        (field("status").as_i64().expect("a status"), field("body"))
    }

    #[test]
    fn each_path_answers_as_it_says() {
        let server = TestServer::start();
        assert_eq!(get(&server, "/json").1["number"], json!(42));
        let orders = get(&server, "/orders").1;
        let worth = |order: &JsonValue| {
            order["price"].as_f64().expect("price") * order["quantity"].as_f64().expect("quantity")
        };
        let total: f64 = orders["orders"]
            .as_array()
            .expect("orders")
            .iter()
            .map(worth)
            .sum();
        assert!((total - 57.5).abs() < f64::EPSILON);
        assert_eq!(get(&server, "/status/418"), (418, json!({"status": 418})));
        assert_eq!(get(&server, "/slow/1"), (200, json!({"slowMs": 1})));
        assert_eq!(get(&server, "/count"), (200, json!({"count": 4})));
        assert_eq!(get(&server, "/text"), (200, json!("text")));
        assert_eq!(get(&server, "/redirect/307?to=/json").0, 307);
        assert_eq!(get(&server, "/bytes/0").0, 200);
        for path in ["/", "/other", "/status"] {
            assert_eq!(get(&server, path).0, 404, "{path}");
        }
        for path in [
            "/status/x",
            "/status/99999",
            "/slow/x",
            "/bytes/-1",
            "/fail-times/x/k",
            "/redirect/301",
        ] {
            assert_eq!(get(&server, path).0, 400, "{path}");
        }
    }

    #[test]
    fn a_path_fails_as_often_as_it_says() {
        let server = TestServer::start();
        let statuses = |path: &str| [(); 4].map(|()| get(&server, path).0);
        assert_eq!(statuses("/fail-times/2/a"), [503, 503, 200, 200]);
        assert_eq!(statuses("/fail-times/1/b"), [503, 200, 200, 200]);
        assert_eq!(server.count_of("/fail-times/2/a"), 4);
    }

    #[test]
    fn requests_are_remembered_echoed_and_logged() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("requests.log");
        let server = TestServer::with_log(&log);
        let request = json!({
            "method": "POST", "url": server.url("/echo?a=b"), "headers": {"X-One": "1"}, "body": "hi",
            "idempotencyKey": "run/1/0",
        });
        let echoed: Seen = serde_json::from_value(send(&server, &request).1).expect("an echo");
        assert_eq!(
            (
                &*echoed.method,
                &*echoed.path,
                &*echoed.query,
                &*echoed.body
            ),
            ("POST", "/echo", "a=b", "hi")
        );
        assert_eq!(
            (echoed.headers["x-one"].as_str(), echoed.idempotency_key()),
            ("1", Some("run/1/0"))
        );
        assert_eq!(
            (server.requests(), server.count()),
            (vec![echoed.clone()], 1)
        );
        drop(server);
        OpenOptions::new()
            .append(true)
            .open(&log)
            .expect("open")
            .write_all(b"{\"method\": \"cu")
            .expect("cut");
        assert_eq!(read_log(&log), [echoed]);
    }

    #[test]
    fn a_server_stops_when_it_is_dropped_also_in_the_middle_of_an_answer() {
        let server = TestServer::start();
        let address = server.host();
        let mut socket = std::net::TcpStream::connect(&address).expect("connected");
        socket
            .write_all(b"GET /slow/600000 HTTP/1.1\r\nhost: x\r\n\r\n")
            .expect("sent");
        while server.count() == 0 {
            std::thread::yield_now();
        }
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err());
    }
}
