//! `data.sort`: a list in another order.

use std::cmp::Ordering;

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::field_path::FieldPath;
use crate::nodes::items::{self, items};
use crate::nodes::order::compare;
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::value::Value;

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "arrow-up-down",
        words: &[
            "order by",
            "rank",
            "ascending",
            "descending",
            "top",
            "arrange",
        ],
        outputs: vec![port("out", "list", "The same items in the new order.")],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the input is not a list, and `items` is left out",
            ),
            (
                FailureKind::InvalidParameter,
                "`items` is not a list, a `field` is not a path, or an `order` is neither `asc` \
                    nor `desc`",
            ),
        ],
        examples: examples(),
        ..plain("data.sort", "Sort", "Puts the items of a list in order.")
    }
}

fn params() -> serde_json::Value {
    record([
        Property::list("by", "Sort by", BY, criterion())
            .or(json!([]))
            .such_as(json!([{ "field": "price" }])),
        items::property(),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Cheapest first, then by name",
            json!({
                "by": [{ "field": "price" }, { "field": "name" }],
            }),
            json!([
                { "name": "tea", "price": 3 },
                { "name": "milk", "price": 1 },
                { "name": "jam", "price": 3 },
            ]),
        )
        .gives(json!([
            { "name": "milk", "price": 1 },
            { "name": "jam", "price": 3 },
            { "name": "tea", "price": 3 },
        ])),
        Example::new(
            "Numbers, largest first",
            json!({
                "by": [{ "order": "desc" }],
                "items": "{{ input.scores }}",
            }),
            json!({
                "scores": [2, 10, 7.5],
            }),
        )
        .gives(json!([10, 7.5, 2])),
    ]
}

fn criterion() -> serde_json::Value {
    record([
        Property::text(
            "field",
            "Field",
            "The name of the field to compare, or a path such as `customer.name`. When left out, \
                the whole items are compared.",
        ),
        Property::choice(
            "order",
            "Order",
            "`asc`: smallest first. `desc`: largest first.",
            &["asc", "desc"],
        )
        .or(json!("asc")),
    ])
}

const BY: &str = "What to compare, most important first. When it is empty, the items themselves \
    are compared, smallest first.";

const DOCS: &str = r#"
Items that compare as equal stay in the order in which they came, also with `desc`.

Any two values can be compared, whatever they are: null comes first (a missing field counts as null), then false, true,
numbers by size, texts, bytes, lists item by item, and records field by field. Whole numbers and floats are compared
exactly, together. Texts are compared by character code: capital letters come before small ones, and `"10"` before `"9"`,
since a text of digits is still a text. To compare it as a number, turn it into one first, with `data.set` or `code.rhai`.
"#;

/// One thing to compare by.
struct Criterion {
    path: Option<FieldPath>,
    descending: bool,
}

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let by = params.need("by")?.items()?;
    let mut criteria = by.iter().map(criterion_of).collect::<Result<Vec<_>, _>>()?;
    if criteria.is_empty() {
        criteria.push(Criterion {
            path: None,
            descending: false,
        });
    }
    let items = items(node, params)?;
    let mut rows: Vec<Row<'_>> = items.iter().map(|item| row(item, &criteria)).collect();
    rows.sort_by(|a, b| in_order(a, b, &criteria));
    let sorted = rows.into_iter().map(|row| row.item.clone());
    Ok(Answer::out(Value::List(sorted.collect())))
}

fn criterion_of(param: &Param<'_>) -> Result<Criterion, Failure> {
    let fields = param.fields()?;
    Ok(Criterion {
        path: fields.path("field")?,
        descending: fields.choice("order")? == "desc",
    })
}

/// An item with what it is compared by, looked up once.
struct Row<'a> {
    keys: Vec<&'a Value>,
    item: &'a Value,
}

fn row<'a>(item: &'a Value, criteria: &[Criterion]) -> Row<'a> {
    let key = |criterion: &Criterion| match &criterion.path {
        Some(path) => path.get(item).unwrap_or(&Value::Null),
        None => item,
    };
    Row {
        keys: criteria.iter().map(key).collect(),
        item,
    }
}

fn in_order(a: &Row<'_>, b: &Row<'_>, criteria: &[Criterion]) -> Ordering {
    let pairs = a.keys.iter().zip(&b.keys).zip(criteria);
    pairs.fold(Ordering::Equal, |so_far, ((a, b), criterion)| {
        so_far.then_with(|| {
            if criterion.descending {
                compare(b, a)
            } else {
                compare(a, b)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    fn check(params: serde_json::Value, input: serde_json::Value, expected: &str) {
        check_node("data.sort", params, input, expected);
    }

    #[test]
    fn equal_items_keep_their_order_both_ways() {
        let input = json!([{ "k": 1, "n": "a" }, { "k": 0, "n": "b" }, { "k": 1, "n": "c" }]);
        check(
            json!({ "by": [{ "field": "k" }] }),
            input.clone(),
            r#"out [{"k":0,"n":"b"},{"k":1,"n":"a"},{"k":1,"n":"c"}]"#,
        );
        let descending = json!({ "by": [{ "field": "k", "order": "desc" }] });
        check(
            descending,
            input,
            r#"out [{"k":1,"n":"a"},{"k":1,"n":"c"},{"k":0,"n":"b"}]"#,
        );
    }

    #[test]
    fn mixed_kinds_have_an_order_and_missing_is_null() {
        check(
            json!({}),
            json!(["b", 2, null, 1.5, true, [1], {}]),
            r#"out [null,true,1.5,2,"b",[1],{}]"#,
        );
        check(
            json!({ "by": [{ "field": "x" }] }),
            json!([{ "x": 0 }, {}]),
            r#"out [{},{"x":0}]"#,
        );
    }

    #[test]
    fn wrong_parameters_are_named() {
        let expected =
            "failed invalidParameter /by/0/order: `by/0/order` must be `asc` or `desc`, found text";
        check(json!({ "by": [{ "order": "up" }] }), json!([]), expected);
        check(
            json!({ "by": ["name"] }),
            json!([]),
            "failed invalidParameter /by/0: `by/0` must be a record, found text",
        );
        check(
            json!({ "items": null }),
            json!([]),
            "failed invalidParameter /items: `items` must be a list, found null",
        );
        let expected = "failed invalidInput: the input must be a list, found a record (name the \
            list in `items`, for example `{{ input.rows }}`)";
        check(json!({}), json!({ "a": 1 }), expected);
        let expected = "failed invalidInput: the input must be a list, found a record (name the \
            list in `items`, for example `{{ input.orders }}`)";
        check(json!({}), json!({ "a": 1, "orders": [] }), expected);
    }

    #[test]
    fn twenty_thousand_rows_are_not_many() {
        let rows: Vec<_> = (0..20_000)
            .map(|i| json!({ "k": (i * 7919) % 20_011 }))
            .collect();
        let told = Scene::new(
            "data.sort",
            json!({ "by": [{ "field": "k" }] }),
            rows.into(),
        )
        .told();
        assert!(told.starts_with(r#"out [{"k":0},{"k":1}"#));
    }
}
