//! A document as the workflow that it shows, and complaints about what it cannot show.
//!
//! Total: any merge of anything, also what a hostile client put there, gives a workflow and [`Problem`]s. What
//! cannot be shown stays in the document where it is, so it is never lost; each such thing is a Problem with its
//! place and what to do. An edge to a missing node, a cycle, two nodes of one id can be shown: the checks of the
//! workflow find these.

mod entries;
mod fields;
mod list;

use flowforge_engine::workflow::{Config, Extra, Graph};
use flowforge_engine::{Problem, Workflow, WorkflowId};
use serde_json::Value as Json;
use yrs::{Doc, Map, MapRef, ReadTxn, Transact};

use crate::document::{EDGES, META, META_FIELDS, NODES};
use fields::{Fields, extra, fitted, read_fields, wrong};
pub(crate) use list::written_order;
use list::{Listed, list};

/// What a document shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Projected {
    /// The workflow; always there, if need be empty.
    pub workflow: Workflow,
    /// What the document holds and the workflow cannot show, in the order of the document.
    pub problems: Vec<Problem>,
}

/// Under which keys the entries of the shown workflow lie, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    pub(crate) nodes: Vec<String>,
    pub(crate) edges: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) groups: Vec<String>,
}

/// What a document shows, and where it lies.
pub(crate) struct Shown {
    pub(crate) projected: Projected,
    pub(crate) keys: Keys,
    /// Whether there is nothing in it yet.
    pub(crate) is_blank: bool,
}

/// The workflow that a document shows.
#[must_use]
pub fn project(doc: &Doc) -> Projected {
    project_in(&doc.transact())
}

/// The same in a transaction that is open already.
#[must_use]
pub(crate) fn project_in(txn: &impl ReadTxn) -> Projected {
    show(txn).projected
}

pub(crate) fn show(txn: &impl ReadTxn) -> Shown {
    let mut problems = Vec::new();
    let mut keys = Keys::default();
    let root = |name| txn.get_map(name);
    let len = |root: &Option<MapRef>| root.as_ref().map_or(0, |map| map.len(txn));
    let (nodes, edges, meta) = (root(NODES), root(EDGES), root(META));
    let is_blank = len(&nodes) + len(&edges) + len(&meta) == 0;
    let mut graph = Graph::default();
    let found = list(txn, nodes.as_ref(), "nodes", &mut problems);
    (keys.nodes, graph.nodes) = entries::nodes(found, &mut problems);
    let found = list(txn, edges.as_ref(), "edges", &mut problems);
    (keys.edges, graph.edges) = entries::edges(found, &mut problems);
    let mut workflow = own_fields(txn, meta.as_ref(), &mut problems);
    workflow.graph = graph;
    workflow.graph.extra = graph_extra(txn, meta.as_ref(), &mut keys, &mut problems);
    let problems = if is_blank { Vec::new() } else { problems };
    Shown {
        projected: Projected { workflow, problems },
        keys,
        is_blank,
    }
}

fn own_fields(txn: &impl ReadTxn, meta: Option<&MapRef>, problems: &mut Vec<Problem>) -> Workflow {
    let mut own = read_fields(txn, meta, "", problems, |name| META_FIELDS.contains(&name));
    let mut more = record(txn, meta, "extra", "", problems);
    more.retain(|name, _| {
        let is_own =
            matches!(name.as_str(), "graph" | "config") || META_FIELDS.contains(&name.as_str());
        if is_own {
            problems.push(wrong(
                format!("/{name}"),
                "a field of the workflow stands among the unknown ones",
            ));
        }
        !is_own
    });
    own.append(&mut more);
    let config = record(txn, meta, "config", "/config", problems);
    Workflow {
        id: id_of(&mut own, problems),
        name: taken(&mut own, "name", problems).unwrap_or_default(),
        version: taken(&mut own, "version", problems).unwrap_or(1),
        config: fitted::<Config>(config, "/config", problems),
        graph: Graph::default(),
        extra: extra(own),
    }
}

fn id_of(own: &mut Fields, problems: &mut Vec<Problem>) -> WorkflowId {
    match own.remove("id") {
        Some(Json::String(id)) => WorkflowId::from(id),
        _ => {
            let hint = "save the workflow once, or restore a version of it";
            let problem = wrong("/id", "the document has no id that is a text");
            problems.push(problem.with_hint(hint.to_owned()));
            WorkflowId::from("")
        }
    }
}

/// A field of the workflow, when it has the right type.
fn taken<T: serde::de::DeserializeOwned>(
    own: &mut Fields,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let found: Result<T, serde_json::Error> = serde_json::from_value(own.remove(name)?);
    found
        .map_err(|_| problems.push(wrong(format!("/{name}"), fields::expected(name))))
        .ok()
}

/// The fields of a map inside `meta`.
fn record(
    txn: &impl ReadTxn,
    meta: Option<&MapRef>,
    name: &str,
    place: &str,
    problems: &mut Vec<Problem>,
) -> Fields {
    match meta.and_then(|meta| meta.get(txn, name)) {
        Some(yrs::Out::YMap(map)) => read_fields(txn, Some(&map), place, problems, |_| true),
        None | Some(yrs::Out::Any(yrs::Any::Undefined)) => Fields::new(),
        Some(other) => match fields::read_record(txn, &other) {
            Some(fields) => fields,
            None => {
                problems.push(wrong(format!("/{name}"), "expected a record"));
                Fields::new()
            }
        },
    }
}

fn graph_extra(
    txn: &impl ReadTxn,
    meta: Option<&MapRef>,
    keys: &mut Keys,
    problems: &mut Vec<Problem>,
) -> Extra {
    let mut plain = record(txn, meta, "graphExtra", "/graph", problems);
    for name in ["nodes", "edges"] {
        if plain.remove(name).is_some() {
            let what = "a list of the graph stands among the unknown fields";
            problems.push(wrong(format!("/graph/{name}"), what));
        }
    }
    let map_of = |name| match meta.and_then(|meta| meta.get(txn, name)) {
        Some(yrs::Out::YMap(map)) => Some(map),
        _ => None,
    };
    let (notes, groups) = (map_of("notes"), map_of("groups"));
    let found = list(txn, notes.as_ref(), "notes", problems);
    keys.notes = put_list(&mut plain, "notes", found, entries::note, problems);
    let found = list(txn, groups.as_ref(), "groups", problems);
    keys.groups = put_list(&mut plain, "groups", found, entries::group, problems);
    extra(plain)
}

/// Puts a list of entries among the graph's fields, when it has any; the keys of the entries.
fn put_list(
    plain: &mut Fields,
    name: &str,
    found: Vec<Listed>,
    shown: fn(Listed) -> (String, Json),
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    if found.is_empty() {
        return Vec::new();
    }
    let (keys, items) = found.into_iter().map(shown).unzip();
    let hidden = plain.insert(name.to_owned(), Json::Array(items));
    if hidden.is_some_and(|hidden| hidden != Json::Array(Vec::new())) {
        let what = format!("two different {name} were made at once; one of them is shown");
        problems.push(wrong(format!("/graph/{name}"), what));
    }
    keys
}
