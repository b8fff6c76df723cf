//! What a document holds when it shows a workflow: the same parts as the editor's `load.ts` makes.

use std::collections::BTreeMap;

use flowforge_engine::Workflow;
use serde_json::{Map as JsonMap, Value as Json};

use super::read::escaped;
use super::{EMPTY, META_FIELDS, Texts};

type Fields = JsonMap<String, Json>;

/// A workflow, laid out.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<Entry>,
    pub(crate) edges: Vec<Entry>,
    /// The fields of `meta`, without its lists.
    pub(crate) meta: Record,
    pub(crate) notes: Vec<Entry>,
    pub(crate) groups: Vec<Entry>,
}

/// The fields of a shared map.
pub(crate) type Record = BTreeMap<String, Part>;

/// One thing in a list.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// What it is called; its key in the document unless another has it already.
    pub(crate) name: String,
    pub(crate) part: Part,
}

/// What lies under a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    /// A value that is replaced as a whole.
    Plain(Json),
    /// Text that several people may write in.
    Text(String),
    /// A record that several people may change fields of.
    Record(Record),
    /// The members of a group: a map from name to order.
    Members(Vec<Entry>),
    /// A member: only its order is written.
    Member,
}

/// Lays a workflow out.
pub(crate) fn lay(workflow: &Workflow, texts: &Texts) -> Layout {
    let mut fields = object(serde_json::to_value(workflow).unwrap_or_default());
    let mut graph = object(fields.remove("graph").unwrap_or_default());
    let nodes = list(graph.remove("nodes"));
    let edges = list(graph.remove("edges"));
    let notes = take_list(&mut graph, "notes", is_note);
    let groups = take_list(&mut graph, "groups", is_group);
    let config = fields.remove("config").map(object);
    let (own, extra): (Fields, Fields) = fields
        .into_iter()
        .partition(|(name, _)| META_FIELDS.contains(&name.as_str()));
    let mut meta = plain_record(own);
    meta.insert("config".into(), Part::Record(config_record(config)));
    meta.insert("extra".into(), Part::Record(plain_record(extra)));
    meta.insert("graphExtra".into(), Part::Record(plain_record(graph)));
    Layout {
        nodes: nodes
            .into_iter()
            .map(|node| node_entry(node, texts))
            .collect(),
        edges: edges.into_iter().map(edge_entry).collect(),
        meta,
        notes: notes.into_iter().map(note_entry).collect(),
        groups: groups.into_iter().map(group_entry).collect(),
    }
}

fn object(json: Json) -> Fields {
    match json {
        Json::Object(fields) => fields,
        _ => Fields::new(),
    }
}

fn list(json: Option<Json>) -> Vec<Json> {
    match json {
        Some(Json::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The list under a name, when it can be a list of entries. Any other value, and the empty list, which has no entry
/// to stand for it, stays a plain field.
fn take_list(graph: &mut Fields, name: &str, is_entry: fn(&Json) -> bool) -> Vec<Json> {
    let is_list = graph
        .get(name)
        .and_then(Json::as_array)
        .is_some_and(|items| !items.is_empty() && items.iter().all(is_entry));
    list(is_list.then(|| graph.remove(name)).flatten())
}

fn is_note(note: &Json) -> bool {
    note.get("id").is_some_and(Json::is_string)
}

fn is_group(group: &Json) -> bool {
    let members = group.get("nodes").and_then(Json::as_array);
    group.get("id").is_some_and(Json::is_string) && members.is_some_and(|ids| are_names(ids))
}

/// Whether these are texts, no two of them alike.
fn are_names(ids: &[Json]) -> bool {
    let mut names: Vec<&str> = ids.iter().filter_map(Json::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.len() == ids.len()
}

fn plain_record(fields: Fields) -> Record {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (escaped(&name), Part::Plain(value)))
        .collect()
}

/// The configuration; its variables are records that several people may change.
fn config_record(config: Option<Fields>) -> Record {
    let Some(mut config) = config else {
        return Record::new();
    };
    let vars = config.remove("vars");
    let mut record = plain_record(config);
    record.extend(vars.map(|vars| ("vars".to_owned(), deep(vars))));
    if record.is_empty() {
        record.insert(EMPTY.into(), Part::Plain(Json::Bool(true)));
    }
    record
}

/// Every level of record as a shared map, everything else plain.
fn deep(value: Json) -> Part {
    match value {
        Json::Object(fields) => Part::Record(
            fields
                .into_iter()
                .map(|(name, value)| (name, deep(value)))
                .collect(),
        ),
        plain => Part::Plain(plain),
    }
}

fn node_entry(node: Json, texts: &Texts) -> Entry {
    let mut fields = object(node);
    let params = object(fields.remove("params").unwrap_or_default());
    let kind = text_of(&fields, "type");
    let params = params.into_iter().map(|(name, value)| {
        let part = match value {
            Json::String(text) if texts.is_text(&kind, &name) => Part::Text(text),
            value => deep(value),
        };
        (name, part)
    });
    let params = params.collect();
    let name = text_of(&fields, "id");
    let mut record = plain_record(fields);
    record.insert("params".into(), Part::Record(params));
    Entry {
        name,
        part: Part::Record(record),
    }
}

fn edge_entry(edge: Json) -> Entry {
    let fields = object(edge);
    Entry {
        name: edge_name(&fields),
        part: Part::Record(plain_record(fields)),
    }
}

/// What an edge is called in a document: its id, or its ends.
fn edge_name(edge: &Fields) -> String {
    let end = |name: &str, otherwise: &str| {
        let text = edge.get(name).and_then(Json::as_str);
        text.unwrap_or(otherwise).to_owned()
    };
    match edge.get("id").and_then(Json::as_str) {
        Some(id) => id.to_owned(),
        None => format!(
            "{}.{}>{}.{}",
            end("source", ""),
            end("sourcePort", "out"),
            end("target", ""),
            end("targetPort", "in")
        ),
    }
}

fn note_entry(note: Json) -> Entry {
    let mut fields = object(note);
    let name = text_of(&fields, "id");
    let text = fields.remove("text");
    let mut record = plain_record(fields);
    let text = text.map(|text| match text {
        Json::String(text) => Part::Text(text),
        other => Part::Plain(other),
    });
    record.extend(text.map(|text| ("text".to_owned(), text)));
    Entry {
        name,
        part: Part::Record(record),
    }
}

fn group_entry(group: Json) -> Entry {
    let mut fields = object(group);
    let name = text_of(&fields, "id");
    let members = list(fields.remove("nodes"));
    let members = members.iter().filter_map(Json::as_str).map(|id| Entry {
        name: id.to_owned(),
        part: Part::Member,
    });
    let members = Part::Members(members.collect());
    let mut record = plain_record(fields);
    record.insert("nodes".into(), members);
    Entry {
        name,
        part: Part::Record(record),
    }
}

fn text_of(fields: &Fields, name: &str) -> String {
    let text = fields.get(name).and_then(Json::as_str);
    text.unwrap_or_default().to_owned()
}
