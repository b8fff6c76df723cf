//! Parameters with `{{ expressions }}` in them, read once and filled in as often as needed.
//!
//! A text that is one whole `{{ expression }}` keeps the type of its result; any other text has the
//! results written into it. Plain expressions are answered here; the others are listed for the sandbox,
//! whose answers are then filled in. To write `{{` itself: `{{ "{{" }}`.

use std::sync::Arc;

use crate::failure::{Failure, FailureKind};
use crate::problem::Place;
use crate::value::{Record, Value};

use super::Source;
use super::compile::compile_expression;
use super::native::{self, Native};
use super::references::References;
use super::scan::{Until, place_of, scan_until};

/// Most expressions of one template.
const EXPRESSIONS_MAX: usize = 1_000;

/// A value with expressions in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    part: Part,
}

/// What a template gives for one scope.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// The value.
    Value(Value),
    /// The expressions that the sandbox must evaluate first, in order.
    Needs(Vec<Source>),
}

impl Template {
    /// Reads a value: every text in it, at any depth, may hold expressions.
    ///
    /// # Errors
    /// `Syntax` or `Limit`, with the JSON pointer of the text as `place.param` and the line and column
    /// inside it.
    pub fn parse(value: &Value) -> Result<Self, Failure> {
        let mut reader = Reader {
            pointer: String::new(),
            expressions: 0,
        };
        reader.part(value).map(|part| Self { part })
    }

    /// Which names its expressions use.
    #[must_use]
    pub fn references(&self) -> References {
        let mut references = References::default();
        self.part.each_expression(&mut |expression| {
            references.extend(References::of_source(&expression.source));
        });
        references
    }

    /// Whether there is no expression in it.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        matches!(self.part, Part::Literal(_))
    }

    /// The value for this scope, or what the sandbox must evaluate to know it.
    ///
    /// # Errors
    /// None today; expressions that fail are left to the sandbox, which says why.
    pub fn resolve(&self, scope: &Value) -> Result<Resolved, Failure> {
        let mut needs = Vec::new();
        let value = self.part.value(scope, &mut |expression| {
            needs.push(Source::Expression(Arc::clone(&expression.source)));
            Value::Null
        });
        Ok(if needs.is_empty() {
            Resolved::Value(value)
        } else {
            Resolved::Needs(needs)
        })
    }

    /// The value for this scope, with the sandbox's answers to what [`resolve`](Self::resolve) needed.
    /// A missing answer counts as null.
    #[must_use]
    pub fn fill(&self, scope: &Value, values: &[Value]) -> Value {
        let mut values = values.iter();
        self.part
            .value(scope, &mut |_| values.next().cloned().unwrap_or_default())
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// Nothing to fill in.
    Literal(Value),
    /// One whole expression.
    Expression(Expression),
    /// Text with expressions in it.
    Text(Vec<Piece>),
    List(Vec<Part>),
    Record(Vec<(Arc<str>, Part)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(Box<str>),
    Expression(Expression),
}

/// One expression, and its plain form if it has one.
#[derive(Clone, Debug, PartialEq)]
struct Expression {
    source: Arc<str>,
    native: Option<Native>,
}

impl Expression {
    fn value(&self, scope: &Value, ask: &mut dyn FnMut(&Self) -> Value) -> Value {
        let native = self
            .native
            .as_ref()
            .and_then(|native| native.evaluate(scope));
        native.unwrap_or_else(|| ask(self))
    }
}

impl Part {
    fn value(&self, scope: &Value, ask: &mut dyn FnMut(&Expression) -> Value) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => expression.value(scope, ask),
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Literal(literal) => text.push_str(literal),
                        Piece::Expression(expression) => {
                            write_into(&mut text, &expression.value(scope, ask));
                        }
                    }
                }
                text.into()
            }
            Self::List(parts) => parts
                .iter()
                .map(|part| part.value(scope, ask))
                .collect::<Vec<_>>()
                .into(),
            Self::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, part)| (Arc::clone(name), part.value(scope, ask)));
                Value::Record(fields.collect::<Record>())
            }
        }
    }

    fn each_expression(&self, visit: &mut dyn FnMut(&Expression)) {
        match self {
            Self::Literal(_) => {}
            Self::Expression(expression) => visit(expression),
            Self::Text(pieces) => pieces.iter().for_each(|piece| {
                if let Piece::Expression(expression) = piece {
                    visit(expression);
                }
            }),
            Self::List(parts) => parts.iter().for_each(|part| part.each_expression(visit)),
            Self::Record(fields) => fields
                .iter()
                .for_each(|(_, part)| part.each_expression(visit)),
        }
    }

    fn literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

