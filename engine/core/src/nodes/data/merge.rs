//! `data.merge`: several values made into one.

use std::collections::BTreeMap;

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::value::{List, Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "merge",
        words: &[
            "combine", "join", "concat", "append", "union", "zip", "assign", "spread", "fan in",
        ],
        inputs: vec![port("in", "any", "Any number of edges.")],
        outputs: vec![port(
            "out",
            "any",
            "A record, or a list for `append` and `zip`.",
        )],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "a value is not a record (`shallow`, `deep`), or not a list of records (`zip`)",
            ),
            (
                FailureKind::InvalidParameter,
                "`items` is not a list, or `mode` is none of the four",
            ),
        ],
        examples: examples(),
        ..plain(
            "data.merge",
            "Merge",
            "Makes one value out of what comes in by several edges, or out of the items of a list.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::choice("mode", "How", MODE, &["shallow", "deep", "append", "zip"])
            .or(json!("shallow")),
        Property::list("items", "Values", ITEMS, json!({}))
            .such_as(json!("{{ [nodes[\"a\"].output, nodes[\"b\"].output] }}")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "A customer with its settings",
            json!({ "mode": "deep" }),
            json!({
                "customer": { "id": 7, "settings": { "theme": "dark" } },
                "settings": { "settings": { "lang": "no" } },
            }),
        )
        .by_source()
        .gives(json!({ "id": 7, "settings": { "theme": "dark", "lang": "no" } })),
        Example::new(
            "Rows of two pages in one list",
            json!({ "mode": "append" }),
            json!({
                "page1": [1, 2],
                "page2": [3],
            }),
        )
        .by_source()
        .gives(json!([1, 2, 3])),
        Example::new(
            "A list of records into one record",
            json!({}),
            json!([
                { "a": 1, "b": 1 },
                { "b": 2 },
            ]),
        )
        .gives(json!({ "a": 1, "b": 2 })),
        Example::new(
            "Names beside prices",
            json!({ "mode": "zip" }),
            json!({
                "names": [{ "name": "tea" }, { "name": "milk" }],
                "prices": [{ "price": 3 }, { "price": 1 }],
            }),
        )
        .by_source()
        .gives(json!([{ "name": "tea", "price": 3 }, { "name": "milk", "price": 1 }])),
    ]
}

const MODE: &str = "`shallow`: one record with the fields of all, the later value winning. `deep`: the same, and records \
    inside are merged too. `append`: one list after the other. `zip`: the first records of all lists merged, then the second, and so on.";
const ITEMS: &str = "The values to merge. When left out: the values of all edges into the node, in the file's order of \
    edges; when only one came in and it is a list, its items.";

const DOCS: &str = r#"
Draw an edge from each node whose result you want, and choose how the results come together. The order is the order of
the edges in the workflow file: where two values compete, the later edge wins. Edges from branches that were not taken do not count.

- `shallow` and `deep` want records. A list inside a record is not merged but replaced, as is anything else; a null
  that comes later replaces too.
- `append` takes the items of each list; a value that is not a list becomes one item.
- `zip` wants lists of records. Where one list is longer, its further records stand alone, so nothing is lost.
- A whole input that is null is left out, in every mode.

To wait for several branches without merging what they bring, use `flow.join`.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let mode = params.choice("mode")?;
    let mut inputs = inputs(node, params, mode)?;
    inputs.retain(|input| !input.value.is_null());
    let merged = match mode {
        "append" => append(&inputs).into(),
        "zip" => zip(&inputs)?.into(),
        "deep" => deep(&records(&inputs)?).into(),
        _ => shallow(&records(&inputs)?).into(),
    };
    Ok(Answer::out(merged))
}

/// A value to merge, and where it came from.
struct Input {
    from: From,
    value: Value,
}

enum From {
    Node(crate::id::NodeId),
    Item(usize),
    Whole,
}

impl Input {
    fn expected(&self, expected: &str) -> Failure {
        let found = found(&self.value);
        let message = match &self.from {
            From::Node(node) => {
                format!("what comes from `{node}` must be {expected}, found {found}")
            }
            From::Item(index) => format!("item {index} must be {expected}, found {found}"),
            From::Whole => format!("the input must be {expected}, found {found}"),
        };
        Failure::new(FailureKind::InvalidInput, message)
    }
}

fn inputs(node: &dyn Activation, params: &Params<'_>, mode: &str) -> Result<Vec<Input>, Failure> {
    if let Some(param) = params.given("items") {
        return Ok(items(&param.list()?));
    }
    match (node.arrivals(), node.input()) {
        ([_, _, ..], _) => Ok(node
            .arrivals()
            .iter()
            .map(|arrival| Input {
                from: From::Node(arrival.source.clone()),
                value: arrival.value.clone(),
            })
            .collect()),
        (_, Value::List(list)) if is_several(list, mode) => Ok(items(list)),
        (_, input) => Ok(vec![Input {
            from: From::Whole,
            value: input.clone(),
        }]),
    }
}

/// Whether one list that came in stands for several inputs. Rows for `zip` are one input: the other branches were not taken.
fn is_several(list: &List, mode: &str) -> bool {
    mode != "zip" || list.iter().all(|item| item.as_list().is_some())
}

fn items(list: &List) -> Vec<Input> {
    let input = |(index, value): (usize, &Value)| Input {
        from: From::Item(index),
        value: value.clone(),
    };
    list.iter().enumerate().map(input).collect()
}

fn records(inputs: &[Input]) -> Result<Vec<&Record>, Failure> {
    inputs
        .iter()
        .map(|input| {
            input
                .value
                .as_record()
                .ok_or_else(|| input.expected("a record"))
        })
        .collect()
}

