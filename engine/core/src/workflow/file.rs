//! Workflow files: YAML or JSON, the same fields, read and written without loss.
//!
//! Files come from strangers, so everything is bounded before it is built: the source, the nesting,
//! the number of values, what aliases expand to. A wrong file is one error with its place; a readable
//! file with a wrong workflow in it is the business of the checks.

use super::places::{self, Places};
use super::survey::{Bounds, survey};
use super::{Edge, Extra, Node, Workflow, did_you_mean};
use crate::value::Value;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Most nodes that a file may hold.
pub const NODES_MAX: usize = 20_000;
/// Most edges that a file may hold.
pub const EDGES_MAX: usize = 100_000;
/// Most values (texts, numbers, lists, records) that a file may hold.
pub const VALUES_MAX: usize = 600_000;
/// Deepest nesting of lists and records in a file. Readers recurse, so this bounds their stack.
pub const FILE_DEPTH_MAX: usize = 64;
/// Most values that YAML aliases may stand for, all together.
const ALIASED_VALUES_MAX: usize = 50_000;

/// Why a text is not a workflow, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct FileError {
    /// One sentence: what was expected and what was found.
    pub message: String,
    /// What to do next, when something can be said.
    pub hint: Option<String>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

/// A workflow cannot be written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the workflow holds a value nested so deep that a file would pass {FILE_DEPTH_MAX} levels")]
pub struct TooDeep;

impl FileError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            line: 1,
            column: 1,
        }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    fn at(self, line: u32, column: u32) -> Self {
        Self {
            line: line.max(1),
            column: column.max(1),
            ..self
        }
    }
}

/// Reads a workflow from YAML or JSON.
///
/// # Errors
/// The first thing in the text that is not a workflow, with its place.
pub fn parse(text: &str) -> Result<Workflow, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > FILE_BYTES_MAX {
        return Err(too_large(text.len()));
    }
    let workflow = if is_json(text) {
        parse_json(text)?
    } else {
        parse_yaml(text)?
    };
    bounded(text, workflow)
}

/// Reads a workflow, and where in the text each of its parts stands.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_places(text: &str) -> Result<(Workflow, Places), FileError> {
    let workflow = parse(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::new(text, &workflow);
    Ok((workflow, places))
}

/// The bytes before a line and column of a text; its length when it has no such place.
#[must_use]
pub fn offset(text: &str, line: u32, column: u32) -> usize {
    let skip = |number: u32| number.saturating_sub(1) as usize;
    let before: usize = text
        .split_inclusive('\n')
        .take(skip(line))
        .map(str::len)
        .sum();
    let rest = &text[before..];
    let inside = rest
        .char_indices()
        .nth(skip(column))
        .map_or(rest.len(), |(at, _)| at);
    before + inside
}

/// The document as YAML that reads back equal.
///
/// # Errors
/// When a parameter is nested deeper than a file may be.
pub fn to_yaml(workflow: &Workflow) -> Result<String, TooDeep> {
    writable(workflow)?;
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        folded_wrap_chars: FILE_BYTES_MAX,
    };
    serde_saphyr::to_string_with_options(workflow, options).map_err(|_| TooDeep)
}

/// The document as indented JSON that reads back equal.
///
/// # Errors
/// As [`to_yaml`].
pub fn to_json(workflow: &Workflow) -> Result<String, TooDeep> {
    writable(workflow)?;
    let json = serde_json::to_string_pretty(workflow).map_err(|_| TooDeep)?;
    Ok(json + "\n")
}

fn writable(workflow: &Workflow) -> Result<(), TooDeep> {
    if depth(workflow) > FILE_DEPTH_MAX {
        Err(TooDeep)
    } else {
        Ok(())
    }
}

/// How deep lists and records are nested in the document.
fn depth(workflow: &Workflow) -> usize {
    let Workflow { config, graph, .. } = workflow;
    let node = |node: &Node| {
        let retry = node
            .retry
            .as_ref()
            .map_or(0, |retry| 5 + deepest(&retry.extra));
        retry
            .max(4 + deepest(&node.extra))
            .max(5 + deepest(&node.params))
    };
    let nodes = graph.nodes.iter().map(node).max().unwrap_or(0);
    let edges = graph
        .edges
        .iter()
        .map(|edge| 4 + deepest(&edge.extra))
        .max()
        .unwrap_or(0);
    let retry = config
        .retry
        .as_ref()
        .map_or(0, |retry| 3 + deepest(&retry.extra));
    let maps = [&config.vars, &config.limits.extra].map(|map| 3 + deepest(map));
    let shallow = [
        2 + deepest(&config.extra),
        2 + deepest(&graph.extra),
        1 + deepest(&workflow.extra),
    ];
    [nodes, edges, retry]
        .into_iter()
        .chain(maps)
        .chain(shallow)
        .max()
        .unwrap_or(0)
}

