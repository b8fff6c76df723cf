//! Conversations in which workflows are drafted.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use flowforge_ai::draft::{Hear, Told};
use flowforge_ai::model::Exchange;
use flowforge_engine::{NodeId, RunId, Seq, Value, Workflow};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, limit_of};
use crate::access::Person;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::colleague::{self, AtWork};
use crate::desk::chats::{self, Chat, ChatRow, Turn};
use crate::desk::{Asking, CodeOrder, DeskError, Heard};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, apart, off_reactor};

/// Messages that may wait for a client; a turn has a few thousand at most.
const MESSAGES_MAX: usize = 4096;

/// What a person says.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTurn {
    /// The workflow it is about; an id that nobody uses yet begins a new one.
    workflow: String,
    /// The conversation to go on with; a new one when absent.
    chat: Option<String>,
    /// Their words.
    #[schema(min_length = 1, max_length = 8000)]
    text: String,
    /// The workflow as they see it, when that is not the saved one.
    #[schema(value_type = Option<shapes::Workflow>)]
    draft: Option<Workflow>,
    /// The nodes that they selected.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    selection: Vec<NodeId>,
    /// The run that they look at.
    #[schema(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// The frame that they look at, by the event that opened it.
    #[schema(value_type = Option<u64>)]
    frame: Option<Seq>,
}

/// What a script should do.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewCode {
    /// The workflow.
    workflow: String,
    /// The workflow as they see it, when that is not the saved one.
    #[schema(value_type = Option<shapes::Workflow>)]
    draft: Option<Workflow>,
    /// The conversation to go on with; a new one when absent.
    chat: Option<String>,
    /// What it should do.
    #[schema(min_length = 1, max_length = 8000)]
    sentence: String,
    /// The script node to rewrite; a new one when absent.
    #[schema(value_type = Option<String>)]
    node: Option<NodeId>,
    /// The node behind which a new one goes.
    #[schema(value_type = Option<String>)]
    after: Option<NodeId>,
    /// The run whose frame gives the sample.
    #[schema(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// The frame, by the event that opened it.
    #[schema(value_type = Option<u64>)]
    frame: Option<Seq>,
    /// A value that comes in, instead of a recorded one.
    #[schema(value_type = Option<Json_>)]
    sample: Option<Value>,
    /// What must come out: the output for the sample, or a JSON Schema.
    #[schema(value_type = Option<Json_>)]
    expect: Option<Value>,
}

/// Writes a script node from a sentence: it compiles, and was tried on the sample, before it is proposed.
#[utoipa::path(post, path = "/code", tag = "ai", request_body = NewCode, responses(
    (status = 200, body = Done),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn code(
    State(app): State<AppState>,
    person: Person,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewCode>,
) -> Result<Response, HttpProblem> {
    let order = CodeOrder {
        node: new.node,
        after: new.after,
        sample: new.sample,
        expect: new.expect,
    };
    let asking = Asking {
        person: person.id,
        workflow: new.workflow.into(),
        draft: new.draft,
        chat: new.chat,
        text: new.sentence,
        selection: Vec::new(),
        run: new.run,
        frame: new.frame,
    };
    answer(app, &headers, asking, Some(order)).await
}

/// How a turn ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// The conversation.
    chat: String,
    turn: Turn,
}

/// Which conversations.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only about this workflow.
    workflow: Option<String>,
    /// Words that must all have been said in it.
    #[serde(default)]
    q: String,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// One turn: a person's words in; an answer, a question or a proposal out. Nothing is applied.
///
/// With `Accept: text/event-stream` the answer is told while it is made: `started`, `token`, `tool`, `proposal`,
/// `question`, `problem`, and `done` with what is answered otherwise. A client that leaves stops it.
#[utoipa::path(post, path = "/chat", tag = "ai", request_body = NewTurn, responses(
    (status = 200, body = Done),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn say(
    State(app): State<AppState>,
    person: Person,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewTurn>,
) -> Result<Response, HttpProblem> {
    answer(app, &headers, new.asking(person), None).await
}

async fn answer(
    app: AppState,
    headers: &HeaderMap,
    asking: Asking,
    order: Option<CodeOrder>,
) -> Result<Response, HttpProblem> {
    app.rooms().settle(&asking.workflow).await?;
    let opening = Arc::clone(&app);
    let (chat, asking) = off_reactor(move || {
        let chat = opening.desk().chat_for(&asking)?;
        Ok((chat, asking))
    })
    .await?;
    if wants_events(headers) {
        return Ok(told(app, chat, asking, order));
    }
    let heard = apart(move || async move {
        Ok(made(&app, chat, &asking, order.as_ref(), &mut |_| {}).await?)
    });
    Ok(Json(Done::from(heard.await?)).into_response())
}

async fn made(
    app: &AppState,
    chat: Chat,
    asking: &Asking,
    order: Option<&CodeOrder>,
    hear: Hear<'_>,
) -> Result<Heard, DeskError> {
    let doing = order.map_or("drafting", |_| "writing code");
    let _seen = AtWork::begin(app, &asking.workflow, doing).await;
    let heard = match order {
        Some(order) => app.desk().write_code(chat, asking, order, hear).await?,
        None => app.desk().turn(chat, asking, hear).await?,
    };
    for proposal in &heard.turn.proposals {
        colleague::share_kept(app, proposal).await;
    }
    Ok(heard)
}

