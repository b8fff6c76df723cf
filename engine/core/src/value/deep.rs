//! Values nested deeper than [`DEPTH_MAX`]: they can be made, so they must be dropped and compared
//! without recursion.
//!
//! Why not refuse to make them? A loop that wraps its own output grows one level at each turn, and a
//! constructor that panicked would take the engine down with it. Depth is known from the moment of
//! making, so everything else (encoding, JSON) asks first.

use std::sync::Arc;

use super::{DEPTH_MAX, Value};

/// Drops values of any depth: the too deep ones are taken apart here, level by level.
pub(super) fn unwind(mut rest: Vec<Value>) {
    while let Some(value) = rest.pop() {
        if value.depth() > DEPTH_MAX {
            release(value, &mut rest);
        }
    }
}

/// Moves what only `value` holds into `rest`.
fn release(value: Value, rest: &mut Vec<Value>) {
    match value {
        Value::List(list) => {
            if let Some(mut inner) = Arc::into_inner(list.0) {
                rest.append(&mut inner.items);
            }
        }
        Value::Record(record) => {
            if let Some(mut inner) = Arc::into_inner(record.0) {
                rest.extend(inner.fields.drain(..).map(|(_, value)| value));
            }
        }
        _ => {}
    }
}

/// Whether all pairs are equal, whatever their depth.
pub(super) fn all_equal(mut pairs: Vec<(&Value, &Value)>) -> bool {
    while let Some((a, b)) = pairs.pop() {
        let is_equal = match (a, b) {
            (Value::List(a), Value::List(b)) if a.measure().depth > DEPTH_MAX => {
                pairs.extend(a.iter().zip(b.iter()));
                a.measure() == b.measure() && a.len() == b.len()
            }
            (Value::Record(a), Value::Record(b)) if a.measure().depth > DEPTH_MAX => {
                pairs.extend(a.values().zip(b.values()));
                a.measure() == b.measure() && a.keys().eq(b.keys())
            }
            _ => a == b,
        };
        if !is_equal {
            return false;
        }
    }
    true
}
