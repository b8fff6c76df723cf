//! Which names a source uses, read from its tokens and never from running it.
//!
//! What is found may be too much, never too little: a name inside a text is not one, a name that a
//! script defines itself counts all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::value::{Record, Value};

use super::Source;
use super::scan::{self, Token, TokenKind};

/// What a script, expression or template uses of its scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// The nodes named as `nodes["id"]` or `nodes.id`.
    pub nodes: BTreeSet<Arc<str>>,
    /// Whether `nodes` is used in another way, so that any node may be meant.
    pub all: bool,
    /// Every other name that is used as a variable or function.
    pub names: BTreeSet<Arc<str>>,
}

/// The names that a source uses; everything when it is too complex to read.
#[must_use]
pub fn references(source: &str) -> References {
    References::of_source(source)
}

impl References {
    /// As [`references`].
    pub(super) fn of_source(source: &str) -> Self {
        match scan::scan(source) {
            Ok(scan) => Self::of_tokens(source, &scan.tokens),
            Err(_) => Self {
                all: true,
                ..Self::default()
            },
        }
    }

    /// The names among these tokens of a source.
    pub(super) fn of_tokens(source: &str, tokens: &[Token]) -> Self {
        let mut references = Self::default();
        for (i, token) in tokens.iter().enumerate() {
            let text = token.text(source);
            if token.kind != TokenKind::Name || is_field(source, &tokens[..i]) {
                continue;
            }
            if text != "nodes" {
                references.names.insert(text.into());
                continue;
            }
            match node_of(source, &tokens[i + 1..]) {
                Some(node) => _ = references.nodes.insert(node.into()),
                None => references.all = true,
            }
        }
        references
    }

    /// Whether `input` is used.
    #[must_use]
    pub fn input(&self) -> bool {
        self.names("input")
    }

    /// Whether `item` is used.
    #[must_use]
    pub fn item(&self) -> bool {
        self.names("item")
    }

    /// Whether `index` is used.
    #[must_use]
    pub fn index(&self) -> bool {
        self.names("index")
    }

    /// Whether this name is used.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Adds what others use.
    pub fn extend(&mut self, others: Self) {
        self.nodes.extend(others.nodes);
        self.names.extend(others.names);
        self.all |= others.all;
    }

    /// What all these sources use.
    #[must_use]
    pub fn of_sources(sources: &[Source]) -> Self {
        let mut references = Self::default();
        for source in sources {
            references.extend(Self::of_source(source.text()));
        }
        references
    }

    /// The part of a scope that is used; nothing that is left out can be seen by the source.
    #[must_use]
    pub fn prune(&self, scope: &Value) -> Value {
        let Some(scope) = scope.as_record() else {
            return scope.clone();
        };
        let everything = self.names("is_def_var");
        let kept = scope.iter().filter_map(|(name, value)| match &**name {
            "nodes" => Some((Arc::clone(name), self.prune_nodes(value))),
            other => (everything || self.names(other)).then(|| (Arc::clone(name), value.clone())),
        });
        Value::Record(kept.collect::<Record>())
    }

    fn prune_nodes(&self, nodes: &Value) -> Value {
        match nodes {
            Value::Record(_) if self.all => nodes.clone(),
            Value::Record(record) => {
                let used = self
                    .nodes
                    .iter()
                    .filter_map(|id| Some((Arc::clone(id), record.get(id)?.clone())));
                Value::Record(used.collect::<Record>())
            }
            other => other.clone(),
        }
    }
}

/// Whether the next token names a field of what is before it.
fn is_field(source: &str, before: &[Token]) -> bool {
    before.last().is_some_and(|last| {
        last.kind == TokenKind::Symbol && matches!(last.text(source), "." | "?.")
    })
}

/// The node that `["id"]` or `.id` after `nodes` names.
fn node_of<'a>(source: &'a str, after: &[Token]) -> Option<&'a str> {
    let text = |i: usize| after.get(i).map(|token| token.text(source));
    let kind = |i: usize| after.get(i).map(|token| token.kind);
    match text(0)? {
        "." | "?." if kind(1) == Some(TokenKind::Name) && text(2) != Some("(") => text(1),
        "[" | "?[" if kind(1) == Some(TokenKind::PlainText) && text(2) == Some("]") => {
            text(1)?.strip_prefix('"')?.strip_suffix('"')
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, nodes: &[&str], all: bool, names: &[&str]) {
        let found = references(source);
        assert_eq!(
            found.nodes.iter().map(|id| &**id).collect::<Vec<_>>(),
            nodes,
            "{source}"
        );
        assert_eq!(found.all, all, "{source}");
        assert_eq!(
            found.names.iter().map(|name| &**name).collect::<Vec<_>>(),
            names,
            "{source}"
        );
    }

    #[test]
    fn nodes_named_by_text_or_field_are_found() {
        check(
            r#"nodes["a-1"].output.x + nodes.b.output"#,
            &["a-1", "b"],
            false,
            &[],
        );
        check("`${nodes.c.output}`", &["c"], false, &[]);
    }

    #[test]
    fn nodes_named_in_any_other_way_mean_all_of_them() {
        check("nodes[input.which].output", &[], true, &["input"]);
        check("let n = nodes; n", &[], true, &["let", "n"]);
        check("nodes.keys()", &[], true, &[]);
        check(r#"nodes["a\"b"]"#, &[], true, &[]);
    }

    #[test]
    fn a_scope_is_pruned_to_what_is_used() {
        let scope =
            Value::parse_json(r#"{"input":1,"item":2,"nodes":{"a":3,"b":4}}"#).expect("JSON");
        let pruned = |source| references(source).prune(&scope).to_json().to_string();
        assert_eq!(pruned("input + nodes.b"), r#"{"input":1,"nodes":{"b":4}}"#);
        assert_eq!(pruned("1"), r#"{"nodes":{}}"#);
        assert_eq!(pruned("nodes"), r#"{"nodes":{"a":3,"b":4}}"#);
    }

    #[test]
    fn fields_and_texts_are_no_names() {
        check(r#"input.item + "index" // vars"#, &[], false, &["input"]);
    }
}
