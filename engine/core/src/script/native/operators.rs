//! Rhai's operators on plain values, as its built-in functions define them.
//!
//! Source of the rules: `func/builtin.rs` of rhai 1.27. Floats are compared with a relative tolerance,
//! values of different kinds are unequal and neither smaller nor larger.

use crate::value::Value;

use super::super::engine::TEXT_BYTES_MAX;

/// An operator with two operands that are both evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// The operator that is written so, and how strongly it binds.
    pub(super) fn of(text: &str) -> Option<(Self, u8)> {
        Some(match text {
            "==" => (Self::Equal, 90),
            "!=" => (Self::NotEqual, 90),
            "<" => (Self::Less, 130),
            "<=" => (Self::LessOrEqual, 130),
            ">" => (Self::Greater, 130),
            ">=" => (Self::GreaterOrEqual, 130),
            "+" => (Self::Add, 150),
            "-" => (Self::Subtract, 150),
            "*" => (Self::Multiply, 180),
            "/" => (Self::Divide, 180),
            "%" => (Self::Remainder, 180),
            _ => return None,
        })
    }

    /// What Rhai gives for these operands, if it is known here.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer that meets a float becomes one in Rhai too"
    )]
    pub(super) fn apply(self, a: &Value, b: &Value) -> Option<Value> {
        match (a, b) {
            (Value::Int(a), Value::Int(b)) => self.integers(*a, *b),
            (Value::Float(a), Value::Float(b)) => self.floats(*a, *b),
            (Value::Int(a), Value::Float(b)) => self.floats(*a as f64, *b),
            (Value::Float(a), Value::Int(b)) => self.floats(*a, *b as f64),
            (Value::Text(a), Value::Text(b)) if self != Self::Add => self.order(&**a, &**b),
            (Value::Bool(a), Value::Bool(b)) => self.order(a, b),
            (Value::Null, Value::Null) => self.nulls(),
            (Value::Text(_), _) | (_, Value::Text(_)) if self == Self::Add => concatenate(a, b),
            (Value::Bytes(a), Value::Bytes(b)) => self.equality(&**a, &**b),
            _ if a.kind() != b.kind() => self.strangers(),
            _ => None,
        }
    }

    fn integers(self, a: i64, b: i64) -> Option<Value> {
        match self {
            Self::Add => a.checked_add(b).map(Value::Int),
            Self::Subtract => a.checked_sub(b).map(Value::Int),
            Self::Multiply => a.checked_mul(b).map(Value::Int),
            Self::Divide => a.checked_div(b).map(Value::Int),
            Self::Remainder => a.checked_rem(b).map(Value::Int),
            _ => self.order(&a, &b),
        }
    }

    fn floats(self, a: f64, b: f64) -> Option<Value> {
        Some(match self {
            Self::Add => Value::Float(a + b),
            Self::Subtract => Value::Float(a - b),
            Self::Multiply => Value::Float(a * b),
            Self::Divide => Value::Float(a / b),
            Self::Remainder => Value::Float(a % b),
            _ => Value::Bool(self.compare_floats(a, b)),
        })
    }

    fn compare_floats(self, a: f64, b: f64) -> bool {
        let scale = if a * b == 0.0 {
            1.0
        } else {
            a.abs().max(b.abs())
        };
        if scale == 0.0 {
            return matches!(self, Self::Equal | Self::LessOrEqual | Self::GreaterOrEqual);
        }
        match self {
            Self::Equal => (a - b).abs() / scale <= f64::EPSILON,
            Self::NotEqual => (a - b).abs() / scale > f64::EPSILON,
            Self::Greater => (a - b) / scale > f64::EPSILON,
            Self::GreaterOrEqual => (a - b) / scale > -f64::EPSILON,
            Self::Less => (b - a) / scale > f64::EPSILON,
            _ => (b - a) / scale > -f64::EPSILON,
        }
    }

    fn order<T: Ord + ?Sized>(self, a: &T, b: &T) -> Option<Value> {
        match self {
            Self::Less => Some(Value::Bool(a < b)),
            Self::LessOrEqual => Some(Value::Bool(a <= b)),
            Self::Greater => Some(Value::Bool(a > b)),
            Self::GreaterOrEqual => Some(Value::Bool(a >= b)),
            _ => self.equality(a, b),
        }
    }

    fn equality<T: PartialEq + ?Sized>(self, a: &T, b: &T) -> Option<Value> {
        match self {
            Self::Equal => Some(Value::Bool(a == b)),
            Self::NotEqual => Some(Value::Bool(a != b)),
            _ => None,
        }
    }

    /// Null equals null, and is neither smaller nor larger, not even "or equal".
    fn nulls(self) -> Option<Value> {
        match self {
            Self::Equal => Some(Value::Bool(true)),
            _ => self.strangers().map(|_| Value::Bool(false)),
        }
    }

    /// Values of different kinds.
    fn strangers(self) -> Option<Value> {
        match self {
            Self::NotEqual => Some(Value::Bool(true)),
            Self::Equal | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                Some(Value::Bool(false))
            }
            _ => None,
        }
    }
}

fn concatenate(a: &Value, b: &Value) -> Option<Value> {
    let mut text = String::new();
    append(&mut text, a)?;
    append(&mut text, b)?;
    (text.len() <= TEXT_BYTES_MAX).then(|| text.into())
}

fn append(text: &mut String, value: &Value) -> Option<()> {
    use std::fmt::Write;
    match value {
        Value::Null => Ok(()),
        Value::Text(part) => {
            text.push_str(part);
            Ok(())
        }
        Value::Bool(bool) => write!(text, "{bool}"),
        Value::Int(int) => write!(text, "{int}"),
        Value::Float(float) => write!(text, "{}", rhai::FloatWrapper::new(*float)),
        Value::Bytes(_) | Value::List(_) | Value::Record(_) => return None,
    }
    .ok()
}