fn deepest(values: &Extra) -> usize {
    values
        .values()
        .map(|value| value.depth() as usize)
        .max()
        .unwrap_or(0)
}

/// The document as a value, with every field.
pub(super) fn to_value(workflow: &Workflow) -> Value {
    serde_json::to_value(workflow)
        .map(|json| Value::from_json(&json))
        .unwrap_or_default()
}

/// JSON begins with `{"`, `{}` or `[`; a YAML flow mapping seldom does.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let inside = text.strip_prefix('{').map(str::trim_start);
    text.starts_with('[') || inside.is_some_and(|inside| inside.starts_with(['"', '}']))
}

fn parse_json(text: &str) -> Result<Workflow, FileError> {
    let bounds = Bounds {
        values_max: VALUES_MAX,
        depth_max: FILE_DEPTH_MAX,
    };
    survey(text, bounds)
        .and_then(|()| serde_json::from_str(text))
        .map_err(|error| json_error(text, &error))
}

fn parse_yaml(text: &str) -> Result<Workflow, FileError> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| yaml_error(text, &error))
}

/// How YAML is read: YAML 1.2 booleans, no foreign tags, and everything bounded.
pub(super) fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: FILE_DEPTH_MAX,
            flow_nesting_limit: FILE_DEPTH_MAX,
            max_nodes: VALUES_MAX,
            max_events: 2 * VALUES_MAX,
            max_documents: 2,
            max_aliases: ALIASED_VALUES_MAX,
            max_anchors: ALIASED_VALUES_MAX,
            max_recorded_anchor_events: 4 * ALIASED_VALUES_MAX,
            max_recorded_anchor_bytes: FILE_BYTES_MAX,
            max_total_scalar_bytes: 4 * FILE_BYTES_MAX,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: ALIASED_VALUES_MAX,
        },
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// What serde cannot say: names that must not be empty, and how much a workflow may hold.
fn bounded(text: &str, workflow: Workflow) -> Result<Workflow, FileError> {
    let graph = &workflow.graph;
    if graph.nodes.len() > NODES_MAX {
        return Err(too_many("nodes", graph.nodes.len(), NODES_MAX));
    }
    if graph.edges.len() > EDGES_MAX {
        return Err(too_many("edges", graph.edges.len(), EDGES_MAX));
    }
    match empty_name(&workflow) {
        Some(pointer) => Err(empty(text, &pointer)),
        None => Ok(workflow),
    }
}

/// The pointer to a name that is empty.
fn empty_name(workflow: &Workflow) -> Option<String> {
    let unnamed = |node: &Node| {
        let fields = [("id", node.id.as_str()), ("type", &node.kind)];
        fields
            .into_iter()
            .find(|(_, text)| text.is_empty())
            .map(|(field, _)| field)
    };
    let unended = |edge: &Edge| {
        let fields = [
            ("source", edge.source.as_str()),
            ("sourcePort", &edge.source_port),
            ("target", edge.target.as_str()),
            ("targetPort", &edge.target_port),
        ];
        fields
            .into_iter()
            .find(|(_, text)| text.is_empty())
            .map(|(field, _)| field)
    };
    if workflow.id.as_str().is_empty() {
        return Some("/id".into());
    }
    let nodes = workflow.graph.nodes.iter().map(unnamed).enumerate();
    let edges = workflow.graph.edges.iter().map(unended).enumerate();
    let node = nodes
        .filter_map(|(at, field)| Some(format!("/graph/nodes/{at}/{}", field?)))
        .next();
    node.or_else(|| {
        edges
            .filter_map(|(at, field)| Some(format!("/graph/edges/{at}/{}", field?)))
            .next()
    })
}

