//! Where a field is inside a value: `customer.addresses[0].city`.
//!
//! A name that holds a dot or a bracket is written in quotes: `["a.b"].c`. An index counts from 0, a
//! negative one from the end.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::value::{List, Value};

/// A way into a value, by names and positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
}

/// Why a text is not a path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    /// Nothing is named.
    #[error("it is empty, or a name between two dots is")]
    Empty,
    /// A bracket is not closed, or holds something else.
    #[error("`[` at character {0} needs a number or a quoted name, then `]`")]
    Bracket(usize),
    /// A step does not begin with a dot or a bracket.
    #[error("expected `.` or `[` at character {0}")]
    Step(usize),
}

impl FieldPath {
    /// Reads `a.b[0]["c.d"]`.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let mut rest = text.char_indices().peekable();
        let mut steps = Vec::new();
        if rest.peek().is_none_or(|(_, next)| *next != '[') {
            steps.push(name(&mut rest)?);
        }
        while let Some((at, next)) = rest.next() {
            let position = text[..at].chars().count() + 1;
            steps.push(match next {
                '.' => name(&mut rest)?,
                '[' => bracket(&mut rest).ok_or(PathError::Bracket(position))?,
                _ => return Err(PathError::Step(position)),
            });
        }
        Ok(Self { steps })
    }

    /// The value there, if it is there.
    pub(crate) fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.steps
            .iter()
            .try_fold(value, |value, step| step.get(value))
    }

    /// The value without what is there; all else is shared.
    pub(crate) fn without(&self, value: &Value) -> Value {
        without(value, &self.steps)
    }

    /// The last name in it: `city` in `addresses[0].city`, and in `city[2]`.
    pub(crate) fn name(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) => None,
        })
    }
}

impl Step {
    fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Name(name) => value.get(name),
            Self::Index(index) => {
                let list = value.as_list()?;
                list.get(position(list, *index)?)
            }
        }
    }
}

fn position(list: &List, index: i64) -> Option<usize> {
    let from_end = if index < 0 { list.len() } else { 0 };
    from_end.checked_add_signed(isize::try_from(index).ok()?)
}

fn without(value: &Value, steps: &[Step]) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return value.clone();
    };
    let Some(inner) = step.get(value) else {
        return value.clone();
    };
    match (value, step) {
        (Value::Record(record), Step::Name(name)) if rest.is_empty() => record.without(name).into(),
        (Value::Record(record), Step::Name(name)) => record.with(name, without(inner, rest)).into(),
        (Value::List(list), Step::Index(index)) => {
            let mut items = list.to_vec();
            let at = position(list, *index).expect("`get` found an item there");
            if rest.is_empty() {
                items.remove(at);
            } else {
                items[at] = without(inner, rest);
            }
            items.into()
        }
        _ => value.clone(),
    }
}

type Rest<'a> = Peekable<CharIndices<'a>>;

fn name(rest: &mut Rest<'_>) -> Result<Step, PathError> {
    let mut name = String::new();
    while let Some((_, next)) = rest.next_if(|(_, next)| !matches!(next, '.' | '[' | ']')) {
        name.push(next);
    }
    if name.is_empty() {
        Err(PathError::Empty)
    } else {
        Ok(Step::Name(name))
    }
}

/// What follows a `[`, up to and including its `]`.
fn bracket(rest: &mut Rest<'_>) -> Option<Step> {
    if rest.next_if(|(_, next)| *next == '"').is_some() {
        let name = quoted(rest)?;
        return rest
            .next_if(|(_, next)| *next == ']')
            .map(|_| Step::Name(name));
    }
    let mut digits = String::new();
    while let Some((_, next)) = rest.next_if(|(_, next)| *next != ']') {
        digits.push(next);
    }
    rest.next()?;
    digits.parse().ok().map(Step::Index)
}

/// What follows a `"`, up to and including the closing one; `\` takes the next character as it is.
fn quoted(rest: &mut Rest<'_>) -> Option<String> {
    let mut name = String::new();
    loop {
        match rest.next()?.1 {
            '"' => return Some(name),
            '\\' => name.push(rest.next()?.1),
            other => name.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order() -> Value {
        Value::from_json(&json!({
            "id": 7,
            "lines": [{ "sku": "a", "tags": ["x", "y"] }, { "sku": "b" }],
            "a.b": { "": 1, "[0]": 2, "say \"hi\"": 3 },
            "naïve": 4,
        }))
    }

    fn check(path: &str, expected: &str) {
        let found = match FieldPath::parse(path) {
            Ok(path) => path
                .get(&order())
                .map_or("nothing".into(), |value| format!("{value:?}")),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths_lead_into_records_and_lists() {
        check("id", "7");
        check("lines[0].tags[1]", "\"y\"");
        check("lines[-1].sku", "\"b\"");
        check("naïve", "4");
    }

    #[test]
    fn names_with_dots_are_quoted() {
        check("[\"a.b\"][\"\"]", "1");
        check(
            "[\"a.b\"].[0]",
            "it is empty, or a name between two dots is",
        );
        check("[\"a.b\"][\"[0]\"]", "2");
        check("[\"a.b\"][\"say \\\"hi\\\"\"]", "3");
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        check("lines[2]", "nothing");
        check("lines[-3]", "nothing");
        check("lines[-9223372036854775808]", "nothing");
        check("lines.sku", "nothing");
        check("id.x", "nothing");
    }

    #[test]
    fn what_is_no_path_says_where() {
        check("", "it is empty, or a name between two dots is");
        check("a..b", "it is empty, or a name between two dots is");
        check(
            "a[x]",
            "`[` at character 2 needs a number or a quoted name, then `]`",
        );
        check(
            "é[\"x\"",
            "`[` at character 2 needs a number or a quoted name, then `]`",
        );
        check("a[0]b", "expected `.` or `[` at character 5");
    }

    #[test]
    fn taking_away_leaves_the_rest() {
        let check = |path: &str, expected: serde_json::Value| {
            let path = FieldPath::parse(path).expect("a path");
            let value = Value::from_json(&json!({ "a": { "b": [1, { "c": 2, "d": 3 }] }, "e": 4 }));
            assert_eq!(path.without(&value).to_json(), expected);
        };
        check("e", json!({ "a": { "b": [1, { "c": 2, "d": 3 }] } }));
        check("a.b[1].c", json!({ "a": { "b": [1, { "d": 3 }] }, "e": 4 }));
        check(
            "a.b[-2]",
            json!({ "a": { "b": [{ "c": 2, "d": 3 }] }, "e": 4 }),
        );
        check(
            "a.x.y",
            json!({ "a": { "b": [1, { "c": 2, "d": 3 }] }, "e": 4 }),
        );
    }

    #[test]
    fn the_name_is_the_last_one() {
        let name = |path| {
            FieldPath::parse(path)
                .expect("a path")
                .name()
                .map(str::to_owned)
        };
        assert_eq!(name("a.b[0].c").as_deref(), Some("c"));
        assert_eq!(name("a.b[0]").as_deref(), Some("b"));
        assert_eq!(name("[0][1]"), None);
    }
}