impl NewTurn {
    fn asking(self, person: Person) -> Asking {
        Asking {
            person: person.id,
            workflow: self.workflow.into(),
            draft: self.draft,
            chat: self.chat,
            text: self.text,
            selection: self.selection,
            run: self.run,
            frame: self.frame,
        }
    }
}

impl From<Heard> for Done {
    fn from(heard: Heard) -> Self {
        Self {
            chat: heard.chat,
            turn: heard.turn,
        }
    }
}

/// The turn as an event stream. It is made by a task that ends with the client.
fn told(app: AppState, chat: Chat, asking: Asking, order: Option<CodeOrder>) -> Response {
    let (messages, receiver) = mpsc::channel(MESSAGES_MAX);
    let mode = app.desk().models().mode();
    tell(
        &messages,
        "started",
        &json!({ "chat": chat.id, "mode": mode }),
    );
    let telling = apart(move || async move {
        let mut hear = |heard: Told<'_>| match heard {
            Told::Token(text) => tell(&messages, "token", &json!({ "text": text })),
            Told::Tool(tool) => tell(&messages, "tool", &json!(tool)),
            Told::Proposal(proposal) => tell(&messages, "proposal", &json!(proposal)),
            Told::Question(question) => tell(&messages, "question", &json!(question)),
        };
        let turn = tokio::select! {
            made = made(&app, chat, &asking, order.as_ref(), &mut hear) => made,
            () = messages.closed() => return Ok(()),
        };
        match turn {
            Ok(heard) => {
                if let Some(problem) = &heard.turn.problem {
                    tell(&messages, "problem", &json!(problem));
                }
                tell(&messages, "done", &json!(Done::from(heard)));
            }
            Err(error) => tell(&messages, "problem", &json!(HttpProblem::from(error))),
        }
        Ok(())
    });
    tokio::spawn(telling);
    events(receiver)
}

fn tell(messages: &mpsc::Sender<(&'static str, Json_)>, name: &'static str, data: &Json_) {
    // A client that is so far behind has left, or reads the turn again from the conversation.
    if messages.try_send((name, data.clone())).is_err() {
        tracing::debug!(name, "a client does not read its turn");
    }
}

/// Messages as an event stream.
pub(crate) fn events(receiver: mpsc::Receiver<(&'static str, Json_)>) -> Response {
    let stream = unfold(receiver, |mut receiver| async {
        let (name, data) = receiver.recv().await?;
        let event = Event::default().event(name).data(data.to_string());
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(stream)
        .keep_alive(KeepAlive::new())
        .into_response()
}

/// Whether a client wants to be told while it is made.
pub(crate) fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// A person's own conversations, the latest begun first.
#[utoipa::path(get, path = "/chat", tag = "ai", params(Which), responses((status = 200, body = List<ChatRow>)))]
pub(crate) async fn list(
    State(app): State<AppState>,
    person: Person,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<List<ChatRow>>, HttpProblem> {
    off_reactor(move || {
        let limit = limit_of(which.limit);
        let words = which.q.to_lowercase();
        let items = chats::list(
            app.journal(),
            &chats::Which {
                person: &person.id,
                workflow: which.workflow.as_deref(),
                words: words.split_whitespace().map(str::to_owned).collect(),
                before: which.cursor.as_deref(),
                limit,
            },
        )?;
        let last = items.last().filter(|_| items.len() == limit);
        let next = last.map(|last| last.id().to_owned());
        Ok(Json(List { items, next }))
    })
    .await
}

/// A conversation.
#[utoipa::path(get, path = "/chat/{id}", tag = "ai", params(("id" = String, Path, description = "the conversation")), responses(
    (status = 200, body = Chat),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
) -> Result<Json<Chat>, HttpProblem> {
    off_reactor(move || find(&app, &id, &person).map(Json)).await
}

/// The model calls behind a turn, from which it can be made again without a model.
#[utoipa::path(get, path = "/chat/{id}/turns/{turn}/recording", tag = "ai",
    params(("id" = String, Path, description = "the conversation"), ("turn" = String, Path, description = "the turn")),
    responses(
        (status = 200, body = List<serde_json::Value>),
        (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn recording(
    State(app): State<AppState>,
    person: Person,
    PathOf((id, turn)): PathOf<(String, String)>,
) -> Result<Json<List<Exchange>>, HttpProblem> {
    off_reactor(move || {
        let chat = find(&app, &id, &person)?;
        if !chat.turns.iter().any(|found| found.id == turn) {
            let detail = format!("the conversation has no turn `{turn}`");
            return Err(HttpProblem::not_found("no-such-turn", detail));
        }
        let items = chats::exchanges_of(app.journal(), &turn)?;
        Ok(Json(List { items, next: None }))
    })
    .await
}

/// Forgets a conversation; what it proposed stays.
#[utoipa::path(delete, path = "/chat/{id}", tag = "ai", params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(
    State(app): State<AppState>,
    person: Person,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, HttpProblem> {
    off_reactor(move || {
        find(&app, &id, &person)?.remove(app.journal())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn find(app: &AppState, id: &str, person: &Person) -> Result<Chat, HttpProblem> {
    Chat::find(app.journal(), id, &person.id)?
        .ok_or_else(|| HttpProblem::from(crate::desk::DeskError::NoChat(id.to_owned())))
}
