//! A script node that becomes a node type of the workspace: a name, what it takes in, a page, and tests from what it
//! was seen to do.

use flowforge_engine::node_type::NodeType;
use flowforge_engine::nodes::defined;
use flowforge_engine::workflow::{Definition, Node, WORKSPACE};
use flowforge_engine::{Address, Timestamp, Value, Workflow};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::KIND;
use crate::context::shape;
use crate::lab::{Lab, evaluate};

/// Longest name after `workspace.`, and longest title and description, in characters.
const NAME_CHARS_MAX: usize = 60;
const TEXT_CHARS_MAX: usize = 2_000;
/// Most tests.
pub const EXAMPLES_MAX: usize = 5;

/// What came in, and what left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The input.
    pub input: Value,
    /// What the script gives for it.
    pub output: Value,
}

/// One version of a node type of the workspace. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reusable {
    /// Its name in workflow files: `workspace.only-large-orders`.
    #[serde(rename = "type")]
    pub name: String,
    /// What runs.
    #[serde(flatten)]
    pub definition: Definition,
    /// The content address of what runs.
    pub hash: Address,
    /// What it is for, in a sentence or more; may be empty.
    pub description: String,
    /// A page in Markdown.
    pub docs: String,
    /// JSON Schema of what it takes in, made from the examples.
    pub input: Json,
    /// Its tests.
    pub examples: Vec<Example>,
    /// When this version was made.
    pub made: Timestamp,
}

/// A wish for a node type.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The script node.
    pub node: &'a Node,
    /// `only-large-orders`, with or without `workspace.` before it.
    pub name: &'a str,
    /// Its name for people.
    pub title: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// What it was seen to do.
    pub examples: Vec<Example>,
}

/// Why there is no node type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Only scripts have their work in themselves.
    #[error("`{node}` is no script node but {kind}")]
    NoScript {
        /// The node.
        node: String,
        /// Its type.
        kind: String,
    },
    /// The name cannot stand in a file.
    #[error(
        "`{0}` is no name for a node type: expected small letters, digits and `-`, at most {NAME_CHARS_MAX}"
    )]
    WrongName(String),
    /// The title or the description is empty or too long.
    #[error("the {0} is empty or longer than {TEXT_CHARS_MAX} characters")]
    WrongText(&'static str),
    /// Nothing says what it does.
    #[error("nothing was recorded of `{0}` with the script as it is now, so there is no test")]
    NoExamples(String),
    /// It does not do what it was seen to do.
    #[error("example {number} fails: {why}")]
    Fails {
        /// Which, from 1.
        number: usize,
        /// What came instead, with the place in the script.
        why: String,
    },
}

impl Reusable {
    /// The node type as the catalogue shows it.
    #[must_use]
    pub fn node_type(&self) -> impl NodeType + use<> {
        let first = self.description.lines().next().unwrap_or_default();
        let about = match first {
            "" => format!("{}: a script of this workspace.", self.definition.title),
            first => first.to_owned(),
        };
        defined(&self.name, &about, &self.docs, &self.definition)
    }
}

/// Makes the version `version` of a node type, after its examples passed as tests.
///
/// # Errors
/// What is wrong with the wish, or which example fails, and where.
pub async fn make(
    wish: &Wish<'_>,
    version: u64,
    now: Timestamp,
    lab: &dyn Lab,
    workflow: &Workflow,
) -> Result<Reusable, Refused> {
    let code = script(wish.node)?;
    let name = name(wish.name)?;
    text("title", wish.title, 1)?;
    text("description", wish.description, 0)?;
    if wish.examples.is_empty() {
        return Err(Refused::NoExamples(wish.node.id.to_string()));
    }
    pass(code, &wish.examples, lab, workflow).await?;
    let definition = Definition {
        version,
        title: wish.title.trim().to_owned(),
        code: code.to_owned(),
    };
    Ok(Reusable {
        hash: definition.hash(),
        docs: page(&name, wish, code),
        description: wish.description.trim().to_owned(),
        input: schema_of(&wish.examples.iter().map(|example| &example.input)),
        examples: wish.examples.clone(),
        made: now,
        definition,
        name,
    })
}

