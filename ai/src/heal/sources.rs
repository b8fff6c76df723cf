//! The code and expressions of a node, and how a part of one is replaced.

use std::ops::Range;

use flowforge_engine::edit::{Edit, Pointer};
use flowforge_engine::workflow::Node;
use flowforge_engine::{NodeId, Value};

use super::paths::{Access, accesses};

/// Most texts of one node that are looked at.
const SOURCES_MAX: usize = 200;
/// The parameter that is code as a whole, by node type.
const CODE: [(&str, &str); 1] = [("code.rhai", "code")];

/// A parameter with code in it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) node: NodeId,
    pub(crate) pointer: Pointer,
    /// The whole text.
    pub(crate) text: String,
    /// Where in it code is.
    pub(crate) code: Vec<Range<usize>>,
}

/// A part of a text, and what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

impl Source {
    /// The reads of values in it, with their bytes in the whole text.
    pub(crate) fn accesses(&self) -> Vec<Access> {
        let in_part = |part: &Range<usize>| {
            let found = accesses(&self.text[part.clone()]);
            let start = part.start;
            found.into_iter().map(move |access| moved(access, start))
        };
        self.code.iter().flat_map(in_part).collect()
    }

    /// Every text of the code, with the byte at which it begins.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .iter()
            .map(|part| (part.start, &self.text[part.clone()]))
    }

    /// The edit that makes these replacements; those inside of another are left out.
    pub(crate) fn replaced(&self, mut replacements: Vec<Replacement>) -> Option<Edit> {
        replacements.sort_by_key(|replacement| {
            (
                replacement.span.start,
                std::cmp::Reverse(replacement.span.end),
            )
        });
        let (mut text, mut at) = (String::new(), 0);
        for Replacement { span, text: new } in replacements {
            if span.start < at {
                continue;
            }
            text.push_str(self.text.get(at..span.start)?);
            text.push_str(&new);
            at = span.end;
        }
        text.push_str(self.text.get(at..)?);
        (text != self.text).then(|| Edit::SetParam {
            node: self.node.clone(),
            pointer: self.pointer.clone(),
            value: Value::from(text),
        })
    }
}

fn moved(mut access: Access, by: usize) -> Access {
    let shift = |span: &mut Range<usize>| *span = span.start + by..span.end + by;
    shift(&mut access.name);
    access
        .steps
        .iter_mut()
        .for_each(|step| shift(&mut step.span));
    access
}

/// The texts of a node in which there is code.
pub(crate) fn sources(node: &Node) -> Vec<Source> {
    let mut found = Vec::new();
    for (name, value) in &node.params {
        let is_code = CODE.contains(&(node.kind.as_str(), name.as_str()));
        collect(
            node,
            &Pointer::param(name.as_str()),
            value,
            is_code,
            &mut found,
        );
    }
    found
}

fn collect(node: &Node, pointer: &Pointer, value: &Value, is_code: bool, found: &mut Vec<Source>) {
    if found.len() >= SOURCES_MAX {
        return;
    }
    match value {
        Value::Text(text) => {
            let text = text.to_string();
            let whole = 0..text.len();
            let code = if is_code {
                vec![whole]
            } else {
                expressions(&text)
            };
            if !code.is_empty() {
                found.push(Source {
                    node: node.id.clone(),
                    pointer: pointer.clone(),
                    text,
                    code,
                });
            }
        }
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(node, &pointer.join(at.to_string()), item, false, found);
            }
        }
        Value::Record(fields) => {
            for (name, field) in fields.iter() {
                collect(node, &pointer.join(&**name), field, false, found);
            }
        }
        _ => {}
    }
}

/// What stands between `{{` and `}}`.
fn expressions(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open + 2;
        let Some(close) = closing(&text[start..]) else {
            break;
        };
        found.push(start..start + close);
        at = start + close + 2;
    }
    found
}

/// Where the `}}` is that closes nothing inside.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_end_at_their_own_braces() {
        let text = "a {{ #{ x: 1 }.x }} b {{ \"}}\" }}";
        let found: Vec<&str> = expressions(text)
            .into_iter()
            .map(|part| &text[part])
            .collect();
        assert_eq!(found, [" #{ x: 1 }.x ", " \"}}\" "]);
    }
}
