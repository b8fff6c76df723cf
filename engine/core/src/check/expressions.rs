//! Scripts and `{{ expressions }}`: they parse, and what they read is there when they run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{NodeSpec, Role};
use crate::problem::{Place, Problem};
use crate::script::{FUNCTIONS, References, Template, compile_script, references};
use crate::value::{Record, Value};
use crate::workflow::nearest;

use super::{LOOP_DEPTH_MAX, Report, Subject, list, short, step};

/// What is in scope of every script and expression.
const SCOPE: &[&str] = &["input", "nodes", "item", "index", "run", "vars"];
/// With fewer of these in its parameters, a node cannot have too many expressions.
const BRACES_MIN: usize = 500;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut sources = Sources::default();
    let mut reads = Vec::new();
    for (position, _) in subject.nodes() {
        let Some(spec) = subject.spec(position) else {
            continue;
        };
        let found = found(subject, position, spec);
        too_many(subject, report, position, &found);
        for source in found {
            let look = sources.look(source.kind, source.text);
            if let Some(failure) = &look.failure {
                does_not_parse(subject, report, &source, failure);
            }
            outside_loop(subject, report, &source, look);
            unknown_names(subject, report, &source, look);
            credentials(subject, report, &source, look);
            let read = look.references.nodes.iter().map(|id| Read {
                source: source.clone(),
                id: id.clone(),
            });
            reads.extend(read);
        }
    }
    upstream(subject, report, &reads);
}

/// What only the parameters together are: more expressions than a node may have.
fn too_many(subject: &Subject<'_>, report: &mut Report<'_>, position: usize, found: &[Found<'_>]) {
    let braces: usize = found
        .iter()
        .map(|source| source.text.matches("{{").count())
        .sum();
    if braces < BRACES_MIN {
        return;
    }
    let lazy: Vec<&str> = found
        .iter()
        .filter(|source| source.lazy)
        .map(|source| source.name)
        .collect();
    let params = subject.node(position).params.iter();
    let eager: Record = params
        .filter(|(name, _)| !lazy.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    if let Err(failure) = Template::parse(&eager.into())
        && failure.kind == FailureKind::Limit
    {
        let problem = Problem::error("too-many-expressions", failure.message)
            .at(subject.place(position))
            .with_hint(
                "compute the values in a node before it, of the type `code.rhai`".to_owned(),
            );
        report.add_in(subject.node(position).is_passed_over(), problem);
    }
}

/// A script, or a text with expressions in it, and where it stands.
#[derive(Clone)]
struct Found<'a> {
    node: usize,
    kind: Kind,
    /// The parameter's name.
    name: &'a str,
    text: &'a str,
    /// The parameter, as a JSON pointer below `params`.
    pointer: String,
    /// Whether it is evaluated by the node itself, maybe for each of several items.
    lazy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Script,
    Template,
}

/// A source that reads the output of a node.
struct Read<'a> {
    source: Found<'a>,
    id: Arc<str>,
}

/// What is known of a source.
struct Look {
    failure: Option<Failure>,
    references: References,
}

impl Look {
    fn new(kind: Kind, text: &str) -> Self {
        match kind {
            Kind::Script => Self {
                failure: compile_script(text).err(),
                references: references(text),
            },
            Kind::Template => match Template::parse(&text.into()) {
                Ok(template) => Self {
                    failure: None,
                    references: template.references(),
                },
                Err(failure) => Self {
                    failure: Some(failure),
                    references: References::default(),
                },
            },
        }
    }
}

/// What is known of each different source, so that equal ones are parsed once.
#[derive(Default)]
struct Sources<'a>(BTreeMap<(Kind, &'a str), Look>);

impl<'a> Sources<'a> {
    fn look(&mut self, kind: Kind, text: &'a str) -> &Look {
        self.0
            .entry((kind, text))
            .or_insert_with(|| Look::new(kind, text))
    }
}