/// Each example is a test. Only `input` is in scope: what needs another node or a variable cannot be used elsewhere.
async fn pass(
    code: &str,
    examples: &[Example],
    lab: &dyn Lab,
    workflow: &Workflow,
) -> Result<(), Refused> {
    let mut alone = workflow.clone();
    alone.config.vars.clear();
    for (at, example) in examples.iter().enumerate() {
        let fails = |why: String| Refused::Fails {
            number: at + 1,
            why,
        };
        let found = evaluate(lab, code, &example.input, &alone).await;
        let found = found.map_err(fails)?;
        if found != example.output {
            let (expected, found) = (shape(&example.output), shape(&found));
            return Err(fails(format!("expected {expected}, found {found}")));
        }
    }
    Ok(())
}

fn script(node: &Node) -> Result<&str, Refused> {
    let code = node.params.get("code").and_then(Value::as_str);
    code.filter(|_| node.kind == KIND)
        .ok_or_else(|| Refused::NoScript {
            node: node.id.to_string(),
            kind: node.kind.clone(),
        })
}

fn name(wanted: &str) -> Result<String, Refused> {
    let bare = wanted.strip_prefix(WORKSPACE).unwrap_or(wanted);
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = bare.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || bare.chars().count() > NAME_CHARS_MAX || !bare.chars().all(is_plain) {
        return Err(Refused::WrongName(
            wanted.chars().take(NAME_CHARS_MAX).collect(),
        ));
    }
    Ok(format!("{WORKSPACE}{bare}"))
}

fn text(what: &'static str, text: &str, chars_min: usize) -> Result<(), Refused> {
    let chars = text.trim().chars().count();
    match chars >= chars_min && chars <= TEXT_CHARS_MAX {
        true => Ok(()),
        false => Err(Refused::WrongText(what)),
    }
}

fn page(name: &str, wish: &Wish<'_>, code: &str) -> String {
    let told = |example: &Example| {
        format!(
            "- `{}` gives `{}`",
            shape(&example.input),
            shape(&example.output)
        )
    };
    let lines: Vec<String> = wish.examples.iter().map(told).collect();
    let code: String = code.lines().map(|line| format!("    {line}\n")).collect();
    let about = format!(
        "`{name}`: a script of this workspace. {}",
        wish.description.trim()
    );
    format!(
        "# {}\n\n{}\n\n## Examples\n\n{}\n\n## Script\n\n{code}",
        wish.title.trim(),
        about.trim(),
        lines.join("\n"),
    )
}

/// The schema that fits all values: their kind, and for records the fields that all of them have.
fn schema_of<'a>(values: &(impl Iterator<Item = &'a Value> + Clone)) -> Json {
    let kinds: std::collections::BTreeSet<&str> = values.clone().map(kind).collect();
    let (Some(only), 1) = (kinds.first(), kinds.len()) else {
        return json!({});
    };
    let records: Vec<_> = values.clone().filter_map(Value::as_record).collect();
    let Some(first) = records.first() else {
        return json!({ "type": only });
    };
    let shared: Vec<&str> = first
        .keys()
        .filter(|key| records.iter().all(|record| record.get(key).is_some()))
        .collect();
    let properties: serde_json::Map<String, Json> = shared
        .iter()
        .map(|key| {
            (
                (*key).to_owned(),
                schema_of(
                    &records
                        .iter()
                        .filter_map(|record| record.get(key))
                        .collect::<Vec<_>>()
                        .into_iter(),
                ),
            )
        })
        .collect();
    json!({ "type": "object", "required": shared, "properties": properties })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Bytes(_) | Value::Record(_) => "object",
    }
}
