//! The fields of one thing: read one by one, so that a bad one does not hide the others.

use flowforge_engine::workflow::Extra;
use flowforge_engine::{Place, Problem, Value};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use yrs::{MapRef, Out, ReadTxn};

use crate::document::read::{DEPTH_MAX, Unread, keys, present, read, unescaped};

pub(super) type Fields = serde_json::Map<String, Json>;

/// A complaint about something that the document holds and the workflow cannot show.
pub(super) fn wrong(place: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem::warning("not-shown", message).at(Place::field(place))
}

/// Every wanted field of a map that can be read, under its own name.
pub(super) fn read_fields(
    txn: &impl ReadTxn,
    map: Option<&MapRef>,
    place: &str,
    problems: &mut Vec<Problem>,
    is_wanted: impl Fn(&str) -> bool,
) -> Fields {
    let Some(map) = map else { return Fields::new() };
    let mut fields = Fields::new();
    for key in keys(txn, map) {
        let Some(name) = unescaped(&key).filter(|name| is_wanted(name)) else {
            continue;
        };
        let Some(value) = present(txn, map, &key) else {
            continue;
        };
        match read(txn, &value) {
            Ok(json) => drop(fields.insert(name.to_owned(), json)),
            Err(unread) => problems.push(unreadable(format!("{place}/{name}"), unread)),
        }
    }
    fields
}

fn unreadable(place: String, unread: Unread) -> Problem {
    match unread {
        Unread::TooDeep => wrong(place, format!("nested deeper than {DEPTH_MAX} levels"))
            .with_hint("keep data out of the workflow: pass it as the run's input".to_owned()),
        Unread::NoValue => wrong(place, "expected a value, found a part of a document")
            .with_hint("set the field again".to_owned()),
    }
}

/// The fields of an entry that a client wrote as one plain value.
pub(super) fn read_record(txn: &impl ReadTxn, entry: &Out) -> Option<Fields> {
    match read(txn, entry) {
        Ok(Json::Object(fields)) => Some(
            fields
                .into_iter()
                .filter_map(|(key, value)| Some((unescaped(&key)?.to_owned(), value)))
                .collect(),
        ),
        _ => None,
    }
}

/// The thing that the fields make. A field that it does not take is left out, as a problem.
pub(super) fn fitted<T: DeserializeOwned + Default>(
    fields: Fields,
    place: &str,
    problems: &mut Vec<Problem>,
) -> T {
    fit(fields, &Fields::new(), place, problems).unwrap_or_default()
}

/// The thing that the fields make together with `needed`, which it cannot be without.
pub(super) fn fit<T: DeserializeOwned>(
    mut fields: Fields,
    needed: &Fields,
    place: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let all = |fields: &Fields| {
        let mut all = fields.clone();
        all.extend(needed.clone());
        serde_json::from_value::<T>(Json::Object(all))
    };
    let error = match all(&fields) {
        Ok(made) => return Some(made),
        Err(error) => error,
    };
    let names: Vec<String> = fields.keys().cloned().collect();
    let before = problems.len();
    for name in names {
        let alone = fields
            .get(&name)
            .map(|value| Fields::from_iter([(name.clone(), value.clone())]));
        if let Some(Err(_)) = alone.map(|alone| all(&alone)) {
            fields.remove(&name);
            let problem = wrong(format!("{place}/{name}"), expected(&name));
            problems.push(problem.with_hint("set the field again".to_owned()));
        }
    }
    if problems.len() == before {
        problems.push(wrong(place, error.to_string()));
    }
    all(&fields).ok()
}

/// What a field takes, in the words that the editor has for it too (`web/editor/src/document/fits.ts`).
pub(super) fn expected(field: &str) -> String {
    let what = match field {
        "name" | "sourcePort" | "targetPort" => "a text",
        "parent" => "the id of a node",
        "params" | "vars" => "a record",
        "retry" => "a record of how to try again",
        "limits" => "a record of limits",
        "disabled" | "memo" => "true or false",
        "timeoutMs" | "maxParallel" | "version" => "a whole number",
        "onError" => "`stop`, `continue`, `port` or `pause`",
        "errorHandling" => "`stop`, `continue` or `retry`",
        "healing" => "`off`, `propose` or `auto-safe`",
        _ => "another value",
    };
    format!("expected {what}")
}

/// Fields that this version does not know.
pub(super) fn extra(fields: Fields) -> Extra {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name, Value::from_json(&value)))
        .collect()
}