fn found<'a>(subject: &Subject<'a>, position: usize, spec: &NodeSpec) -> Vec<Found<'a>> {
    let mut all = Vec::new();
    for (name, value) in &subject.node(position).params {
        let code = spec.code.contains(&name.as_str());
        let lazy = code || spec.lazy.contains(&name.as_str());
        let kind = if code && value.as_str().is_some() {
            Kind::Script
        } else {
            Kind::Template
        };
        let place = Found {
            node: position,
            kind,
            name,
            text: "",
            pointer: format!("/{}", step(name)),
            lazy,
        };
        walk(&mut all, &place, value);
    }
    all
}

/// The sources in a value and in everything in it. Values are never nested deep.
fn walk<'a>(all: &mut Vec<Found<'a>>, at: &Found<'a>, value: &'a Value) {
    let below = |name: &str| Found {
        pointer: format!("{}/{name}", at.pointer),
        ..at.clone()
    };
    match value {
        Value::Text(text) if at.kind == Kind::Script || is_template(text, at.lazy) => {
            all.push(Found { text, ..at.clone() });
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(all, &below(&index.to_string()), item);
            }
        }
        Value::Record(fields) => {
            for (name, field) in fields {
                walk(all, &below(&step(name)), field);
            }
        }
        _ => {}
    }
}

/// Whether a text holds expressions. What is handed over as written may hold braces that mean
/// something else there; only when all of it is one expression, it is one.
fn is_template(text: &str, lazy: bool) -> bool {
    let whole = text.trim().starts_with("{{") && text.trim().ends_with("}}");
    text.contains("{{") && (whole || !lazy)
}

impl Found<'_> {
    fn place(&self, subject: &Subject<'_>) -> Place {
        subject.place(self.node).in_param(self.pointer.clone())
    }
}

fn does_not_parse(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    source: &Found<'_>,
    failure: &Failure,
) {
    let (code, what) = match source.kind {
        Kind::Script => ("script-syntax", "the script"),
        Kind::Template => ("expression-syntax", "the expression"),
    };
    let inner = failure.place.as_ref();
    let (line, column) = (
        inner.and_then(|place| place.line),
        inner.and_then(|place| place.column),
    );
    let problem = Problem::error(code, format!("{what} does not parse: {}", failure.message))
        .at(Place {
            line,
            column,
            ..source.place(subject)
        })
        .with_hint(failure.hint.clone());
    report.add_in(subject.node(source.node).is_passed_over(), problem);
}

fn outside_loop(subject: &Subject<'_>, report: &mut Report<'_>, source: &Found<'_>, look: &Look) {
    let is_loop = subject
        .spec(source.node)
        .is_some_and(|spec| spec.role == Role::Loop);
    if subject.node(source.node).parent.is_some() || (is_loop && source.lazy) {
        return;
    }
    for name in ["item", "index"] {
        if look.references.names.contains(name) && !defines(source.text, name) {
            let message = format!("`{name}` is read here, but the node is not inside a loop");
            report.add(
                Problem::warning("outside-loop", message)
                    .at(source.place(subject))
                    .with_hint("read `input`, or give the node the `parent` of a loop".to_owned()),
            );
        }
    }
}

/// Names that are not there, but that look like one that is. Other names may be functions.
fn unknown_names(subject: &Subject<'_>, report: &mut Report<'_>, source: &Found<'_>, look: &Look) {
    let known = |name: &str| {
        SCOPE.contains(&name) || FUNCTIONS.iter().any(|function| function.name == name)
    };
    for name in look.references.names.iter().filter(|name| !known(name)) {
        let Some(meant) = nearest(name, SCOPE.iter().copied()) else {
            continue;
        };
        if defines(source.text, name) {
            continue;
        }
        let message = format!(
            "`{}` is not there; expressions read {}",
            short(name),
            list(SCOPE.iter().copied())
        );
        let problem = Problem::warning("unknown-name", message)
            .at(source.place(subject))
            .with_hint(format!("did you mean `{meant}`?"));
        report.add(problem);
    }
}

