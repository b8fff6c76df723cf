//! What a script may ask of the world: a call, the time, chance. Each stops it until it is answered.

use std::rc::Rc;

use rhai::{Array, Dynamic, Engine, Map};

use super::super::conversation::Conversation;
use super::super::convert::kind_of;
use super::json::value_of;
use super::{Answer, fault};
use crate::effect::{Effect, EffectKind};
use crate::value::{Record, Value};

/// The fields of a request that are passed on; `idempotent` is for the effect itself.
const FIELDS: [&str; 9] = [
    "method",
    "url",
    "headers",
    "body",
    "responseAs",
    "bytesMax",
    "redirectsMax",
    "timeoutMs",
    "idempotencyKey",
];

pub(super) fn register(engine: &mut Engine, conversation: &Rc<Conversation>) {
    let talk = Rc::clone(conversation);
    engine.register_fn("http", move |method: &str, url: &str| {
        talk.ask(simple_call(method, url))
    });
    let talk = Rc::clone(conversation);
    engine.register_fn("http", move |request: Map| {
        call(&request).and_then(|effect| talk.ask(effect))
    });
    let talk = Rc::clone(conversation);
    engine.register_fn("model", move |prompt: &str| {
        talk.ask(simple_question(prompt))
    });
    let talk = Rc::clone(conversation);
    engine.register_fn("model", move |request: Map| {
        question(&request).and_then(|effect| talk.ask(effect))
    });
    let talk = Rc::clone(conversation);
    engine.register_fn("now", move || talk.ask(plain(EffectKind::Now)));
    let talk = Rc::clone(conversation);
    engine.register_fn("random", move || talk.ask(plain(EffectKind::Random)));
}

fn plain(kind: EffectKind) -> Effect {
    Effect {
        kind,
        request: Value::Null,
        idempotent: true,
    }
}

fn simple_call(method: &str, url: &str) -> Effect {
    let method = method.to_uppercase();
    let idempotent = is_safe(&method);
    let request = Record::from_iter([("method", Value::from(method)), ("url", Value::from(url))]);
    Effect {
        kind: EffectKind::Http,
        request: request.into(),
        idempotent,
    }
}

/// Calls that the protocol promises to change nothing.
fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

fn call(request: &Map) -> Answer<Effect> {
    if let Some(unknown) = request
        .keys()
        .find(|name| !FIELDS.contains(&name.as_str()) && *name != "idempotent")
    {
        return Err(fault(format!(
            "http: unknown field `{unknown}`; expected {}",
            FIELDS.join(", ")
        )));
    }
    let method = text_field(request, "method")?
        .unwrap_or_else(|| "GET".into())
        .to_uppercase();
    text_field(request, "url")?.ok_or_else(|| fault("http: the request has no `url`"))?;
    let marked = request
        .get("idempotent")
        .is_some_and(|mark| mark.as_bool() == Ok(true));
    let idempotent = marked || is_safe(&method) || has_key(request)?;
    let record = with_body(
        fields(request)?.with("method", method.into()),
        request.get("body"),
    )?;
    Ok(Effect {
        kind: EffectKind::Http,
        request: record.into(),
        idempotent,
    })
}

/// Whether the call carries a key by which the other side knows that it is the same call. A key that says nothing,
/// or cannot be sent, must not make a call look repeatable.
fn has_key(request: &Map) -> Answer<bool> {
    match text_field(request, "idempotencyKey")? {
        None => Ok(false),
        Some(key) if !key.is_empty() && !key.contains(char::is_control) => Ok(true),
        Some(_) => Err(fault("http: `idempotencyKey` must be a text on one line")),
    }
}

fn text_field(request: &Map, name: &str) -> Answer<Option<String>> {
    text_of("http", request, name)
}

fn text_of(function: &str, request: &Map, name: &str) -> Answer<Option<String>> {
    match request.get(name) {
        None => Ok(None),
        Some(field) if field.is_string() => Ok(field
            .as_immutable_string_ref()
            .ok()
            .map(|text| text.to_string())),
        Some(field) => Err(fault(format!(
            "{function}: `{name}` must be text, found {}",
            kind_of(field)
        ))),
    }
}