/// The fields of all; of several with one name the last.
fn shallow(records: &[&Record]) -> Record {
    records
        .iter()
        .flat_map(|record| record.iter().cloned())
        .collect()
}

/// The fields of all; of several with one name, records are merged and else the last counts.
fn deep(records: &[&Record]) -> Record {
    let mut fields: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, value) in records.iter().flat_map(|record| record.iter()) {
        fields.entry(name).or_default().push(value);
    }
    fields
        .into_iter()
        .map(|(name, values)| (name, deep_values(&values)))
        .collect()
}

fn deep_values(values: &[&Value]) -> Value {
    let start = values
        .iter()
        .rposition(|value| value.as_record().is_none())
        .map_or(0, |at| at + 1);
    match &values[start..] {
        [] => (*values.last().expect("a field has at least one value")).clone(),
        [only] => (*only).clone(),
        several => deep(
            &several
                .iter()
                .filter_map(|value| value.as_record())
                .collect::<Vec<_>>(),
        )
        .into(),
    }
}

fn append(inputs: &[Input]) -> List {
    let items = |input: &Input| match &input.value {
        Value::List(list) => list.to_vec(),
        other => vec![other.clone()],
    };
    inputs.iter().flat_map(items).collect()
}

fn zip(inputs: &[Input]) -> Result<List, Failure> {
    let rows = inputs.iter().map(rows).collect::<Result<Vec<_>, _>>()?;
    let length = rows.iter().map(Vec::len).max().unwrap_or(0);
    let merged = |at| {
        shallow(
            &rows
                .iter()
                .filter_map(|rows| rows.get(at).copied())
                .collect::<Vec<_>>(),
        )
    };
    Ok((0..length).map(|at| merged(at).into()).collect())
}

fn rows(input: &Input) -> Result<Vec<&Record>, Failure> {
    let list = input
        .value
        .as_list()
        .ok_or_else(|| input.expected("a list of records"))?;
    let rows: Option<Vec<_>> = list.iter().map(Value::as_record).collect();
    rows.ok_or_else(|| input.expected("a list of records"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    fn check(mode: &str, arrivals: &[(&str, serde_json::Value)], expected: &str) {
        let scene = Scene::new("data.merge", json!({ "mode": mode }), json!(null));
        assert_eq!(scene.arrivals(arrivals).told(), expected);
    }

    #[test]
    fn later_edges_win() {
        let arrivals = [
            ("z", json!({ "a": 1, "b": { "x": 1 } })),
            ("a", json!({ "a": 2, "b": { "y": 2 } })),
        ];
        check("shallow", &arrivals, r#"out {"a":2,"b":{"y":2}}"#);
        check("deep", &arrivals, r#"out {"a":2,"b":{"x":1,"y":2}}"#);
    }

    #[test]
    fn what_is_no_record_replaces_all_before_it() {
        let arrivals = [
            ("a", json!({ "f": { "x": 1 } })),
            ("b", json!({ "f": null })),
            ("c", json!({ "f": { "y": 2 } })),
        ];
        check("deep", &arrivals, r#"out {"f":{"y":2}}"#);
        check("deep", &arrivals[..2], r#"out {"f":null}"#);
    }

    #[test]
    fn null_inputs_are_left_out() {
        check(
            "shallow",
            &[("a", json!(null)), ("b", json!({ "x": 1 }))],
            r#"out {"x":1}"#,
        );
        check(
            "append",
            &[("a", json!(null)), ("b", json!([null, 1])), ("c", json!(2))],
            "out [null,1,2]",
        );
        check(
            "zip",
            &[("a", json!(null)), ("b", json!([{ "x": 1 }]))],
            r#"out [{"x":1}]"#,
        );
    }

    #[test]
    fn one_live_branch_is_passed_through() {
        check(
            "zip",
            &[("a", json!([{ "x": 1 }, { "x": 2 }]))],
            r#"out [{"x":1},{"x":2}]"#,
        );
        check("append", &[("a", json!([1, 2]))], "out [1,2]");
        check("deep", &[("a", json!({ "x": 1 }))], r#"out {"x":1}"#);
        check("shallow", &[], "out {}");
        check("append", &[], "out []");
    }

    #[test]
    fn zip_keeps_the_longer_list() {
        check(
            "zip",
            &[
                ("a", json!([{ "x": 1 }])),
                ("b", json!([{ "y": 1 }, { "y": 2 }])),
            ],
            r#"out [{"x":1,"y":1},{"y":2}]"#,
        );
        check_node(
            "data.merge",
            json!({ "mode": "zip" }),
            json!([[{ "x": 1 }], [{ "y": 2 }]]),
            r#"out [{"x":1,"y":2}]"#,
        );
    }

    #[test]
    fn the_wrong_input_is_named() {
        check(
            "shallow",
            &[("a", json!({})), ("b", json!(4))],
            "failed invalidInput: what comes from `b` must be a record, found 4",
        );
        check(
            "zip",
            &[("a", json!([1]))],
            "failed invalidInput: the input must be a list of records, found a list of 1",
        );
        check_node(
            "data.merge",
            json!({}),
            json!([{}, []]),
            "failed invalidInput: item 1 must be a record, found a list of 0",
        );
    }

    #[test]
    fn twenty_thousand_records_are_not_many() {
        let rows: Vec<_> = (0..20_000)
            .map(|i| json!({ format!("k{i}"): { "n": i }, "all": { format!("k{i}"): i } }))
            .collect();
        for mode in ["shallow", "deep"] {
            let scene = Scene::new("data.merge", json!({ "mode": mode }), rows.clone().into());
            assert!(scene.told().starts_with(r#"out {"all":{"#));
        }
    }
}
