//! New parts of a document. Fields are written one by one in the order of their names: two services that write the
//! same thing write the same bytes.

use yrs::{Any, Map, MapPrelim, MapRef, TextPrelim, TransactionMut};

use super::layout::{Part, Record};
use super::{ORDER, number};

/// Puts a part under a key, in place of what is there.
pub(super) fn put(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, part: &Part) {
    match part {
        Part::Plain(json) => drop(map.insert(txn, key, number::any(json))),
        Part::Text(text) => drop(map.insert(txn, key, TextPrelim::new(text.as_str()))),
        Part::Record(record) => {
            let made = map.insert(txn, key, MapPrelim::default());
            fill(txn, &made, record);
        }
        Part::Members(members) => {
            let made = map.insert(txn, key, MapPrelim::default());
            for (at, member) in (0_u32..).zip(members) {
                made.insert(txn, member.name.as_str(), at);
            }
        }
        Part::Member => {}
    }
}

fn fill(txn: &mut TransactionMut<'_>, map: &MapRef, record: &Record) {
    for (name, part) in record {
        put(txn, map, name, part);
    }
}

/// Puts an entry of a list under a key.
pub(super) fn put_entry(
    txn: &mut TransactionMut<'_>,
    map: &MapRef,
    key: &str,
    part: &Part,
    order: f64,
) {
    match part {
        Part::Record(record) => {
            let made = map.insert(txn, key, MapPrelim::default());
            made.insert(txn, ORDER, order_any(order));
            fill(txn, &made, record);
        }
        Part::Member => drop(map.insert(txn, key, order_any(order))),
        _ => put(txn, map, key, part),
    }
}

/// An order as browsers write it.
pub(super) fn order_any(order: f64) -> Any {
    #[expect(clippy::cast_possible_truncation, reason = "whole, and it fits")]
    if order.fract() == 0.0 && order.abs() <= f64::from(i32::MAX) {
        Any::from(order as i64)
    } else {
        Any::from(order)
    }
}