fn fields(request: &Map) -> Answer<Record> {
    FIELDS
        .iter()
        .filter_map(|name| {
            request
                .get(*name)
                .map(|field| Ok((*name, value_of(field, "http")?)))
        })
        .collect::<Answer<Vec<_>>>()
        .map(|fields| fields.into_iter().collect())
}

/// A list or record is sent as JSON, and says so unless the script says otherwise.
fn with_body(record: Record, body: Option<&Dynamic>) -> Answer<Record> {
    if !body.is_some_and(|body| body.is::<Array>() || body.is::<Map>()) {
        return Ok(record);
    }
    let text = record
        .get("body")
        .map(|body| body.to_json().to_string())
        .unwrap_or_default();
    let headers = record
        .get("headers")
        .and_then(Value::as_record)
        .cloned()
        .unwrap_or_default();
    let typed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let headers = if typed {
        headers
    } else {
        headers.with("content-type", "application/json".into())
    };
    Ok(record
        .with("body", text.into())
        .with("headers", headers.into()))
}

/// The fields of a question to a model.
const QUESTION_FIELDS: [&str; 5] = ["prompt", "system", "model", "shape", "maxTokens"];
/// Tokens of an answer when a question names no `maxTokens`.
const TOKENS_MAX_DEFAULT: i64 = 4_096;
/// Most tokens of an answer.
const TOKENS_MAX: i64 = 200_000;

fn simple_question(prompt: &str) -> Effect {
    asked([
        ("messages", vec![message("user", prompt)].into()),
        ("maxTokens", TOKENS_MAX_DEFAULT.into()),
    ])
}

/// Asking twice costs twice and does nothing else at the other side.
fn asked<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Effect {
    Effect {
        kind: EffectKind::Model,
        request: fields.into_iter().collect::<Record>().into(),
        idempotent: true,
    }
}

fn message(role: &str, text: &str) -> Value {
    Record::from_iter([("role", Value::from(role)), ("text", text.into())]).into()
}

fn question(request: &Map) -> Answer<Effect> {
    let is_known = |name: &str| QUESTION_FIELDS.contains(&name);
    if let Some(unknown) = request.keys().find(|name| !is_known(name)) {
        return Err(fault(format!(
            "model: unknown field `{unknown}`; expected {}",
            QUESTION_FIELDS.join(", ")
        )));
    }
    let prompt = text_of("model", request, "prompt")?;
    let prompt = prompt.ok_or_else(|| fault("model: the request has no `prompt`"))?;
    let system = text_of("model", request, "system")?.map(|text| message("system", &text));
    let messages: Vec<Value> = system
        .into_iter()
        .chain([message("user", &prompt)])
        .collect();
    let fields = [
        (
            "model",
            text_of("model", request, "model")?.map(Value::from),
        ),
        ("messages", Some(messages.into())),
        ("shape", shape(request)?),
        ("maxTokens", Some(max_tokens(request)?.into())),
    ];
    let given = fields.into_iter();
    Ok(asked(
        given.filter_map(|(name, value)| Some((name, value?))),
    ))
}

fn shape(request: &Map) -> Answer<Option<Value>> {
    match request.get("shape") {
        None => Ok(None),
        Some(shape) if shape.is::<Map>() => value_of(shape, "model").map(Some),
        Some(_) => Err(fault("model: `shape` must be a record, a JSON Schema")),
    }
}

fn max_tokens(request: &Map) -> Answer<i64> {
    match request.get("maxTokens").map(Dynamic::as_int) {
        None => Ok(TOKENS_MAX_DEFAULT),
        Some(Ok(tokens)) if (1..=TOKENS_MAX).contains(&tokens) => Ok(tokens),
        Some(_) => Err(fault(format!(
            "model: `maxTokens` must be a whole number from 1 to {TOKENS_MAX}"
        ))),
    }
}
