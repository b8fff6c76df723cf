//! `flow.join`: several branches into one.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Arrival, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "git-merge",
        words: &[
            "wait for all",
            "synchronize",
            "collect",
            "gather",
            "fan in",
            "after if",
            "converge",
        ],
        inputs: vec![port("in", "any", "Any number of edges.")],
        params: params(),
        errors: &[(FailureKind::InvalidParameter, "`mode` is none of the three")],
        examples: examples(),
        ..plain(
            "flow.join",
            "Join",
            "Waits for the branches that lead into it and gives what they brought.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::choice("mode", "Give", MODE, &["record", "list", "first"]).or(json!("record")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "What two calls gave, by name",
            json!({}),
            json!({ "orders": [1, 2], "user": { "name": "Ada" } }),
        )
        .by_source()
        .gives(json!({ "orders": [1, 2], "user": { "name": "Ada" } })),
        Example::new(
            "The way that was taken",
            json!({ "mode": "first" }),
            json!({ "large": { "price": 90 } }),
        )
        .by_source()
        .gives(json!({ "price": 90 })),
    ]
}

const MODE: &str = "`record`: a record, each value under the id of the node it comes from. `list`: a list, in the file's order \
    of edges. `first`: only the first value in the file's order of edges.";

const DOCS: &str = r#"
Draw an edge from the end of each branch. The node runs when every branch has either brought something or is known to bring nothing: a branch
that was not taken, or whose nodes were skipped, is not waited for and does not appear. When no branch brings anything, the node is skipped too.

Use `mode: first` after a `flow.if` or `flow.switch`, where one branch is taken: what it brought goes on as it is. First means first in the
file, not first in time: the join waits for all, so a run gives the same result every time.

To merge what the branches bring into one record or list, use `data.merge`.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let arrivals = node.arrivals();
    Ok(Answer::out(match params.choice("mode")? {
        "list" => Value::List(arrivals.iter().map(value).collect()),
        "first" => arrivals.first().map(value).unwrap_or_default(),
        _ => arrivals
            .iter()
            .map(|arrival| (arrival.source.as_str(), value(arrival)))
            .collect::<Record>()
            .into(),
    }))
}

fn value(arrival: &Arrival) -> Value {
    arrival.value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::Scene;

    fn check(mode: &str, arrivals: &[(&str, serde_json::Value)], expected: &str) {
        let scene = Scene::new("flow.join", json!({ "mode": mode }), json!(null));
        assert_eq!(scene.arrivals(arrivals).told(), expected);
    }

    #[test]
    fn each_mode_in_the_order_of_edges() {
        let arrivals = [("z", json!(1)), ("a", json!([2]))];
        check("record", &arrivals, r#"out {"a":[2],"z":1}"#);
        check("list", &arrivals, "out [1,[2]]");
        check("first", &arrivals, "out 1");
    }

    #[test]
    fn one_branch_has_the_same_shape_as_several() {
        check("record", &[("a", json!(1))], r#"out {"a":1}"#);
        check("list", &[("a", json!(1))], "out [1]");
    }
}
