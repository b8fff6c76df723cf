//! One read of a value, replaced wherever the same value is read.
//!
//! A fix that mends one node and leaves another reading the old name would finish the run with a wrong result.
//! So a rewrite goes to every node that reads what comes from the same place.

use flowforge_engine::edit::Edit;
use flowforge_engine::workflow::Node;
use flowforge_engine::{NodeId, Value, Workflow};

use super::origin::{list_of, origin, same};
use super::paths::{Access, Key, Way};
use super::sources::{Replacement, Source, sources};

/// How a read is replaced. Every kind but `Named` gives the same as before where the
/// value is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The field has another name.
    Renamed(String),
    /// The field always had another name.
    Named(String),
    /// The field is elsewhere below the same value.
    Moved(Vec<String>),
    /// A text is read as a whole number.
    Integer,
    /// A text is read as a number.
    Number,
    /// A number is written as a text.
    Text,
    /// A text is read as JSON.
    Json,
    /// The list is inside a record now.
    Unwrapped(Vec<String>),
    /// The record is the only item of a list now.
    First,
    /// The record is a list of one now: a list is made of it.
    Listed,
    /// Null is an empty list.
    OrEmpty,
}

/// A read to replace, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// Which value, from the failing node.
    pub(crate) way: Way,
    pub(crate) how: How,
}

/// Why a rewrite cannot be made everywhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stuck {
    /// A source assigns to it.
    #[error("`{0}` assigns to the value")]
    Assigned(NodeId),
    /// A parameter names the field, and can only name one.
    #[error("`{0}` names the field in a parameter that can hold only one name")]
    Named(NodeId),
}

/// The edits that make these rewrites in the failing node and in all others that read the same values.
pub(crate) fn everywhere(
    workflow: &Workflow,
    failing: &Node,
    rewrites: &[Rewrite],
) -> Result<Vec<Edit>, Stuck> {
    let origins: Vec<_> = rewrites
        .iter()
        .map(|rewrite| (rewrite, origin(workflow, failing, &rewrite.way)))
        .collect();
    let mut edits = Vec::new();
    for node in &workflow.graph.nodes {
        let matches = |rewrite: &Rewrite, from: &Option<Way>, way: &Way| match from {
            Some(from) => origin(workflow, node, way).is_some_and(|way| same(&way, from)),
            None => node.id == failing.id && same(way, &rewrite.way),
        };
        let hows = |way: &Way| {
            let fitting = origins
                .iter()
                .filter(|(rewrite, from)| matches(rewrite, from, way));
            fitting.map(|(rewrite, _)| &rewrite.how).collect::<Vec<_>>()
        };
        if names_by_parameter(node, &hows) {
            return Err(Stuck::Named(node.id.clone()));
        }
        for source in sources(node) {
            edits.extend(rewritten(&source, &hows)?);
        }
    }
    Ok(edits)
}

fn rewritten<'h>(
    source: &Source,
    hows: &impl Fn(&Way) -> Vec<&'h How>,
) -> Result<Option<Edit>, Stuck> {
    let mut replacements = Vec::new();
    for access in source.accesses() {
        let Some(end) = last_match(&access, hows) else {
            continue;
        };
        if access.assigned && end == access.steps.len() {
            return Err(Stuck::Assigned(source.node.clone()));
        }
        replacements.push(Replacement {
            span: access.span_to(end),
            text: text_to(source, &access, end, hows),
        });
    }
    Ok(source.replaced(replacements))
}

/// The last step at which something is replaced. A name that stands for a longer way is not: its own
/// definition is.
fn last_match<'h>(access: &Access, hows: &impl Fn(&Way) -> Vec<&'h How>) -> Option<usize> {
    let first = usize::from(!access.base.keys.is_empty());
    (first..=access.steps.len())
        .rev()
        .find(|at| !hows(&access.way_to(*at)).is_empty())
}

