//! Slices of large values, so that nobody has to load them whole.

use axum::Json;
use axum::extract::State;
use flowforge_engine::frame::{ExecutionFrame, Output};
use flowforge_engine::value::Record;
use flowforge_engine::{Failure, RunId, Seq, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::frames::no_frame;
use super::list::limit_of;
use crate::body::{PathOf, QueryOf};
use crate::preview::{count, preview};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Characters of text, or bytes, in one slice when nobody says.
const TEXT_DEFAULT: usize = 64 << 10;
/// Most characters of text, or bytes, in one slice.
const TEXT_MAX: usize = 1 << 20;

/// Which value of the frame.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Side {
    /// What it got.
    Input,
    /// What it gave.
    #[default]
    Output,
    /// Why it failed.
    Error,
    /// What one of its effects asked, and what came back: `{kind, request, outcome}`.
    Effect,
}

/// Which part of which value.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    #[serde(default)]
    #[param(inline)]
    side: Side,
    /// Which of its effects, from 0.
    #[serde(default)]
    #[param(minimum = 0)]
    ordinal: u32,
    /// A JSON pointer into the value.
    #[serde(default)]
    pointer: String,
    /// The first item, field, character or byte.
    #[serde(default)]
    #[param(minimum = 0)]
    offset: usize,
    /// Most items or fields, to 200; of a text most characters, to 1,048,576; more count as that.
    limit: Option<usize>,
}

/// A part of a value.
#[derive(Serialize, ToSchema)]
pub(crate) struct Slice {
    /// Its kind: `null`, `bool`, `int`, `float`, `text`, `bytes`, `list` or `record`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// How many items, fields, characters or bytes it has.
    count: Option<usize>,
    /// The size of its JSON.
    bytes: usize,
    /// Where this slice begins.
    offset: usize,
    /// Of a list or record: items and fields, each as a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Item>>,
    /// Of a text: some of it. Of bytes: some of them in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Anything else, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Json_, required = false)]
    value: Option<Json_>,
}

/// An item of a list, or a field of a record.
#[derive(Serialize, ToSchema)]
pub(crate) struct Item {
    /// Its position in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// Its name in the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Its kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// How many items, fields, characters or bytes it has.
    count: Option<usize>,
    /// The value when its JSON has at most 4,096 bytes, else `{"$preview": ...}`.
    preview: Json_,
}

/// One slice of a value of a frame.
#[utoipa::path(get, path = "/runs/{id}/frames/{opened}/value", tag = "time travel", params(
    ("id" = String, Path, description = "the run"), ("opened" = u64, Path, description = "the event that opened the frame"), Part,
), responses(
    (status = 200, body = Slice),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf((run, opened)): PathOf<(RunId, Seq)>,
    QueryOf(part): QueryOf<Part>,
) -> Result<Json<Slice>, HttpProblem> {
    off_reactor(move || {
        let frame = app.journal().frame(run, opened)?;
        let frame = frame.ok_or_else(|| no_frame(run, opened))?;
        let value =
            side_of(&frame, &part).ok_or_else(|| no_value("the frame has no such value"))?;
        let value = pointed(&value, &part.pointer)
            .ok_or_else(|| no_value("nothing is where the pointer points"))?;
        Ok(Json(slice(value, part.offset, part.limit)))
    })
    .await
}

fn no_value(detail: &str) -> HttpProblem {
    HttpProblem::not_found("no-such-value", detail)
}

fn side_of(frame: &ExecutionFrame, part: &Part) -> Option<Value> {
    match part.side {
        Side::Input => frame.input.clone(),
        Side::Output => frame.output.as_ref().map(Output::to_value),
        Side::Error => frame.error.as_ref().map(Failure::to_value),
        Side::Effect => {
            let mut effects = frame.effects.iter();
            let effect = effects.find(|effect| effect.ordinal == part.ordinal)?;
            let kind = serde_json::to_value(effect.effect.kind).ok()?;
            let outcome = effect.outcome.as_ref().map(|outcome| match outcome {
                Ok(value) => field("ok", value.clone()),
                Err(error) => field("error", error.to_value()),
            });
            let fields: Record = [
                ("kind", Value::from_json(&kind)),
                ("request", effect.effect.request.clone()),
                ("outcome", outcome.unwrap_or_default()),
            ]
            .into_iter()
            .collect();
            Some(fields.into())
        }
    }
}

fn field(name: &str, value: Value) -> Value {
    [(name, value)].into_iter().collect::<Record>().into()
}

/// The value that a JSON pointer points at.
fn pointed<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut steps = pointer.split('/');
    if steps.next() != Some("") {
        return None;
    }
    steps.try_fold(value, |value, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Record(record) => record.get(&step),
            Value::List(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

fn slice(value: &Value, offset: usize, limit: Option<usize>) -> Slice {
    let empty = Slice {
        kind: value.kind(),
        count: count(value),
        bytes: value.to_json_text().len(),
        offset,
        items: None,
        text: None,
        value: None,
    };
    let chars = limit.unwrap_or(TEXT_DEFAULT).clamp(1, TEXT_MAX);
    match value {
        Value::List(list) => {
            let items = list.iter().enumerate().skip(offset).take(limit_of(limit));
            let items = items.map(|(index, value)| Item::of(Some(index), None, value));
            Slice {
                items: Some(items.collect()),
                ..empty
            }
        }
        Value::Record(record) => {
            let fields = record.iter().skip(offset).take(limit_of(limit));
            let items = fields.map(|(key, value)| Item::of(None, Some(key.to_string()), value));
            Slice {
                items: Some(items.collect()),
                ..empty
            }
        }
        Value::Text(text) => {
            let text = text.chars().skip(offset).take(chars).collect();
            Slice {
                text: Some(text),
                ..empty
            }
        }
        Value::Bytes(bytes) => {
            let text = bytes.iter().skip(offset).take(chars);
            let text = text.map(|byte| format!("{byte:02x}")).collect();
            Slice {
                text: Some(text),
                ..empty
            }
        }
        other => Slice {
            value: Some(other.to_json()),
            ..empty
        },
    }
}

impl Item {
    fn of(index: Option<usize>, key: Option<String>, value: &Value) -> Self {
        Self {
            index,
            key,
            kind: value.kind(),
            count: count(value),
            preview: preview(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_finds_what_it_names() {
        let value = Value::from_json(&json!({ "a/b": [1, { "c~d": "x" }] }));
        let at = |pointer: &str| pointed(&value, pointer).map(Value::to_json);
        assert_eq!(at(""), Some(value.to_json()));
        assert_eq!(at("/a~1b/1/c~0d"), Some(json!("x")));
        assert_eq!(at("/a~1b/2"), None);
        assert_eq!(at("a"), None);
    }

    #[test]
    fn slices_are_windows() {
        let list = Value::from_json(&json!((0..500).collect::<Vec<_>>()));
        let window = slice(&list, 490, Some(100));
        let items = window.items.unwrap();
        assert_eq!((window.count, items.len()), (Some(500), 10));
        assert_eq!(
            (items[0].index, &items[0].preview),
            (Some(490), &json!(490))
        );
        let text = slice(&Value::from("grüße"), 2, Some(2));
        assert_eq!((text.text.as_deref(), text.count), (Some("üß"), Some(5)));
    }
}
