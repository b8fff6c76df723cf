//! `data.limit`: a part of a list.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::items::{self, items};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::value::Value;

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "scissors",
        words: &[
            "first", "last", "top", "slice", "page", "take", "skip", "head", "tail", "offset",
        ],
        outputs: vec![port(
            "out",
            "list",
            "The items that are kept, in their order.",
        )],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the input is not a list, and `items` is left out",
            ),
            (
                FailureKind::InvalidParameter,
                "`count` or `offset` is negative or not a whole number, or `items` is not a list",
            ),
        ],
        examples: examples(),
        ..plain(
            "data.limit",
            "Limit",
            "Keeps the first or the last items of a list.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::int(
            "count",
            "How many",
            "At most this many items are kept.",
            0..=i64::MAX,
        )
        .required()
        .such_as(json!(10)),
        Property::int(
            "offset",
            "Skip",
            "This many items are passed over first.",
            0..=i64::MAX,
        )
        .or(json!(0)),
        Property::choice(
            "from",
            "From",
            "`start`: the first items. `end`: the last ones; \
            `offset` is then counted from the end.",
            &["start", "end"],
        )
        .or(json!("start")),
        items::property(),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "The second page of two",
            json!({ "count": 2, "offset": 2 }),
            json!(["a", "b", "c", "d", "e"]),
        )
        .gives(json!(["c", "d"])),
        Example::new(
            "The last two log lines",
            json!({ "count": 2, "from": "end", "items": "{{ input.lines }}" }),
            json!({ "lines": ["one", "two", "three"] }),
        )
        .gives(json!(["two", "three"])),
    ]
}

const DOCS: &str = r#"
The items keep their order, also with `from: end`. A list that is shorter than asked for is passed on as far as it goes:
too few items are not an error. To keep the largest or smallest items, put `data.sort` before it.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let (count, offset) = (size(params.int("count")?), size(params.int("offset")?));
    let at_end = params.choice("from")? == "end";
    let items = items(node, params)?;
    let kept = if at_end {
        let end = items.len().saturating_sub(offset);
        &items[end.saturating_sub(count)..end]
    } else {
        let start = offset.min(items.len());
        &items[start..start.saturating_add(count).min(items.len())]
    };
    Ok(Answer::out(Value::List(kept.iter().cloned().collect())))
}

/// A number of items; more than memory can hold is as good as all.
fn size(int: i64) -> usize {
    usize::try_from(int).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    fn check(params: serde_json::Value, expected: &str) {
        check_node("data.limit", params, json!([1, 2, 3, 4]), expected);
    }

    #[test]
    fn from_the_start_and_from_the_end() {
        check(json!({ "count": 2 }), "out [1,2]");
        check(json!({ "count": 2, "offset": 1 }), "out [2,3]");
        check(json!({ "count": 2, "from": "end" }), "out [3,4]");
        check(
            json!({ "count": 2, "offset": 1, "from": "end" }),
            "out [2,3]",
        );
    }

    #[test]
    fn asking_for_more_than_there_is() {
        check(json!({ "count": i64::MAX, "offset": 3 }), "out [4]");
        check(json!({ "count": 1, "offset": i64::MAX }), "out []");
        check(
            json!({ "count": i64::MAX, "offset": 3, "from": "end" }),
            "out [1]",
        );
        check(
            json!({ "count": 1, "offset": i64::MAX, "from": "end" }),
            "out []",
        );
        check(json!({ "count": 0 }), "out []");
    }

    #[test]
    fn counts_are_not_negative() {
        check(
            json!({ "count": -1 }),
            "failed invalidParameter /count: `count` must be a whole number of at least 0, found \
                -1",
        );
        check(
            json!({}),
            "failed invalidParameter /count: `count` is missing",
        );
    }
}
