//! How any two values compare, in one place, for `sort`, `min`, `max`, groups and cases.
//!
//! The order is total: null, then false, true, then numbers by size (integers and floats together,
//! exactly; not-a-number last), then texts by code point, bytes, lists item by item, records field by
//! field. Equal in this order is a little wider than `==`: 1 and 1.0 are two values of one size.

use std::cmp::Ordering;

use crate::value::{Record, Value};

/// Compares two values of any kinds.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => floats(*a, *b),
        (Value::Int(a), Value::Float(b)) => int_float(*a, *b),
        (Value::Float(a), Value::Int(b)) => int_float(*b, *a).reverse(),
        (Value::Text(a), Value::Text(b)) => (**a).cmp(&**b),
        (Value::Bytes(a), Value::Bytes(b)) => (**a).cmp(&**b),
        (Value::List(a), Value::List(b)) => lists(a, b),
        (Value::Record(a), Value::Record(b)) => records(a, b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// A value as a key of sorted sets and maps.
#[derive(Clone, Copy)]
pub(crate) struct Ordered<'a>(pub(crate) &'a Value);

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered<'_> {}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 2,
        Value::Text(_) => 3,
        Value::Bytes(_) => 4,
        Value::List(_) => 5,
        Value::Record(_) => 6,
    }
}

/// Only not-a-number does not compare by itself; it comes last.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Exact: the integer is never rounded to a float.
fn int_float(int: i64, float: f64) -> Ordering {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() || float >= END {
        return Ordering::Less;
    }
    if float < -END {
        return Ordering::Greater;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "inside the range of integers, and the rest is compared"
    )]
    let whole = float.trunc() as i64;
    int.cmp(&whole).then_with(|| floats(0.0, float.fract()))
}

fn lists(a: &[Value], b: &[Value]) -> Ordering {
    a.iter().map(Ordered).cmp(b.iter().map(Ordered))
}

fn records(a: &Record, b: &Record) -> Ordering {
    let fields = |record| {
        let fields: std::slice::Iter<'_, _> = Record::iter(record);
        fields.map(|(name, value)| (name, Ordered(value)))
    };
    fields(a).cmp(fields(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let float = prop_oneof![
            Just(0.0),
            Just(-0.0),
            Just(1.0),
            Just(f64::NAN),
            Just(9_223_372_036_854_775_807.0),
            any::<f64>()
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            prop_oneof![
                Just(0),
                Just(1),
                Just(i64::MAX),
                Just(i64::MIN),
                any::<i64>()
            ]
            .prop_map(Value::from),
            float.prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
            prop::collection::vec(any::<u8>(), 0..2).prop_map(|bytes| Value::Bytes(bytes.into())),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|fields| Value::Record(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_value(), b in any_value(), c in any_value()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }

    /// Each of these is smaller than the next.
    #[test]
    fn kinds_stand_in_the_documented_order() {
        let rising = [
            Value::Null,
            false.into(),
            true.into(),
            Value::Float(f64::NEG_INFINITY),
            i64::MIN.into(),
            Value::Float(-1.5),
            (-1).into(),
            0.into(),
            Value::Float(0.5),
            9_007_199_254_740_992_i64.into(),
            9_007_199_254_740_993_i64.into(),
            i64::MAX.into(),
            Value::Float(9_223_372_036_854_775_808.0),
            Value::Float(f64::INFINITY),
            Value::Float(f64::NAN),
            "".into(),
            "B".into(),
            "a".into(),
            "é".into(),
            Value::Bytes(vec![0].into()),
            Value::List(vec![].into()),
            Value::List(vec![1.into()].into()),
            Value::List(vec![2.into()].into()),
            Value::Record([("a", 1.into())].into_iter().collect()),
            Value::Record([("a", 2.into())].into_iter().collect()),
            Value::Record([("b", 0.into())].into_iter().collect()),
        ];
        for pair in rising.windows(2) {
            assert_eq!(
                compare(&pair[0], &pair[1]),
                Ordering::Less,
                "{:?} < {:?}",
                pair[0],
                pair[1]
            );
        }
    }

    #[test]
    fn an_integer_equals_the_float_of_its_size() {
        assert_eq!(compare(&1.into(), &1.0.into()), Ordering::Equal);
        assert_eq!(compare(&0.0.into(), &(-0.0).into()), Ordering::Equal);
    }
}