/// Writes a value into a text: text as it is, null as nothing, everything else as JSON.
fn write_into(text: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Text(part) => text.push_str(part),
        other => text.push_str(&other.to_json().to_string()),
    }
}

struct Reader {
    /// The JSON pointer of what is being read.
    pointer: String,
    expressions: usize,
}

impl Reader {
    fn part(&mut self, value: &Value) -> Result<Part, Failure> {
        let part = match value {
            Value::Text(text) if text.contains("{{") => return self.text(text),
            Value::List(items) => Part::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.child(&i.to_string(), item))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Record(fields) => Part::Record(
                fields
                    .iter()
                    .map(|(name, value)| Ok((Arc::clone(name), self.child(name, value)?)))
                    .collect::<Result<_, _>>()?,
            ),
            _ => Part::Literal(value.clone()),
        };
        let literal = match &part {
            Part::List(parts) => parts.iter().all(Part::literal),
            Part::Record(fields) => fields.iter().all(|(_, part)| part.literal()),
            _ => true,
        };
        Ok(if literal {
            Part::Literal(value.clone())
        } else {
            part
        })
    }

    fn child(&mut self, name: &str, value: &Value) -> Result<Part, Failure> {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&name.replace('~', "~0").replace('/', "~1"));
        let part = self.part(value);
        self.pointer.truncate(length);
        part
    }

    fn text(&mut self, text: &str) -> Result<Part, Failure> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("{{").map(|found| at + found) {
            if open > at {
                pieces.push(Piece::Literal(text[at..open].into()));
            }
            let (expression, after) = self.expression(text, open)?;
            pieces.push(Piece::Expression(expression));
            at = after;
        }
        if at < text.len() {
            pieces.push(Piece::Literal(text[at..].into()));
        }
        Ok(match pieces.as_slice() {
            [Piece::Expression(expression)] => Part::Expression(expression.clone()),
            _ => Part::Text(pieces),
        })
    }

    /// The expression that opens at byte `open`, and the byte after its end.
    fn expression(&mut self, text: &str, open: usize) -> Result<(Expression, usize), Failure> {
        self.expressions += 1;
        if self.expressions > EXPRESSIONS_MAX {
            return Err(self.fault(
                FailureKind::Limit,
                text,
                open,
                &format!("more than {EXPRESSIONS_MAX} expressions"),
            ));
        }
        let start = open + 2;
        let scan = scan_until(text, start, Until::DoubleBrace)
            .map_err(|failure| self.placed(failure, place_of(text, start)))?;
        if !scan.closed {
            let fault = self.fault(FailureKind::Syntax, text, open, "`{{` without its `}}`");
            return Err(fault.with_hint("close it, or write {{ \"{{\" }} for two braces"));
        }
        if scan.tokens.is_empty() {
            return Err(self.fault(
                FailureKind::Syntax,
                text,
                open,
                "nothing between `{{` and `}}`",
            ));
        }
        let native = native::parse(text, &scan.tokens);
        let source: Arc<str> = text[start..scan.end].trim().into();
        if native.is_none() {
            self.check(text, start, &source)?;
        }
        Ok((Expression { source, native }, scan.end + 2))
    }

    fn check(&self, text: &str, start: usize, source: &str) -> Result<(), Failure> {
        compile_expression(source).map_err(|failure| {
            let inside = failure.place.clone().unwrap_or_default();
            let lead = text[start..].len() - text[start..].trim_start().len();
            let place = shifted(&place_of(text, start + lead), &inside);
            self.placed(failure, place)
        })
    }

    fn fault(&self, kind: FailureKind, text: &str, at: usize, message: &str) -> Failure {
        self.placed(Failure::new(kind, message), place_of(text, at))
    }

    fn placed(&self, failure: Failure, place: Place) -> Failure {
        failure.with_place(Place {
            param: Some(self.pointer.clone()),
            ..place
        })
    }
}

