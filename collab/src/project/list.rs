//! The entries of a list, as they lie in a shared map: each with its key, in the list's order.

use flowforge_engine::{Place, Problem};
use serde_json::Value as Json;
use yrs::{Any, Map, MapRef, Out, ReadTxn};

use super::fields::{Fields, read_fields, read_record, wrong};
use crate::document::ORDER;
use crate::document::read::{by_units, keys, present};

/// An entry that can be shown.
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) fields: Fields,
}

/// The entries of a root or of a list in `meta`, in order. What is no record is a problem.
pub(super) fn list(
    txn: &impl ReadTxn,
    map: Option<&MapRef>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Listed> {
    let Some(map) = map else { return Vec::new() };
    let mut found: Vec<(f64, String, Out)> = keys(txn, map)
        .into_iter()
        .filter_map(|key| {
            let entry = present(txn, map, &key)?;
            Some((order_of(txn, &entry), key, entry))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| by_units(&a.1, &b.1)));
    let found = found.into_iter();
    found
        .filter_map(|(_, key, entry)| listed(txn, key, &entry, name, problems))
        .collect()
}

fn listed(
    txn: &impl ReadTxn,
    key: String,
    entry: &Out,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Listed> {
    let place = format!(
        "/graph/{name}/{}",
        key.replace('~', "~0").replace('/', "~1")
    );
    let fields = match entry {
        Out::YMap(map) => {
            let from = problems.len();
            let mut fields = read_fields(txn, Some(map), &place, problems, |_| true);
            put_members(txn, map, name, &mut fields);
            if name == "nodes" {
                point_at(&mut problems[from..], &key);
            }
            Some(fields)
        }
        other => read_record(txn, other),
    };
    if fields.is_none() {
        let problem = wrong(
            place,
            format!("expected a record in `{name}`, found something else"),
        );
        problems
            .push(problem.with_hint("remove it in the editor, or restore a version".to_owned()));
    }
    fields.map(|fields| Listed { key, fields })
}

/// A group's members are a map from name to order; they are shown as a list.
fn put_members(txn: &impl ReadTxn, map: &MapRef, name: &str, fields: &mut Fields) {
    if name != "groups" {
        return;
    }
    if let Some(Out::YMap(members)) = map.get(txn, "nodes") {
        fields.insert("nodes".into(), Json::Array(names(txn, &members)));
    }
}

fn names(txn: &impl ReadTxn, members: &MapRef) -> Vec<Json> {
    let mut found: Vec<(f64, String)> = keys(txn, members)
        .into_iter()
        .filter_map(|key| Some((order_of(txn, &present(txn, members, &key)?), key)))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| by_units(&a.1, &b.1)));
    found
        .into_iter()
        .map(|(_, key)| Json::String(key))
        .collect()
}

/// Says of which node the problems are.
fn point_at(problems: &mut [Problem], key: &str) {
    for problem in problems {
        problem.place = Place {
            node: Some(key.into()),
            ..std::mem::take(&mut problem.place)
        };
    }
}

/// Where an entry stands; an entry that does not say so stands at 0.
fn order_of(txn: &impl ReadTxn, entry: &Out) -> f64 {
    // Minus zero is zero.
    written_order(txn, entry).unwrap_or(0.0) + 0.0
}

/// The order that is written in an entry: a number that is one.
pub(crate) fn written_order(txn: &impl ReadTxn, entry: &Out) -> Option<f64> {
    let number = match entry {
        Out::YMap(map) => map.get(txn, ORDER)?,
        Out::Any(Any::Map(fields)) => Out::Any(fields.get(ORDER)?.clone()),
        other => other.clone(),
    };
    match number {
        #[expect(clippy::cast_precision_loss, reason = "orders are small numbers")]
        Out::Any(Any::Number(yrs::any::Number::Int(int))) => Some(int as f64),
        Out::Any(Any::Number(yrs::any::Number::Float(float))) => Some(float),
        _ => None,
    }
    .filter(|order| order.is_finite())
}
