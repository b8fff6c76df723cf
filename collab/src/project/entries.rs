//! Nodes, edges, notes and groups, each from its fields.

use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{Place, Problem};
use serde_json::Value as Json;

use super::fields::{Fields, fit, wrong};
use super::list::Listed;

/// The nodes, and the keys that they lie under.
pub(super) fn nodes(found: Vec<Listed>, problems: &mut Vec<Problem>) -> (Vec<String>, Vec<Node>) {
    let found = found.into_iter();
    found.filter_map(|listed| node(listed, problems)).unzip()
}

fn node(Listed { key, mut fields }: Listed, problems: &mut Vec<Problem>) -> Option<(String, Node)> {
    let mut found = Vec::new();
    let needed = Fields::from_iter([
        needed(&mut fields, "id", &key, &mut found),
        needed(&mut fields, "type", "", &mut found),
    ]);
    look_at_position(&fields, &mut found);
    let params = fields.get("params").and_then(Json::as_object);
    if params.is_some_and(serde_json::Map::is_empty) {
        fields.remove("params");
    }
    let made: Option<Node> = fit(fields, &needed, "", &mut found);
    problems.extend(found.into_iter().map(|problem| {
        let field = problem.place.field.clone().unwrap_or_default();
        problem.at(Place::node(key.as_str()).in_field(field))
    }));
    Some((key, made?))
}

/// A text that the entry cannot be without; `otherwise` when there is none.
fn needed(
    fields: &mut Fields,
    name: &str,
    otherwise: &str,
    problems: &mut Vec<Problem>,
) -> (String, Json) {
    let text = match fields.remove(name) {
        Some(Json::String(text)) => text,
        _ => {
            let hint = format!("set the field `{name}`");
            let problem = wrong(format!("/{name}"), "expected a text");
            problems.push(problem.with_hint(hint));
            otherwise.to_owned()
        }
    };
    (name.to_owned(), Json::String(text))
}

/// A place on the canvas is two numbers. Anything else is kept, as every field that is for people alone.
fn look_at_position(fields: &Fields, problems: &mut Vec<Problem>) {
    let Some(position) = fields.get("position") else {
        return;
    };
    let is_number = |name| position.get(name).is_some_and(Json::is_number);
    if !is_number("x") || !is_number("y") {
        let problem = Problem::warning("no-position", "expected the two numbers `x` and `y`")
            .at(Place::field("/position"));
        problems.push(problem.with_hint("move the node".to_owned()));
    }
}

/// The edges, and the keys that they lie under.
pub(super) fn edges(found: Vec<Listed>, problems: &mut Vec<Problem>) -> (Vec<String>, Vec<Edge>) {
    let found = found.into_iter();
    found.filter_map(|listed| edge(listed, problems)).unzip()
}

fn edge(Listed { key, mut fields }: Listed, problems: &mut Vec<Problem>) -> Option<(String, Edge)> {
    let place = format!("/graph/edges/{}", key.replace('~', "~0").replace('/', "~1"));
    let ends = ["source", "target"].map(|name| (name.to_owned(), fields.remove(name)));
    let mut needed = Fields::new();
    for (name, end) in ends {
        match end {
            Some(Json::String(end)) => drop(needed.insert(name, Json::String(end))),
            _ => {
                let what = format!("an edge needs the node that it joins in `{name}`");
                let problem = wrong(format!("{place}/{name}"), what);
                problems.push(problem.with_hint("remove the edge and draw it again".to_owned()));
                return None;
            }
        }
    }
    Some((key, fit(fields, &needed, &place, problems)?))
}

/// A note, with the key that it lies under.
pub(super) fn note(Listed { key, mut fields }: Listed) -> (String, Json) {
    keep_id(&mut fields, &key);
    (key, Json::Object(fields))
}

/// A group, with the key that it lies under. Its members are names, each there once.
pub(super) fn group(Listed { key, mut fields }: Listed) -> (String, Json) {
    keep_id(&mut fields, &key);
    let members = fields.get("nodes").and_then(Json::as_array);
    let mut names: Vec<Json> = Vec::new();
    for member in members
        .into_iter()
        .flatten()
        .filter(|member| member.is_string())
    {
        if !names.contains(member) {
            names.push(member.clone());
        }
    }
    fields.insert("nodes".into(), Json::Array(names));
    (key, Json::Object(fields))
}

fn keep_id(fields: &mut Fields, key: &str) {
    if !fields.get("id").is_some_and(Json::is_string) {
        fields.insert("id".into(), Json::String(key.to_owned()));
    }
}