/// What looks like a reference to something kept elsewhere is a name like any other, and not there.
fn credentials(subject: &Subject<'_>, report: &mut Report<'_>, source: &Found<'_>, look: &Look) {
    for name in ["credentials", "secrets"] {
        if !look.references.names.contains(name) || defines(source.text, name) {
            continue;
        }
        let message = format!("`{name}` is read here, and there is no such thing");
        let hint = "no values are kept for expressions but `vars`, which everybody sees who sees the workflow";
        let problem = Problem::error("no-credentials", message)
            .at(source.place(subject))
            .with_hint(hint.to_owned());
        report.add_in(subject.node(source.node).is_passed_over(), problem);
    }
}

/// Whether a source seems to define a name itself: by `let` or `fn`, in a `for`, or as a parameter.
fn defines(source: &str, name: &str) -> bool {
    source.match_indices(name).any(|(at, _)| {
        let before = source[..at].trim_end();
        let after = source[at + name.len()..].trim_start();
        let keyword = ["let", "const", "for", "fn"]
            .iter()
            .any(|word| before.ends_with(word));
        let parameter = before.ends_with(['|', '(', ',']) && after.starts_with(['|', ')', ',']);
        keyword || parameter
    })
}

/// What a node reads has ended before: it comes before the node, or before a loop around it.
fn upstream(subject: &Subject<'_>, report: &mut Report<'_>, reads: &[Read<'_>]) {
    let mut pairs = Vec::new();
    let mut asked = Vec::new();
    for read in reads {
        let Some(source) = subject.topology.position(&read.id) else {
            no_such_node(subject, report, read);
            continue;
        };
        match same_level(subject, read.source.node, source) {
            Some(target) => {
                pairs.push((source, target));
                asked.push(read);
            }
            None => not_upstream(subject, report, read, source),
        }
    }
    for (read, before) in asked.into_iter().zip(subject.topology.come_before(&pairs)) {
        if !before && let Some(source) = subject.topology.position(&read.id) {
            not_upstream(subject, report, read, source);
        }
    }
}

/// The node itself, or the loop around it, that is in the level of `other`.
fn same_level(subject: &Subject<'_>, node: usize, other: usize) -> Option<usize> {
    let level = subject.topology.level(other);
    let mut around = subject.topology.enclosing(node).take(LOOP_DEPTH_MAX + 1);
    around.find(|position| subject.topology.level(*position) == level)
}

fn no_such_node(subject: &Subject<'_>, report: &mut Report<'_>, read: &Read<'_>) {
    let message = format!(
        "`nodes[\"{}\"]` is read here, but there is no such node",
        short(&read.id)
    );
    let hint = report.did_you_mean(&read.id, subject.ids());
    let problem = Problem::error("unknown-node", message)
        .at(read.source.place(subject))
        .with_hint(hint);
    report.add_in(subject.node(read.source.node).is_passed_over(), problem);
}

fn not_upstream(subject: &Subject<'_>, report: &mut Report<'_>, read: &Read<'_>, source: usize) {
    let (node, other) = (subject.node(read.source.node), subject.node(source));
    let (id, name) = (short(node.id.as_str()), short(other.id.as_str()));
    let mut around = subject
        .topology
        .enclosing(read.source.node)
        .take(LOOP_DEPTH_MAX + 1);
    let hint = match &other.parent {
        _ if read.source.node == source => {
            "a node cannot read its own output; read `input`".to_owned()
        }
        _ if around.any(|outer| outer == source) => {
            "inside a loop read `item`, and `index`".to_owned()
        }
        Some(outer) if node.parent.as_ref() != Some(outer) => {
            format!(
                "`{name}` is inside the loop `{0}`: read `nodes[\"{0}\"].output`",
                short(outer.as_str())
            )
        }
        _ => format!("connect them so that `{name}` comes before `{id}`"),
    };
    let message =
        format!("`nodes[\"{name}\"]` is read here, but `{name}` does not come before `{id}`");
    let problem = Problem::error("not-upstream", message)
        .at(read.source.place(subject))
        .with_hint(hint);
    report.add_in(node.is_passed_over(), problem);
}
