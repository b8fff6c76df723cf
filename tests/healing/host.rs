//! The other side of the cases' calls: answers by path, as the case of the moment says, and counts what it is asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use tokio::net::TcpListener;

use super::table::Answer;

/// A server on a free port of 127.0.0.1; it stops with the runtime it was started on.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    answers: BTreeMap<String, Answer>,
    asked: u64,
}

impl Host {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, script }
    }

    pub(crate) fn answers(&self, answers: &BTreeMap<String, Answer>) {
        self.script.lock().expect("no holder panics").answers = answers.clone();
    }

    /// How often it was asked so far.
    pub(crate) fn asked(&self) -> u64 {
        self.script.lock().expect("no holder panics").asked
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (answer, is_busy) = {
        let mut script = script.lock().expect("no holder panics");
        script.asked += 1;
        let Some(answer) = script.answers.get_mut(&path) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let is_busy = answer.busy > 0;
        answer.busy = answer.busy.saturating_sub(1);
        (answer.clone(), is_busy)
    };
    tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    let status = if is_busy { Some(503) } else { answer.status };
    let status = StatusCode::from_u16(status.unwrap_or(200)).expect("a status");
    (status, Json(answer.body)).into_response()
}
