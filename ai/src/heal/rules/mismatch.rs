//! A value that a node reads and that is not as it is in good runs.

use flowforge_engine::Value;
use flowforge_engine::value::Record;

use crate::heal::case::{Found, follow};
use crate::heal::paths::{Access, Key, Way};
use crate::heal::shape::{Shape, shape};

/// A value that is not as it is in good runs.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    /// Which, with the step that leads to it.
    pub(crate) way: Way,
    /// What it is in good runs; nothing when none is known.
    pub(crate) good: Option<Shape>,
    /// What it is now; null when it is missing.
    pub(crate) now: Shape,
    /// What it was expected in.
    pub(crate) parents: Vec<Value>,
    /// What it was found in, in good runs.
    pub(crate) good_parents: Vec<Value>,
    /// All values there now, of several items each.
    pub(crate) values: Vec<Value>,
    /// The function that is called on it, if one is.
    pub(crate) call: Option<String>,
    /// Whether good runs never had it: then its name was never right.
    pub(crate) never: bool,
    /// Whether something is read inside of it, so that null stops the script.
    pub(crate) is_opened: bool,
}

/// What is wrong at step `at` of an access, if something is.
pub(crate) fn mismatch(
    access: &Access,
    at: usize,
    scope: &Value,
    good: &[Value],
) -> Option<Mismatch> {
    let way = access.way_to(at);
    let now = follow(scope, &way);
    let parent = parent_of(&way);
    let parents = follow(scope, &parent).values;
    if parents.is_empty() || parents.iter().all(|parent| parent.is_null()) {
        return None;
    }
    let then: Vec<_> = good.iter().map(|scope| follow(scope, &way)).collect();
    let good_shape = then
        .iter()
        .flat_map(|found| found.values.iter().copied())
        .filter(|value| !value.is_null())
        .map(shape)
        .next();
    let always = then
        .iter()
        .filter(|found| !found.values.is_empty() || found.misses);
    let is_whole_in_good = always.clone().count() > 0 && always.clone().all(Found::is_whole);
    let is_missing = now.misses || now.values.iter().any(|value| value.is_null());
    let now_shape = now
        .values
        .iter()
        .find(|v| !v.is_null())
        .map_or(Shape::Null, |v| shape(v));
    let is_other = match &good_shape {
        Some(good) => is_whole_in_good && (is_missing || differs(good, &now_shape)),
        None => is_missing && !access.guarded,
    };
    let good_parents = good
        .iter()
        .flat_map(|scope| follow(scope, &parent).values)
        .cloned();
    is_other.then(|| Mismatch {
        never: good_shape.is_none() && !good.is_empty(),
        good: good_shape,
        now: if is_missing { Shape::Null } else { now_shape },
        parents: parents.into_iter().cloned().collect(),
        good_parents: good_parents.take(200).collect(),
        values: now.values.into_iter().cloned().collect(),
        call: access.call.clone().filter(|_| at == access.steps.len()),
        is_opened: at < access.steps.len(),
        way,
    })
}

/// Whether a value of one kind stands where one of another was.
fn differs(good: &Shape, now: &Shape) -> bool {
    std::mem::discriminant(good) != std::mem::discriminant(now)
}

fn parent_of(way: &Way) -> Way {
    let mut parent = way.clone();
    parent.keys.pop();
    parent
}

/// A scope in which every value that a way leads to is another.
pub(crate) fn with(
    scope: &Value,
    way: &Way,
    change: &dyn Fn(&Value, Option<&Value>) -> Value,
) -> Value {
    let mut keys = vec![Key::Field(way.root.clone())];
    keys.extend_from_slice(&way.keys);
    with_keys(scope, &keys, change)
}

/// `change` gets what holds the value, and the value when it is there.
fn with_keys(
    value: &Value,
    keys: &[Key],
    change: &dyn Fn(&Value, Option<&Value>) -> Value,
) -> Value {
    let Some((key, rest)) = keys.split_first() else {
        return value.clone();
    };
    let inner = |at: Option<&Value>| match (rest.is_empty(), at) {
        (true, at) => Some(change(value, at)),
        (false, Some(at)) => Some(with_keys(at, rest, change)),
        (false, None) => None,
    };
    match (key, value) {
        (Key::Field(name), Value::Record(fields)) => match inner(fields.get(name)) {
            Some(new) => Value::Record(fields.with(name, new)),
            None => value.clone(),
        },
        (Key::Item | Key::At(_), Value::List(items)) => {
            let items = items
                .iter()
                .map(|item| inner(Some(item)).unwrap_or_default());
            Value::from(items.collect::<Vec<_>>())
        }
        _ => value.clone(),
    }
}

/// The fields that all these records have.
pub(crate) fn fields_of(values: &[Value]) -> Vec<String> {
    let mut records = values.iter().filter_map(Value::as_record);
    let Some(first) = records.next() else {
        return Vec::new();
    };
    let all: Vec<&Record> = records.collect();
    let in_all = |name: &&str| all.iter().all(|record| record.get(name).is_some());
    first.keys().filter(in_all).map(str::to_owned).collect()
}
