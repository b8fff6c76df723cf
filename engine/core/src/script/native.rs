//! Plain expressions answered in process, without Rhai and without a sandbox.
//!
//! Paths, literals, comparisons and arithmetic make most of what stands between `{{` and `}}`. Here they
//! give exactly what Rhai gives, or nothing at all: whatever is unusual, and every error, is left to the
//! sandbox, so nobody can tell by the result which way was taken. A property test compares the two.

mod operators;
mod parse;

use std::sync::Arc;

use crate::value::Value;

use operators::Operator;
pub(super) use parse::parse;

static NULL: Value = Value::Null;

/// A plain expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Native {
    /// A value that is written out.
    Literal(Value),
    /// A variable and what is taken from it.
    Path(Arc<str>, Vec<Step>),
    /// How many characters, bytes, items or fields the value of a path has.
    Len(Arc<str>, Vec<Step>),
    /// `!x`.
    Not(Box<Native>),
    /// `-x`.
    Negate(Box<Native>),
    /// `a && b`.
    And(Box<Native>, Box<Native>),
    /// `a || b`.
    Or(Box<Native>, Box<Native>),
    /// `a ?? b`.
    Coalesce(Box<Native>, Box<Native>),
    /// Any other operator.
    Binary(Operator, Box<Native>, Box<Native>),
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// `.name`.
    Field(Arc<str>),
    /// `[expression]`.
    Index(Native),
}

impl Native {
    /// What Rhai would give; `None` when it would fail, or when that is not known here.
    pub(super) fn evaluate(&self, scope: &Value) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path(root, steps) => walk(scope, root, steps).cloned(),
            Self::Len(root, steps) => len(walk(scope, root, steps)?).map(Value::Int),
            Self::Not(operand) => operand.truth(scope).map(|truth| Value::Bool(!truth)),
            Self::Negate(operand) => negate(&operand.evaluate(scope)?),
            Self::And(a, b) => Some(Value::Bool(a.truth(scope)? && b.truth(scope)?)),
            Self::Or(a, b) => Some(Value::Bool(a.truth(scope)? || b.truth(scope)?)),
            Self::Coalesce(a, b) => match a.evaluate(scope)? {
                Value::Null => b.evaluate(scope),
                value => Some(value),
            },
            Self::Binary(operator, a, b) => {
                a.with(scope, |a| b.with(scope, |b| operator.apply(a, b)))
            }
        }
    }

    /// Hands the value to `then` without copying it when it is one that lies in the scope.
    fn with<T>(&self, scope: &Value, then: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        match self {
            Self::Literal(value) => then(value),
            Self::Path(root, steps) => then(walk(scope, root, steps)?),
            _ => then(&self.evaluate(scope)?),
        }
    }

    fn truth(&self, scope: &Value) -> Option<bool> {
        self.with(scope, Value::as_bool)
    }
}

fn walk<'a>(scope: &'a Value, root: &str, steps: &[Step]) -> Option<&'a Value> {
    steps
        .iter()
        .try_fold(scope.get(root)?, |value, step| match step {
            Step::Field(name) => Some(value.as_record()?.get(name).unwrap_or(&NULL)),
            Step::Index(index) => index.with(scope, |index| item(value, index)),
        })
}

/// What `value[index]` is; a negative index counts from the end.
fn item<'a>(value: &'a Value, index: &Value) -> Option<&'a Value> {
    match (value, index) {
        (Value::Record(record), Value::Text(name)) => Some(record.get(name).unwrap_or(&NULL)),
        (Value::List(list), Value::Int(index)) => {
            let len = i64::try_from(list.len()).ok()?;
            let at = if *index < 0 {
                index.checked_add(len)?
            } else {
                *index
            };
            list.get(usize::try_from(at).ok()?)
        }
        _ => None,
    }
}

fn len(value: &Value) -> Option<i64> {
    let len = match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Record(record) => record.len(),
        _ => return None,
    };
    i64::try_from(len).ok()
}

fn negate(value: &Value) -> Option<Value> {
    match value {
        Value::Int(int) => int.checked_neg().map(Value::Int),
        Value::Float(float) => Some(Value::Float(-float)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
