//! Values nested deeper than [`DEPTH_MAX`]: they can be made, so they must be dropped, compared and
//! named without recursion.
//!
//! Why not refuse to make them? A loop that wraps its own output grows one level at each turn, and a
//! constructor that panicked would take the engine down with it. Depth is known from the moment of
//! making, so everything else (encoding, JSON) asks first, and puts a text in place of the value. The
//! text holds a hash of what it stands for, so that different values keep different addresses even
//! where nobody refused them.

use std::sync::Arc;

use super::{Address, DEPTH_MAX, Record, TOO_DEEP, Value, encode_inline, wire};

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

/// The text that is stored and shown in place of a value that is too deep.
pub(super) fn stand_in(value: &Value) -> Value {
    let mut open = vec![value];
    while let Some(next) = open.last().copied() {
        let len = open.len();
        open.extend(
            held(next).filter(|child| child.depth() > DEPTH_MAX && child.sealed().is_none()),
        );
        if open.len() == len {
            let bytes = encode_inline(&describe(next), usize::MAX).expect("a text is not deep");
            next.set_seal(Address::of(&bytes));
            open.pop();
        }
    }
    describe(value)
}

/// The text for one value, when those of the values in it are known.
fn describe(value: &Value) -> Value {
    let mut bytes = Vec::new();
    if let Value::Record(record) = value {
        record
            .keys()
            .for_each(|key| wire::push_bytes(&mut bytes, key.as_bytes()));
    }
    held(value).for_each(|child| bytes.extend_from_slice(&child.address().0));
    let (depth, size) = (value.depth(), value.size_bytes());
    format!(
        "{TOO_DEEP}: {depth} levels, {size} bytes, {}",
        Address::of(&bytes)
    )
    .into()
}

/// What a list or record holds.
fn held(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_list().into_iter().flatten();
    items.chain(value.as_record().into_iter().flat_map(Record::values))
}