fn empty(text: &str, pointer: &str) -> FileError {
    let field = pointer.rsplit('/').next().unwrap_or_default();
    let error = FileError::new(format!("the field `{field}` is empty"))
        .with_hint("give it a text of at least one character");
    match places::spot(text, pointer) {
        Some(spot) => error.at(spot.line, spot.column),
        None => error,
    }
}

fn too_large(bytes: usize) -> FileError {
    FileError::new(format!(
        "the file has {bytes} bytes, more than the {FILE_BYTES_MAX} a workflow file may have"
    ))
    .with_hint("keep data out of the workflow: pass it as the run's input")
}

fn too_many(what: &str, found: usize, allowed: usize) -> FileError {
    FileError::new(format!(
        "the file holds {found} {what}, more than {allowed}"
    ))
    .with_hint("split the workflow, and call the parts with `flow.call`")
}

fn json_error(text: &str, error: &serde_json::Error) -> FileError {
    let message = error.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    if let Some(error) = missing(text, message) {
        return error;
    }
    let place = value_place(text, error).unwrap_or_else(|| json_place(text, error));
    explain(message).at(place.0, place.1)
}

/// The end of what was read, in characters.
fn json_place(text: &str, error: &serde_json::Error) -> (u32, u32) {
    let line = text
        .split('\n')
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let end = line.floor_char_boundary(error.column().min(line.len()));
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (small(error.line()), small(line[..end].chars().count()))
}

/// The beginning of the wrong value: serde_json tells only where it ends, the YAML reader tells both.
fn value_place(text: &str, error: &serde_json::Error) -> Option<(u32, u32)> {
    if !error.is_data() {
        return None;
    }
    let error = parse_yaml(text).err()?;
    Some((error.line, error.column))
}

fn yaml_error(text: &str, error: &serde_saphyr::Error) -> FileError {
    use serde_saphyr::Error;
    let error = error.without_snippet();
    if let Error::SerdeMissingField { field, .. } = error
        && let Some(error) = missing(text, &format!("missing field `{field}`"))
    {
        return error;
    }
    let place = error.location().map(places::Spot::from);
    let explained = yaml_message(text, error);
    match place {
        Some(spot) => explained.at(spot.line, spot.column),
        None => explained,
    }
}

fn yaml_message(text: &str, error: &serde_saphyr::Error) -> FileError {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => yaml_message(text, error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => {
            FileError::new("the file is nested too deep, or holds too much")
                .with_hint("write aliases out, and keep data out of the workflow")
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            FileError::new("an alias stands inside what it refers to")
                .with_hint("write the value out instead of the alias")
        }
        Error::UnsupportedTag { tag, .. } => {
            FileError::new(format!("the tag `{}` is not allowed", shortened(tag)))
                .with_hint("remove the tag: only plain values are read")
        }
        Error::MultipleDocuments { .. } => {
            FileError::new("the file holds more than one YAML document")
                .with_hint("remove what follows `---`, or make it a file of its own")
        }
        Error::NonFiniteFloat { value, .. } => FileError::new(format!(
            "`{}` is not a number that can be kept",
            shortened(value)
        ))
        .with_hint("put it in quotes to make it a text; not-a-number is `{ $float: NaN }`"),
        Error::DuplicateMappingKey { key, .. } => explain(&format!(
            "duplicate field `{}`",
            key.as_deref().unwrap_or("?")
        )),
        Error::InvalidScalar { ty, .. } => explain(&format!(
            "invalid value: {}, expected {ty}",
            written(text, error)
        )),
        _ if text.trim().is_empty() => FileError::new("the file is empty"),
        Error::Unexpected { expected, .. } => explain(&format!(
            "invalid type: {}, expected {expected}",
            written(text, error)
        )),
        Error::NullIntoString { .. } => explain("invalid type: null, expected a string"),
        _ => explain(&message_alone(error)),
    }
}

