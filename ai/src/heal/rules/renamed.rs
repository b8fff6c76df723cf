//! A field has another name: what was `orders` is now `items`.

use flowforge_engine::Value;
use flowforge_engine::value::Record;
use flowforge_engine::workflow::nearest;

use super::mismatch::{Mismatch, fields_of};
use super::shapes::Remedy;
use crate::heal::paths::Key;
use crate::heal::rewrite::How;
use crate::heal::shape::{Shape, likeness, nearness, shape};

/// How near the shape of the new field must be.
const NEAR: f64 = 0.6;
/// How alike the names must be when the shape says little.
const ALIKE: f64 = 0.7;
/// How alike they must be when no good run tells the shape.
const ALIKE_ALONE: f64 = 0.75;
/// How many times larger or smaller the numbers of a renamed field may be than they were.
const SIZE: f64 = 5.0;
/// How much better the best must be than the next.
const AHEAD: f64 = 0.12;

/// Fields that might be the one that is missing.
pub(super) fn options(mismatch: &Mismatch) -> Result<Option<Remedy>, String> {
    let Some(Key::Field(old)) = mismatch.way.keys.last() else {
        return Ok(None);
    };
    let is_missing = mismatch.parents.iter().any(|parent| {
        parent
            .as_record()
            .is_some_and(|record| record.get(old).is_none())
    });
    if !is_missing {
        return Ok(None);
    }
    if mismatch.never {
        return Ok(misspelt(mismatch, old));
    }
    let known = known_before(mismatch);
    let new = fields_of(&mismatch.parents)
        .into_iter()
        .filter(|name| !known.contains(name));
    let mut scored: Vec<(f64, String)> = new
        .filter_map(|name| Some((score(mismatch, old, &name)?, name)))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some((best, name)) = scored.first() else {
        return Ok(None);
    };
    if let Some((next, other)) = scored.get(1)
        && best - next < AHEAD
    {
        return Err(format!(
            "`{old}` is gone, and both `{name}` and `{other}` could be it"
        ));
    }
    Ok(Some(Remedy {
        how: How::Renamed(name.clone()),
        rule: "renamed-field",
        title: format!("read `{name}` where `{old}` was"),
        reason: format!("the field `{old}` is gone, and `{name}` is new there with the same shape"),
    }))
}

/// The field that was probably meant by a name that no run ever had.
fn misspelt(mismatch: &Mismatch, old: &str) -> Option<Remedy> {
    let there = fields_of(&mismatch.parents);
    let name = nearest(old, there.iter().map(String::as_str))?;
    Some(Remedy {
        how: How::Named(name.to_owned()),
        rule: "misspelt-name",
        title: format!("read `{name}` for `{old}`"),
        reason: format!("no run ever had a field `{old}` there; `{name}` is the nearest"),
    })
}

/// Fields that good runs had too: they are something else.
fn known_before(mismatch: &Mismatch) -> Vec<String> {
    let records = mismatch.good_parents.iter().filter_map(Value::as_record);
    let mut names: Vec<String> = records
        .flat_map(|record| record.keys().map(str::to_owned))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// How well a field fits, if it fits at all.
fn score(mismatch: &Mismatch, old: &str, name: &str) -> Option<f64> {
    let values: Vec<&Value> = mismatch
        .parents
        .iter()
        .filter_map(|parent| parent.get(name))
        .collect();
    let now = values
        .iter()
        .find(|value| !value.is_null())
        .map(|value| shape(value))?;
    let alike = likeness(old, name);
    let Some(good) = &mismatch.good else {
        return (alike >= ALIKE_ALONE).then_some(alike);
    };
    let near = nearness(good, &now);
    let fits = near >= NEAR && (is_telling(good) || alike >= ALIKE) || near >= 0.5 && alike >= 0.9;
    let swapped = near >= 1.0 && is_swapped(mismatch, old, name, &values);
    (fits || swapped).then_some(0.5 * near + 0.5 * alike)
}

/// Whether `name` took the place of `old`: in every record the one is gone and the other is the only thing new, and
/// what it holds is of the same size. A name that tells another unit holds another thing.
fn is_swapped(mismatch: &Mismatch, old: &str, name: &str, values: &[&Value]) -> bool {
    let known = known_before(mismatch);
    let records: Vec<&Record> = mismatch
        .parents
        .iter()
        .filter_map(Value::as_record)
        .collect();
    let is_only_change = |record: &&Record| {
        let mut new = record
            .keys()
            .filter(|key| !known.iter().any(|known| known == key));
        let is_new = new.next() == Some(name) && new.next().is_none();
        let gone = known.iter().filter(|known| record.get(known).is_none());
        // What is still there says that it is the same kind of record.
        is_new && gone.eq([old]) && record.len() > 1
    };
    let everywhere = !records.is_empty()
        && records.len() == mismatch.parents.len()
        && records.iter().all(is_only_change);
    let is_plain = |value: &&Value| !matches!(value, Value::Record(_) | Value::List(_));
    everywhere
        && values.iter().all(is_plain)
        && unit_of(name) == unit_of(old)
        && is_of_same_size(mismatch, old, values)
}

/// Words in names that tell what a number counts in.
const UNITS: [&str; 26] = [
    "cent", "cents", "pct", "percent", "ratio", "ms", "millis", "sec", "seconds", "minutes",
    "hours", "days", "kg", "g", "gram", "grams", "km", "m", "cm", "mm", "usd", "eur", "net",
    "gross", "tax", "discount",
];

/// The units that a name tells, in order.
fn unit_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for char in name.chars() {
        match words.last_mut() {
            Some(word) if char.is_lowercase() || char.is_ascii_digit() => word.push(char),
            _ => words.push(char.to_lowercase().collect()),
        }
    }
    let words = words
        .into_iter()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
    words
        .filter(|word| UNITS.contains(&word.as_str()))
        .collect()
}

/// Numbers must be about as large as they were; other values say enough by their kind.
fn is_of_same_size(mismatch: &Mismatch, old: &str, values: &[&Value]) -> bool {
    let good = mismatch
        .good_parents
        .iter()
        .filter_map(|parent| parent.get(old));
    let (then, now) = (middle(good), middle(values.iter().copied()));
    match (then, now) {
        (Some(then), Some(now)) if then != 0.0 => (1.0 / SIZE..=SIZE).contains(&(now / then)),
        (Some(_), Some(_)) => false,
        _ => true,
    }
}

/// The middle one of the numbers among these.
fn middle<'a>(values: impl Iterator<Item = &'a Value>) -> Option<f64> {
    let mut numbers: Vec<f64> = values.filter_map(number).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "only the size matters")]
fn number(value: &Value) -> Option<f64> {
    value.as_int().map(|int| int as f64).or(match value {
        Value::Float(float) => Some(*float),
        _ => None,
    })
}

/// Whether a shape says enough by itself: lists and records with two fields or more; not one number among others.
fn is_telling(shape: &Shape) -> bool {
    match shape {
        Shape::Record(fields) => fields.len() >= 2,
        Shape::List(Some(item)) => is_telling(item) || matches!(**item, Shape::Record(_)),
        _ => false,
    }
}
