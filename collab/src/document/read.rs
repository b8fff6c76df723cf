//! Whatever lies in a document, as JSON. Total: every shared type that a client may have put there is read as
//! what it comes nearest to.

use serde_json::{Map as JsonMap, Value as Json};
use yrs::{Array, GetString, Map, MapRef, Out, ReadTxn, XmlFragment};

use super::{EMPTY, ORDER, number};

/// Deepest nesting of lists and records below a field of a node: what a workflow file may hold there.
pub(crate) const DEPTH_MAX: usize = 59;

/// Why a field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// It is no value: a subdocument, a type that nobody knows.
    NoValue,
}

/// The JSON of a field.
pub(crate) fn read(txn: &impl ReadTxn, value: &Out) -> Result<Json, Unread> {
    read_to(txn, value, DEPTH_MAX)
}

fn read_to(txn: &impl ReadTxn, value: &Out, deepest: usize) -> Result<Json, Unread> {
    let deeper = || deepest.checked_sub(1).ok_or(Unread::TooDeep);
    match value {
        Out::Any(any) => number::json(any, deepest).ok_or(Unread::TooDeep),
        Out::YText(text) => Ok(Json::String(text.get_string(txn))),
        Out::YXmlText(text) => Ok(Json::String(text.get_string(txn))),
        Out::YMap(map) => read_map(txn, map, deeper()?).map(Json::Object),
        Out::YArray(list) => {
            let deeper = deeper()?;
            let items = list.iter(txn).map(|item| read_to(txn, &item, deeper));
            items.collect::<Result<_, _>>().map(Json::Array)
        }
        Out::YXmlFragment(xml) => Ok(Json::from(xml.len(txn))),
        _ => Err(Unread::NoValue),
    }
}

fn read_map(
    txn: &impl ReadTxn,
    map: &MapRef,
    deepest: usize,
) -> Result<JsonMap<String, Json>, Unread> {
    let mut fields = JsonMap::new();
    for key in map.keys(txn) {
        if let Some(value) = present(txn, map, key) {
            fields.insert(key.to_owned(), read_to(txn, &value, deepest)?);
        }
    }
    Ok(fields)
}

/// What a map holds under a key; a key whose value is undefined is not there.
pub(crate) fn present(txn: &impl ReadTxn, map: &MapRef, key: &str) -> Option<Out> {
    map.get(txn, key)
        .filter(|value| !matches!(value, Out::Any(yrs::Any::Undefined)))
}

/// The keys of a map, in one order in every copy: by UTF-16 units, as browsers sort.
pub(crate) fn keys(txn: &impl ReadTxn, map: &MapRef) -> Vec<String> {
    let mut keys: Vec<String> = map.keys(txn).map(str::to_owned).collect();
    keys.sort_by(|a, b| by_units(a, b));
    keys
}

pub(crate) fn by_units(a: &str, b: &str) -> std::cmp::Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The name in the document of a field whose own name is `field`: ours are `$order` and `$empty`.
pub(crate) fn escaped(field: &str) -> String {
    if is_ours(field) {
        format!("${field}")
    } else {
        field.to_owned()
    }
}

/// The own name of a field; `None` when it is ours and stands for no field.
pub(crate) fn unescaped(key: &str) -> Option<&str> {
    match key {
        ORDER | EMPTY => None,
        _ if is_ours(key) => Some(&key[1..]),
        _ => Some(key),
    }
}

/// Whether this is one of our names after any number of `$`.
fn is_ours(key: &str) -> bool {
    key.starts_with('$') && matches!(key.trim_start_matches('$'), "order" | "empty")
}