/// The library's sentence without the place that it puts behind it.
fn message_alone(error: &serde_saphyr::Error) -> String {
    let message = error.to_string();
    let end = message.find(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

/// What stands at the place of an error, up to the end of its line.
fn written(text: &str, error: &serde_saphyr::Error) -> String {
    let start = error.location().map_or(0, places::offset);
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().trim_end();
    match line.chars().next() {
        None => "nothing".into(),
        Some('{') => "a record".into(),
        Some('[') => "a list".into(),
        Some('-') if line[1..].starts_with(' ') => "a list".into(),
        _ => format!(
            "`{}`",
            line.split([',', '}', ']', '#'])
                .next()
                .unwrap_or_default()
                .trim_end()
        ),
    }
}

/// Serde's sentence in our words, with advice.
fn explain(message: &str) -> FileError {
    mistyped(message)
        .or_else(|| unknown(message))
        .or_else(|| twice(message))
        .or_else(|| too_much(message))
        .unwrap_or_else(|| FileError::new(shortened(message)))
}

fn missing(text: &str, message: &str) -> Option<FileError> {
    let field = message.strip_prefix("missing field `")?.split('`').next()?;
    let advice = match field {
        "id" => "give it an `id` that never changes: `id: fetch`",
        "graph" | "nodes" => "put `nodes` and `edges` under `graph`",
        "type" => "say what kind of node it is: `type: http.request`",
        "source" | "target" => "an edge names the nodes it joins: `{ source: a, target: b }`",
        _ => "add it",
    };
    let error = FileError::new(format!("the field `{field}` is missing")).with_hint(advice);
    Some(match places::missing(text, field) {
        Some((spot, Some(meant))) => error
            .with_hint(format!("did you mean `{field}` where you wrote `{meant}`?"))
            .at(spot.line, spot.column),
        Some((spot, None)) => error.at(spot.line, spot.column),
        None => error,
    })
}

fn mistyped(message: &str) -> Option<FileError> {
    let rest = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some(FileError::new(format!(
        "expected {}, found {}",
        expectation(expected),
        finding(found)
    )))
}

fn expectation(expected: &str) -> &str {
    match expected {
        "struct Workflow" => "a workflow: a record with the fields `id` and `graph`",
        "struct Graph" => "a record with the fields `nodes` and `edges`",
        "struct Node" => "a node: a record with the fields `id` and `type`",
        "struct Edge" => "an edge: a record with the fields `source` and `target`",
        "struct Config" | "struct Retry" | "struct Limits" | "a map" | "mapping start" => {
            "a record"
        }
        "a sequence" | "sequence start" => "a list",
        "a string" | "string scalar" | "scalar" => "a text",
        "a boolean" | "bool" => "true or false",
        "u32" | "u64" => "a whole number, 0 or greater",
        "i64" => "a whole number",
        "f64" | "floating point" => "a number",
        other => other,
    }
}

fn finding(found: &str) -> String {
    let found = match found {
        "map" => "a record",
        "sequence" => "a list",
        "unit value" | "null" | "unit" => "nothing",
        other => other,
    };
    let plain =
        found
            .replacen("string \"", "the text \"", 1)
            .replacen("integer `", "the number `", 1);
    shortened(
        &plain
            .replacen("floating point `", "the number `", 1)
            .replacen("boolean `", "`", 1),
    )
}

fn unknown(message: &str) -> Option<FileError> {
    let rest = message.strip_prefix("unknown variant `")?;
    let (found, expected) = rest.split_once("`, expected ")?;
    let names: Vec<&str> = expected
        .trim_start_matches("one of ")
        .split([',', ' '])
        .map(|name| name.trim_matches('`'))
        .filter(|name| !name.is_empty() && *name != "or")
        .collect();
    let found = shortened(found);
    let error = FileError::new(format!(
        "expected one of {}, found `{found}`",
        names.join(", ")
    ));
    let hint = did_you_mean(&found, names.iter().copied());
    Some(FileError { hint, ..error })
}

fn twice(message: &str) -> Option<FileError> {
    let field = message
        .strip_prefix("duplicate field `")?
        .strip_suffix('`')?;
    Some(
        FileError::new(format!("the field `{}` is there twice", shortened(field)))
            .with_hint("keep one of them"),
    )
}

fn too_much(message: &str) -> Option<FileError> {
    match message {
        "too many values" => Some(FileError::new(format!(
            "the file holds more than {VALUES_MAX} values"
        ))),
        "recursion limit exceeded" => Some(FileError::new(format!(
            "the file is nested deeper than {FILE_DEPTH_MAX} levels"
        ))),
        _ => None,
    }
    .map(|error| error.with_hint("keep data out of the workflow: pass it as the run's input"))
}

/// At most 200 characters, on one line.
fn shortened(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