/// The place of `inside`, which counts from `start`.
fn shifted(start: &Place, inside: &Place) -> Place {
    let (line, column) = (inside.line.unwrap_or(1), inside.column.unwrap_or(1));
    let first = start.column.unwrap_or(1);
    Place {
        line: start.line.map(|start| start + line - 1),
        column: Some(if line == 1 {
            first + column.saturating_sub(1)
        } else {
            column
        }),
        ..Place::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::parse_json(text).expect("JSON")
    }

    fn template(text: &str) -> Template {
        Template::parse(&json(text)).expect("a template")
    }

    fn check(text: &str, expected: &str) {
        let scope = json(r#"{"input":{"x":1,"name":"Ada","list":[1,2],"none":null},"item":2.5}"#);
        assert_eq!(
            template(text).resolve(&scope),
            Ok(Resolved::Value(json(expected))),
            "{text}"
        );
    }

    #[test]
    fn a_whole_expression_keeps_its_type() {
        check(r#""{{ input.x }}""#, "1");
        check(r#""{{input.list}}""#, "[1,2]");
        check(r#"{"a":["{{ item }}",true]}"#, r#"{"a":[2.5,true]}"#);
    }

    #[test]
    fn other_texts_have_the_results_written_in() {
        check(
            r#""Hi {{ input.name }}, {{ input.x + 1 }}{{ input.none }}!""#,
            r#""Hi Ada, 2!""#,
        );
        check(r#""{{ input.list }} ""#, r#""[1,2] ""#);
        check(r#""{{ \"{{\" }}}}""#, r#""{{}}""#);
    }

    #[test]
    fn texts_without_expressions_are_shared() {
        let value = json(r#"{"a":["b",{"c":"} }"}]}"#);
        let template = Template::parse(&value).expect("a template");
        assert!(template.is_literal());
        assert_eq!(template.resolve(&Value::Null), Ok(Resolved::Value(value)));
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_sandbox_in_order() {
        let template = template(
            r#"{"a":"{{ input.s.to_upper() }}","b":"{{ input.x }}","c":"-{{ #{k: 1} }}-"}"#,
        );
        let scope = json(r#"{"input":{"x":1}}"#);
        let expected =
            ["input.s.to_upper()", "#{k: 1}"].map(|source| Source::Expression(source.into()));
        assert_eq!(
            template.resolve(&scope),
            Ok(Resolved::Needs(expected.into()))
        );
        let filled = template.fill(&scope, &["S".into(), json(r#"{"k":1}"#)]);
        assert_eq!(filled, json(r#"{"a":"S","b":1,"c":"-{\"k\":1}-"}"#));
    }

    #[test]
    fn references_are_those_of_all_expressions() {
        let references =
            template(r#"["{{ nodes[\"a\"].output }}","x {{ item.f() }}"]"#).references();
        assert!(references.item() && !references.input() && !references.all);
        assert_eq!(
            references.nodes.iter().map(|id| &**id).collect::<Vec<_>>(),
            ["a"]
        );
    }

    #[test]
    fn mistakes_have_their_place() {
        let cases = [
            (
                r#"{"a/b":["x","ä {{ 1 + }}"]}"#,
                "/a~1b/1",
                (1, 9),
                FailureKind::Syntax,
            ),
            (r#""a\n {{ f(}} ""#, "", (2, 7), FailureKind::Syntax),
            (r#""a {{ b""#, "", (1, 3), FailureKind::Syntax),
            (r#""{{  }}""#, "", (1, 1), FailureKind::Syntax),
        ];
        for (text, pointer, (line, column), kind) in cases {
            let failure = Template::parse(&json(text)).expect_err(text);
            let place = failure.place.expect("a place");
            assert_eq!(place.param.as_deref(), Some(pointer), "{text}");
            assert_eq!(
                (place.line, place.column),
                (Some(line), Some(column)),
                "{text}"
            );
            assert_eq!(failure.kind, kind, "{text}");
        }
    }
}
