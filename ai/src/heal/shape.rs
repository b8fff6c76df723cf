//! What a value is made of, without what it says; and how near two of these are.

use std::collections::BTreeMap;

use flowforge_engine::Value;

/// Most items of a list that are looked at.
const ITEMS_MAX: usize = 20;
/// Levels below which shapes are not told apart.
const DEPTH_MAX: usize = 5;

/// How alike names and shapes of fields must be for one to count as the other.
const LIKE: f64 = 0.7;
/// What such a field counts.
const LIKE_FIELD: f64 = 0.8;

/// What a value is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Null,
    Bool,
    Number,
    /// A text; whether it reads as a number.
    Text {
        numeric: bool,
    },
    Bytes,
    /// A list, with what its items have in common.
    List(Option<Box<Shape>>),
    Record(BTreeMap<String, Shape>),
}

/// The shape of a value.
pub(crate) fn shape(value: &Value) -> Shape {
    of(value, 0)
}

fn of(value: &Value, depth: usize) -> Shape {
    match value {
        Value::Null => Shape::Null,
        Value::Bool(_) => Shape::Bool,
        Value::Int(_) | Value::Float(_) => Shape::Number,
        Value::Text(text) => Shape::Text {
            numeric: text.trim().parse::<f64>().is_ok(),
        },
        Value::Bytes(_) => Shape::Bytes,
        Value::List(items) => {
            let mut shapes = items.iter().take(ITEMS_MAX).map(|item| of(item, depth + 1));
            let first = shapes.next();
            Shape::List(first.map(|first| Box::new(shapes.fold(first, |a, b| common(&a, &b)))))
        }
        Value::Record(_) if depth >= DEPTH_MAX => Shape::Record(BTreeMap::new()),
        Value::Record(fields) => Shape::Record(
            fields
                .iter()
                .map(|(name, value)| (name.to_string(), of(value, depth + 1)))
                .collect(),
        ),
    }
}

/// What two shapes have in common: the fields that both have, and the first where they differ.
fn common(a: &Shape, b: &Shape) -> Shape {
    match (a, b) {
        (Shape::Record(a), Shape::Record(b)) => Shape::Record(
            a.iter()
                .filter_map(|(name, shape)| Some((name.clone(), common(shape, b.get(name)?))))
                .collect(),
        ),
        (Shape::Null, other) => other.clone(),
        (one, _) => one.clone(),
    }
}

/// How near two shapes are, from 0 (one cannot stand for the other) to 1 (the same).
pub(crate) fn nearness(a: &Shape, b: &Shape) -> f64 {
    match (a, b) {
        (Shape::Record(a), Shape::Record(b)) => records(a, b),
        (Shape::List(Some(a)), Shape::List(Some(b))) => nearness(a, b),
        (Shape::List(_), Shape::List(_)) => 0.9,
        (Shape::Text { numeric: a }, Shape::Text { numeric: b }) => {
            if a == b {
                1.0
            } else {
                0.7
            }
        }
        (Shape::Number, Shape::Text { numeric: true })
        | (Shape::Text { numeric: true }, Shape::Number) => 0.5,
        (a, b) => f64::from(u8::from(a == b)),
    }
}

/// Fields of one name count in full; one that has a like name and shape on the other side counts nearly so.
fn records(a: &BTreeMap<String, Shape>, b: &BTreeMap<String, Shape>) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let mut left: Vec<&String> = b.keys().filter(|name| !a.contains_key(*name)).collect();
    let mut shared = 0.0;
    let mut all = left.len();
    for (name, shape) in a {
        all += 1;
        if let Some(other) = b.get(name) {
            shared += nearness(shape, other);
            continue;
        }
        let like =
            |other: &&String| likeness(name, other) >= LIKE && nearness(shape, &b[*other]) >= LIKE;
        if let Some(at) = left.iter().position(like) {
            left.remove(at);
            all -= 1;
            shared += LIKE_FIELD;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "few fields")]
    let all = all as f64;
    shared / all
}

/// How alike two names are, from 0 to 1: written otherwise (`unit_price`, `unitPrice`) is the same, a common
/// beginning, end or word is near.
pub(crate) fn likeness(a: &str, b: &str) -> f64 {
    let (a_words, b_words) = (words(a), words(b));
    let (a, b) = (a_words.concat(), b_words.concat());
    if a == b {
        return 1.0;
    }
    if singular(&a) == singular(&b) {
        return 0.95;
    }
    let has_word = a_words
        .iter()
        .any(|word| word.len() > 2 && b_words.contains(word));
    let within = a.len() > 2 && b.len() > 2 && (a.contains(&b) || b.contains(&a));
    let written = 1.0 - edits(&a, &b);
    let is_short = is_short_for(&a, &b) || is_short_for(&b, &a);
    match (has_word || is_short, within) {
        (true, _) => written.max(0.75),
        (_, true) => written.max(0.7),
        _ => written,
    }
}

/// Whether one is the other without some letters, but with its first and last: `qty` for `quantity`.
fn is_short_for(short: &str, long: &str) -> bool {
    let mut left = long.chars();
    short.len() > 2
        && short.chars().next() == long.chars().next()
        && short.chars().last() == long.chars().last()
        && short
            .chars()
            .all(|letter| left.any(|other| other == letter))
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = c.is_uppercase() && was_lower;
        if (begins || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .expect("there is always a word")
                .extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn singular(word: &str) -> &str {
    word.strip_suffix("es")
        .or_else(|| word.strip_suffix('s'))
        .unwrap_or(word)
}

/// The share of letters that must change to make one word of the other.
pub(crate) fn edits(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, right) in b.iter().enumerate() {
            let replaced = before[column] + usize::from(left != right);
            now.push(replaced.min(before[column + 1] + 1).min(now[column] + 1));
        }
        before = now;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    let share = before[b.len()] as f64 / longest as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &str, b: &str) -> f64 {
        let read = |text: &str| {
            let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
            shape(&Value::from_json(&json))
        };
        nearness(&read(a), &read(b))
    }

    #[test]
    fn lists_of_like_records_are_near_whatever_they_say() {
        assert!(
            near(
                r#"[{"id":1,"price":2}]"#,
                r#"[{"id":7,"price":9.5},{"id":8,"price":1}]"#
            ) > 0.99
        );
        assert!(near(r#"[{"id":1}]"#, "[1,2]") < 0.01);
        assert!(near(r#"{"a":1,"b":2}"#, r#"{"a":1,"c":2}"#) < 0.5);
    }

    #[test]
    fn names_written_otherwise_are_alike() {
        assert!(likeness("unitPrice", "unit_price") > 0.99);
        assert!(likeness("order", "orders") > 0.9);
        assert!(likeness("total", "totalAmount") > 0.7);
        assert!(likeness("orders", "zebra") < 0.4);
    }
}