/// The access up to step `at`, with everything replaced.
fn text_to<'h>(
    source: &Source,
    access: &Access,
    at: usize,
    hows: &impl Fn(&Way) -> Vec<&'h How>,
) -> String {
    let (before, step) = match at {
        0 => (String::new(), &source.text[access.name.clone()]),
        _ => (
            text_to(source, access, at - 1, hows),
            &source.text[access.steps[at - 1].span.clone()],
        ),
    };
    let is_definition = at > 0 || access.base.keys.is_empty();
    let fitting = if is_definition {
        hows(&access.way_to(at))
    } else {
        Vec::new()
    };
    let text = format!("{before}{step}");
    fitting
        .into_iter()
        .fold(text, |text, how| how.replaced(&before, &text))
}

impl How {
    /// The expression in the place of `text`; `before` is what its last step stands behind.
    fn replaced(&self, before: &str, text: &str) -> String {
        match self {
            Self::Renamed(name) => format!("({before}{} ?? {text})", step(name)),
            Self::Named(name) => format!("{before}{}", step(name)),
            Self::Moved(path) => format!("({before}{} ?? {text})", optional(path)),
            Self::Integer => if_kind("string", text, &format!("parse_int({text})")),
            Self::Number => if_kind("string", text, &format!("parse_float({text})")),
            Self::Text => format!("to_string({text})"),
            Self::Json => if_kind("string", text, &format!("parse_json({text})")),
            Self::Unwrapped(path) => {
                let inside: String = path.iter().map(|name| step(name)).collect();
                if_kind("map", text, &format!("{text}{inside}"))
            }
            Self::First => if_kind("array", text, &format!("{text}[0]")),
            Self::Listed => if_kind("map", text, &format!("[{text}]")),
            Self::OrEmpty => format!("({text} ?? [])"),
        }
    }
}

fn if_kind(kind: &str, text: &str, then: &str) -> String {
    format!("(if type_of({text}) == \"{kind}\" {{ {then} }} else {{ {text} }})")
}

/// `.name`, or `["a name"]`.
pub(crate) fn step(name: &str) -> String {
    if is_plain(name) {
        format!(".{name}")
    } else {
        format!("[{name:?}]")
    }
}

/// Steps that give null where something on the way is missing.
fn optional(path: &[String]) -> String {
    let mut text = String::new();
    for (at, name) in path.iter().enumerate() {
        let mark = if at > 0 { "?" } else { "" };
        text.push_str(mark);
        text.push_str(&step(name));
    }
    text
}

fn is_plain(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "if", "else", "for", "in", "while", "loop", "let", "const", "fn", "return", "throw", "try",
        "catch", "switch", "true", "false", "this", "do", "until", "break", "continue", "import",
        "export", "private",
    ];
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !WORDS.contains(&name)
}

/// Parameters that hold the name of a field, by node type: which, whether the fields are those of the items of
/// the node's list, or else of its input.
const FIELD_NAMES: [(&str, &str, bool); 7] = [
    ("data.sort", "by", true),
    ("data.aggregate", "groupBy", true),
    ("data.aggregate", "aggregations", true),
    ("data.pick", "fields", true),
    ("data.pick", "fields", false),
    ("data.json_parse", "field", false),
    ("data.merge", "on", true),
];

/// Whether a parameter names a field that is to be read otherwise.
fn names_by_parameter<'h>(node: &Node, hows: &impl Fn(&Way) -> Vec<&'h How>) -> bool {
    let named = FIELD_NAMES.iter().filter(|(kind, ..)| *kind == node.kind);
    named.into_iter().any(|(_, param, of_items)| {
        let Some(mut way) = list_of(node) else {
            return false;
        };
        if *of_items {
            way.keys.push(Key::Item);
        }
        let mut names = Vec::new();
        collect_names(node.params.get(*param), &mut names);
        names.iter().any(|name| {
            let mut way = way.clone();
            name.split('.').any(|part| {
                way.keys.push(Key::Field(part.to_owned()));
                !hows(&way).is_empty()
            })
        })
    })
}

fn collect_names(value: Option<&Value>, names: &mut Vec<String>) {
    match value {
        Some(Value::Text(text)) => names.push(text.to_string()),
        Some(Value::List(items)) => items
            .iter()
            .for_each(|item| collect_names(Some(item), names)),
        Some(Value::Record(fields)) => collect_names(fields.get("field"), names),
        _ => {}
    }
}
