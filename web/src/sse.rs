//! Event streams: what was recorded, then what is being recorded, with nothing in between lost.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use flowforge_engine::event::Recorded;
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::{Kept, ReadError};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::hub::{Topic, is_final};
use crate::preview::Previews;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// A comment goes out when nothing else did for this long, so that both sides notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many events are read from the journal at a time.
const EVENTS_PER_READ: u64 = 256;
/// The header in which a browser says how far it came.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// One message of a stream, rendered once for everybody.
#[derive(Debug)]
pub(crate) struct Line {
    /// The event's number; 0 for messages that are no recorded events.
    seq: Seq,
    name: &'static str,
    data: String,
}

impl Line {
    /// What it says, as JSON.
    pub(crate) fn data(&self) -> &str {
        &self.data
    }

    /// A message that is no recorded event.
    pub(crate) fn new(name: &'static str, data: &Json) -> Self {
        Self {
            seq: Seq(0),
            name,
            data: data.to_string(),
        }
    }

    fn to_event(&self) -> Event {
        let event = Event::default().event(self.name).data(&self.data);
        if self.seq == Seq(0) {
            event
        } else {
            event.id(self.seq.to_string())
        }
    }
}

/// Fields that are written otherwise in messages than in the journal's own words.
const RENAMED: [(&str, &str); 2] = [("queued_ms", "queuedMs"), ("took_ms", "tookMs")];

/// A recorded event as a message: `{seq, at, event: {type, ...}}`, its values as previews.
pub(crate) fn line_of(recorded: Recorded<Kept>, previews: &Previews) -> Result<Line, ReadError> {
    let recorded = previews.event(recorded)?;
    let name = name_of(&recorded.event);
    let fields = serde_json::to_value(&recorded.event).unwrap_or_default();
    let mut event = match fields {
        Json::Object(mut by_name) => by_name.remove(name).unwrap_or_default(),
        _ => json!({}),
    };
    if let Json::Object(fields) = &mut event {
        for (from, to) in RENAMED {
            if let Some(value) = fields.remove(from) {
                fields.insert(to.into(), value);
            }
        }
        fields.insert("type".into(), name.into());
    }
    let data = json!({ "seq": recorded.seq, "at": recorded.at, "event": event });
    Ok(Line {
        seq: recorded.seq,
        name,
        data: data.to_string(),
    })
}

/// What a message says was recorded; nothing when it says something else.
pub(crate) fn recorded_in(data: &str) -> Option<Recorded<Json>> {
    let mut message: Json = serde_json::from_str(data).ok()?;
    let fields = message.get_mut("event")?.as_object_mut()?;
    let name = fields.remove("type")?;
    for (to, from) in RENAMED {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.into(), value);
        }
    }
    let fields = message["event"].take();
    message["event"] = json!({ name.as_str()?: fields });
    serde_json::from_value(message).ok()
}

fn name_of<V>(event: &flowforge_engine::event::Event<V>) -> &'static str {
    use flowforge_engine::event::Event as E;
    match event {
        E::RunStarted { .. } => "runStarted",
        E::RunForked { .. } => "runForked",
        E::FrameOpened { .. } => "frameOpened",
        E::FrameSkipped { .. } => "frameSkipped",
        E::EffectRequested { .. } => "effectRequested",
        E::EffectAnswered { .. } => "effectAnswered",
        E::FrameClosed { .. } => "frameClosed",
        E::LoopStarted { .. } => "loopStarted",
        E::ScopeOpened { .. } => "scopeOpened",
        E::ScopeClosed { .. } => "scopeClosed",
        E::RetryRequested { .. } => "retryRequested",
        E::RunRetried { .. } => "runRetried",
        E::CancelRequested { .. } => "cancelRequested",
        E::RunClosed { .. } => "runClosed",
        E::RunMended { .. } => "runMended",
    }
}

/// How far a client came: what its browser says, else what it asks for.
pub(crate) fn after(headers: &HeaderMap, from: Option<u64>) -> Result<Seq, HttpProblem> {
    let Some(last) = headers.get(LAST_EVENT_ID) else {
        return Ok(Seq(from.unwrap_or(0)));
    };
    let seq = last.to_str().ok().and_then(|text| text.trim().parse().ok());
    seq.map(Seq).ok_or_else(|| {
        HttpProblem::invalid(
            "unreadable-event-id",
            "Last-Event-ID is not a number of an event",
        )
    })
}

