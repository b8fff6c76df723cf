//! The socket of a shared document: the y-websocket protocol, which the public Yjs clients speak.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use flowforge_collab::room::{MESSAGE_BYTES_MAX, Member};
use flowforge_engine::WorkflowId;
use flowforge_snapshots::Author;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, timeout};

use crate::access::{Person, session_of};
use crate::body::{PathOf, QueryOf};
use crate::problem::HttpProblem;
use crate::rooms::{NO_RIGHT, RESTART, Seat, TRY_AGAIN, Told};
use crate::service::{AppState, off_reactor};

/// How often a silent client is asked whether it is there, and after how long it is held for gone.
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENT_MAX: Duration = Duration::from_secs(70);
/// Longest wait for a client to take what it is sent.
const SEND_MAX: Duration = Duration::from_secs(20);
/// Bytes that a socket reads or writes at once; most messages are far smaller, and a hundred sockets are a small room.
const BUFFER_BYTES: usize = 4 << 10;
/// Longest name that somebody gives themselves, in characters.
const NAME_CHARS_MAX: usize = 60;
/// An awareness message about nobody: public clients hold a connection for dead on which they hear nothing for long.
const NOBODY: &[u8] = &[1, 1, 0];

/// How somebody comes in.
#[derive(Deserialize)]
pub(crate) struct Coming {
    /// What they call themselves.
    #[serde(default)]
    name: String,
}

/// Joins the room of a workflow.
pub(crate) async fn join(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(coming): QueryOf<Coming>,
    headers: HeaderMap,
    person: Person,
    upgrade: WebSocketUpgrade,
) -> Result<Response, HttpProblem> {
    // A cookie alone could be sent by any page; a browser always says which page opens a socket.
    let by_cookie = session_of(&headers).is_some() && !headers.contains_key(header::AUTHORIZATION);
    if by_cookie && !headers.contains_key(header::ORIGIN) {
        return Err(HttpProblem::new(
            StatusCode::FORBIDDEN,
            "wrong-origin",
            "a socket that is opened with a session must say from which page",
        )
        .with_hint("send Origin, or use ?token= instead of a session"));
    }
    let id = WorkflowId::from(id);
    must_be_there(&app, &id).await?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    Ok(upgrade.on_upgrade(move |socket| attend(app, id, person, coming.name, socket)))
}

/// Looks for the workflow, few at a time: of a hundred who come at once, all but the first find its room open, and no
/// hundred threads are started to look.
async fn must_be_there(app: &AppState, id: &WorkflowId) -> Result<(), HttpProblem> {
    let _turn = app.rooms().door().await;
    if app.rooms().is_open(id) {
        return Ok(());
    }
    let (asked, workflow) = (app.clone(), id.clone());
    off_reactor(move || {
        let saved = asked.journal().workflow_history(&workflow, None, 1)?;
        if saved.is_empty() {
            return Err(HttpProblem::no_workflow(workflow.as_str()));
        }
        Ok(())
    })
    .await
}

/// Serves one socket until it or its room closes.
async fn attend(app: AppState, id: WorkflowId, person: Person, name: String, socket: WebSocket) {
    let member = Member {
        person: person.id.clone(),
        can_write: person.can_write(),
    };
    let (mut sink, mut stream) = socket.split();
    let (seat, mut told) = match app.rooms().join(&id, member, author(&person, &name)).await {
        Ok(joined) => joined,
        Err(error) => return close(&mut sink, TRY_AGAIN, &error.to_string()).await,
    };
    let mut rights = app.access().changes();
    let mut stopping = app.stopping();
    let mut pings = interval(PING_EVERY);
    let mut heard_at = Instant::now();
    let closing = loop {
        tokio::select! {
            message = stream.next() => {
                heard_at = Instant::now();
                match hear(&seat, message).await {
                    Heard::Good => {}
                    Heard::End => break None,
                    Heard::Wrong(code, why) => break Some((code, why.to_owned())),
                }
            }
            first = told.recv() => match pass_on(&mut sink, first, &mut told).await {
                Ok(()) => {}
                Err(closing) => break closing,
            },
            Ok(()) = rights.changed() => {
                if app.access().still(&person.key) != Some(person.key.right()) {
                    break Some((NO_RIGHT, "this session or token was taken away".to_owned()));
                }
            }
            () = stopped(&mut stopping) => {
                break Some((RESTART, "the service stops".to_owned()));
            }
            _ = pings.tick() => {
                if heard_at.elapsed() > SILENT_MAX || ping(&mut sink).await.is_err() {
                    break None;
                }
            }
        }
    };
    seat.leave().await;
    if let Some((code, why)) = closing {
        close(&mut sink, code, &why).await;
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A service that is gone has stopped too.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

fn author(person: &Person, name: &str) -> Author {
    let name: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
    Author {
        id: person.id.clone(),
        name: if name.is_empty() {
            person.name.clone()
        } else {
            name
        },
        kind: "person".into(),
    }
}

type Sink = SplitSink<WebSocket, Message>;

enum Heard {
    Good,
    End,
    Wrong(u16, &'static str),
}

async fn hear(seat: &Seat, message: Option<Result<Message, axum::Error>>) -> Heard {
    match message {
        Some(Ok(Message::Binary(bytes))) => {
            if seat.say(bytes).await {
                Heard::Good
            } else {
                Heard::Wrong(TRY_AGAIN, "the room opens anew")
            }
        }
        Some(Ok(Message::Text(_))) => Heard::Wrong(1003, "messages are bytes"),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::Good,
        Some(Ok(Message::Close(_)) | Err(_)) | None => Heard::End,
    }
}

/// Sends what the room tells, and what else it has told meanwhile, before the socket is flushed once.
async fn pass_on(
    sink: &mut Sink,
    first: Option<Told>,
    told: &mut mpsc::Receiver<Told>,
) -> Result<(), Option<(u16, String)>> {
    let mut next = first;
    loop {
        match next {
            Some(Told::Bytes(bytes)) => {
                let fed = timeout(SEND_MAX, sink.feed(Message::Binary(bytes))).await;
                fed.ok().and_then(Result::ok).ok_or(None)?;
            }
            Some(Told::Close { code, reason }) => return Err(Some((code, reason))),
            // The room let this peer go: it read too slowly, or the room broke.
            None => return Err(Some((TRY_AGAIN, "come back for what you missed".into()))),
        }
        match told.try_recv() {
            Ok(more) => next = Some(more),
            Err(mpsc::error::TryRecvError::Disconnected) => next = None,
            Err(mpsc::error::TryRecvError::Empty) => break,
        }
    }
    let flushed = timeout(SEND_MAX, sink.flush()).await;
    flushed.ok().and_then(Result::ok).ok_or(None)
}

async fn ping(sink: &mut Sink) -> Result<(), ()> {
    let both = async {
        sink.feed(Message::Ping(Bytes::new())).await?;
        sink.send(Message::Binary(Bytes::from_static(NOBODY))).await
    };
    timeout(SEND_MAX, both)
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(())
}

async fn close(sink: &mut Sink, code: u16, why: &str) {
    // The reason of a close frame has at most 123 bytes.
    let reason: String = why.chars().take(100).collect();
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    // A client that is gone needs no reason.
    let _ = timeout(SEND_MAX, sink.send(Message::Close(Some(frame)))).await;
}
