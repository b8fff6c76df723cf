//! `flow.for_each`: a part of the graph, once for each item.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::items::{self, items};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "repeat",
        words: &[
            "loop", "iterate", "map", "batch", "split", "items", "parallel", "fan out",
        ],
        role: Role::Loop,
        outputs: vec![port(
            "out",
            "list",
            "What the body gave for each item, in the order of the items.",
        )],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the input is not a list, and `items` is left out",
            ),
            (
                FailureKind::InvalidParameter,
                "`items` is not a list, or `parallelism` is out of range",
            ),
            (
                FailureKind::Inner,
                "a node in the body failed, and its `onError` did not handle it",
            ),
        ],
        examples: examples(),
        ..plain(
            "flow.for_each",
            "For each",
            "Runs the nodes inside it once for each item of a list, and collects what they give.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        items::property(),
        Property::int("parallelism", "At once", PARALLELISM, 1..=1_000).or(json!(1)),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new("Over a list that came in", json!({}), json!([1, 2, 3])),
        Example::new(
            "Five pages at a time",
            json!({ "items": "{{ input.urls }}", "parallelism": 5 }),
            json!({ "urls": ["https://example.com/1", "https://example.com/2"] }),
        ),
    ]
}

const PARALLELISM: &str = "How many items are worked on at the same time. 1: one after the other.";

const DOCS: &str = r#"
The **body** of the loop are the nodes whose `parent` is this node:

```yaml
nodes:
  - { id: each, type: flow.for_each, params: { items: "{{ input.urls }}" } }
  - { id: fetch, type: http.request, parent: each, params: { url: "{{ item }}" } }
  - { id: title, type: data.set, parent: each, params: { fields: { number: "{{ index }}", title: "{{ input.body.title }}" } } }
edges:
  - { source: start, target: each }
  - { source: fetch, target: title }
  - { source: each, target: report }
```

- Body nodes that no edge enters come first: their `input` is the item. Every body node also sees `item`, and `index`, counted from 0.
- What the body's last node gives is the result for that item (a record by node id when several nodes are last). The list of all
  results leaves by `out` in the order of the items, whichever was ready first. No items: an empty list, and the body does not run.
- A node in the body that fails ends the loop, unless its own `onError` says `continue` or `port`; then the others go on.
- Edges do not cross the border of a body, except that one may lead from the loop itself to a node inside; it carries the item. Inside, `nodes["id"].output` also names nodes outside that come before the loop.
- Each item has frames of its own, so any round of any run can be looked at later. Loops may stand in loops.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let parallelism = params.need("parallelism")?;
    Ok(Answer::Each {
        items: items(node, params)?,
        parallelism: u32::try_from(parallelism.int()?)
            .map_err(|_| parallelism.expected("a small number"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    fn check(params: serde_json::Value, input: serde_json::Value, expected: &str) {
        check_node("flow.for_each", params, input, expected);
    }

    #[test]
    fn the_items_are_the_input_or_a_parameter() {
        check(json!({}), json!([1, [2]]), "each [1,[2]], 1 at once");
        check(
            json!({ "items": [3], "parallelism": 8 }),
            json!({}),
            "each [3], 8 at once",
        );
        check(json!({}), json!([]), "each [], 1 at once");
    }

    #[test]
    fn a_null_list_is_a_mistake_not_the_input() {
        check(
            json!({ "items": null }),
            json!([1]),
            "failed invalidParameter /items: `items` must be a list, found null",
        );
        let expected = "failed invalidParameter /parallelism: `parallelism` must be a whole \
            number from 1 to 1000, found 0";
        check(json!({ "parallelism": 0 }), json!([1]), expected);
    }
}