/// A run's events after `sent`.
pub(crate) async fn of_run(app: AppState, run: RunId, sent: Seq) -> Result<Response, HttpProblem> {
    let watching = Arc::clone(&app);
    let watched = off_reactor(move || Ok(watching.hub().watch(run)?)).await?;
    let (topic, lines) = watched.ok_or_else(too_many)?;
    let following = Following {
        stopping: app.stopping(),
        app,
        run,
        sent,
        _topic: topic,
        lines,
        ready: VecDeque::new(),
        phase: Phase::Past,
    };
    Ok(stream(unfold(following, Following::next)))
}

/// Everything that happens in the service from now on.
pub(crate) fn of_all(app: &AppState) -> Result<Response, HttpProblem> {
    let lines = app.hub().watch_all().ok_or_else(too_many)?;
    let stopping = app.stopping();
    Ok(stream(unfold(
        (lines, stopping),
        |(mut lines, mut stopping)| async {
            let line = tokio::select! {
                line = lines.recv() => line,
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            };
            let event = match line {
                Ok(line) => line.to_event(),
                Err(RecvError::Lagged(_)) => Line::new("reread", &json!({})).to_event(),
                Err(RecvError::Closed) => return None,
            };
            Some((Ok(event), (lines, stopping)))
        },
    )))
}

fn stream(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Sse::new(events).keep_alive(keep_alive).into_response()
}

fn too_many() -> HttpProblem {
    HttpProblem::new(
        axum::http::StatusCode::TOO_MANY_REQUESTS,
        "too-many-watchers",
        "too many watch this already",
    )
    .with_hint("close some, or read it by pages")
}

/// One client that follows one run.
struct Following {
    app: AppState,
    run: RunId,
    /// The last event that was sent.
    sent: Seq,
    /// Keeps the topic alive.
    _topic: Arc<Topic>,
    lines: Receiver<Arc<Line>>,
    ready: VecDeque<Arc<Line>>,
    phase: Phase,
    stopping: watch::Receiver<bool>,
}

#[derive(PartialEq)]
enum Phase {
    /// Reading from the journal what was recorded before.
    Past,
    /// Hearing what is being recorded.
    Present,
    /// Everything is sent.
    Over,
}

impl Following {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                self.sent = self.sent.max(line.seq);
                return Some((Ok(line.to_event()), self));
            }
            match self.phase {
                Phase::Past => self.read().await.ok()?,
                Phase::Present => self.hear().await?,
                Phase::Over => return None,
            }
        }
    }

    /// Reads some more of the past; at its end the present begins, or the stream ends.
    async fn read(&mut self) -> Result<(), HttpProblem> {
        let (app, run, sent) = (Arc::clone(&self.app), self.run, self.sent);
        let (lines, status) = off_reactor(move || Ok(lines_after(&app, run, sent)?)).await?;
        let is_caught_up = lines.is_empty();
        self.ready = lines;
        if is_caught_up {
            self.phase = Phase::Present;
            self.end_if(status);
        }
        Ok(())
    }

    /// Waits for what is recorded next; nothing when the service stops.
    async fn hear(&mut self) -> Option<()> {
        let line = tokio::select! {
            line = self.lines.recv() => line,
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
        };
        match line {
            Ok(line) if line.seq != Seq(0) && line.seq <= self.sent => {}
            Ok(line) => {
                let is_last = line.name == "runClosed";
                self.ready.push_back(line);
                if is_last {
                    self.phase = Phase::Past;
                }
            }
            Err(RecvError::Lagged(_)) => {
                let reread = Line::new("reread", &json!({ "from": self.sent }));
                self.ready.push_back(Arc::new(reread));
            }
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    fn end_if(&mut self, status: Status) {
        if is_final(status) {
            let end = json!({ "status": status, "lastSeq": self.sent });
            self.ready.push_back(Arc::new(Line::new("end", &end)));
            self.phase = Phase::Over;
        }
    }
}

fn lines_after(
    app: &AppState,
    run: RunId,
    sent: Seq,
) -> Result<(VecDeque<Arc<Line>>, Status), ReadError> {
    let row = app.journal().run(run)?.ok_or(ReadError::NoSuchRun(run))?;
    if sent >= row.last_seq {
        return Ok((VecDeque::new(), row.status));
    }
    let up_to = Seq(sent.0.saturating_add(EVENTS_PER_READ)).min(row.last_seq);
    let events = app.journal().read_kept(run, sent, Some(up_to))?;
    let lines = events
        .into_iter()
        .map(|recorded| line_of(recorded, app.hub().previews()).map(Arc::new));
    Ok((lines.collect::<Result<_, _>>()?, row.status))
}
