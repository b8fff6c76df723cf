//! `flow.switch`: one of many ways.

use std::collections::BTreeMap;

use serde_json::json;

use super::pass_on;
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Port};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::order::compare;
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::value::{Text, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate).with_outputs(outputs)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "waypoints",
        words: &[
            "route", "router", "case", "match", "branch", "choose", "else if",
        ],
        outputs: vec![default_port()],
        params: params(),
        errors: &[(
            FailureKind::InvalidParameter,
            "there are `cases` but no `value`, a `when` gives neither true nor false, or a port \
                is called `error` or `default`",
        )],
        examples: examples(),
        ..plain(
            "flow.switch",
            "Switch",
            "Sends its input one of many ways, by a value or by rules.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::any(
            "value",
            "Value",
            "What the `cases` are compared with. When left out, only `rules` can be used.",
        )
        .such_as(json!("{{ input.status }}")),
        Property::list(
            "cases",
            "Cases",
            "Ways to go when `value` equals something. The first that fits is taken.",
            case(),
        )
        .or(json!([])),
        Property::list(
            "rules",
            "Rules",
            "Ways to go when a condition holds, tried in order when no case fits.",
            rule(),
        )
        .or(json!([])),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "By status",
            json!({
                "value": "{{ input.status }}",
                "cases": [
                    { "port": "paid", "equals": "paid" },
                    { "port": "open", "equals": "new" },
                    { "port": "open", "equals": "sent" },
                ],
            }),
            json!({ "id": 7, "status": "sent" }),
        )
        .gives_at("open", json!({ "id": 7, "status": "sent" })),
        Example::new(
            "By size",
            json!({
                "rules": [
                    { "port": "large", "when": "{{ input.total >= 1000 }}" },
                    { "port": "medium", "when": "{{ input.total >= 100 }}" },
                ],
            }),
            json!({ "total": 20 }),
        )
        .gives_at("default", json!({ "total": 20 })),
    ]
}

/// Ports that every switch has.
const RESERVED: [&str; 2] = ["error", "default"];

fn port_property() -> Property {
    Property::text("port", "Port", PORT)
        .required()
        .filled()
        .but_not(&RESERVED)
}

fn case() -> serde_json::Value {
    record([
        port_property(),
        Property::any(
            "equals",
            "Equals",
            "The way is taken when `value` equals this.",
        )
        .required(),
    ])
}

fn rule() -> serde_json::Value {
    record([
        port_property(),
        Property::bool("when", "When", "An expression that gives true or false.").required(),
    ])
}

const PORT: &str = "The name of the way: edges leave by the port of this name. Several may share \
    one. Any name but `error` and `default`.";

const DOCS: &str = r#"
Every port that `cases` and `rules` name becomes a port of the node: draw edges with `sourcePort: paid`. The first case whose `equals` is
the `value` is taken; if there is none, the first rule whose `when` is true; else the input leaves by the port `default`.
Nodes on the ways that are not taken are skipped.

A text never equals a number (`"1"` is not `1`), but `1` equals `1.0`. Records and lists are equal when all in them is.
"#;

fn default_port() -> Port {
    port("default", "any", "The input, when nothing fits.")
}

/// The ports that the parameters name, in their order, then `default`.
fn outputs(params: &BTreeMap<String, Value>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    let entries = ["cases", "rules"]
        .iter()
        .filter_map(|name| params.get(*name)?.as_list());
    for name in entries
        .flat_map(|list| list.iter())
        .filter_map(|entry| entry.get("port")?.as_str())
    {
        if !RESERVED.contains(&name) && ports.iter().all(|port| port.name != name) {
            ports.push(port(name, "any", "The input, when this way is taken."));
        }
    }
    ports.push(default_port());
    ports
}

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let (cases, rules) = (
        params.need("cases")?.items()?,
        params.need("rules")?.items()?,
    );
    let taken = match first_case(&cases, params)? {
        Some(port) => Some(port),
        None => first_rule(&rules)?,
    };
    Ok(pass_on(node, taken.as_deref().unwrap_or("default")))
}

fn first_case(cases: &[Param<'_>], params: &Params<'_>) -> Result<Option<Text>, Failure> {
    if cases.is_empty() {
        return Ok(None);
    }
    let value = params.need("value")?.into_value();
    for case in cases {
        let port = port_name(case)?;
        if compare(case.fields()?.need("equals")?.value(), &value).is_eq() {
            return Ok(Some(port));
        }
    }
    Ok(None)
}

fn first_rule(rules: &[Param<'_>]) -> Result<Option<Text>, Failure> {
    for rule in rules {
        let port = port_name(rule)?;
        if rule.fields()?.bool("when")? {
            return Ok(Some(port));
        }
    }
    Ok(None)
}

fn port_name(entry: &Param<'_>) -> Result<Text, Failure> {
    let param = entry.fields()?.need("port")?;
    let port = param.text()?;
    if RESERVED.contains(&&*port) {
        return Err(param.expected("a name other than `error` and `default`"));
    }
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{check_node, value};

    fn check(params: serde_json::Value, expected: &str) {
        check_node("flow.switch", params, json!("in"), expected);
    }

    #[test]
    fn the_first_case_that_fits_then_the_first_rule() {
        let params = |value: serde_json::Value| {
            json!({
                "value": value,
                "cases": [{ "port": "one", "equals": 1 }, { "port": "two", "equals": [1, { "a": 2 }] }, { "port": "three", "equals": 1.0 }],
                "rules": [{ "port": "no", "when": false }, { "port": "yes", "when": true }],
            })
        };
        check(params(json!(1.0)), r#"one "in""#);
        check(params(json!([1.0, { "a": 2 }])), r#"two "in""#);
        check(params(json!("1")), r#"yes "in""#);
    }

    #[test]
    fn without_anything_that_fits_it_is_the_default() {
        check(json!({}), r#"default "in""#);
        check(
            json!({ "value": null, "cases": [{ "port": "a", "equals": false }] }),
            r#"default "in""#,
        );
    }

    #[test]
    fn mistakes_are_named() {
        check(
            json!({ "cases": [{ "port": "a", "equals": 1 }] }),
            "failed invalidParameter /value: `value` is missing",
        );
        let expected = "failed invalidParameter /rules/0/port: `rules/0/port` must be a name \
            other than `error` and `default`, found text";
        check(
            json!({ "rules": [{ "port": "error", "when": true }] }),
            expected,
        );
        let expected = "failed invalidParameter /rules/0/when: `rules/0/when` must be true or \
            false, found text";
        check(
            json!({ "rules": [{ "port": "a", "when": "yes" }] }),
            expected,
        );
        check(
            json!({ "value": 1, "cases": [{ "port": "a" }] }),
            "failed invalidParameter /cases/0/equals: `cases/0/equals` is missing",
        );
    }

    #[test]
    fn ports_follow_from_the_parameters() {
        let params = json!({
            "cases": [{ "port": "b" }, { "port": "a" }, { "port": "b" }],
            "rules": [{ "port": "c" }, { "port": "error" }],
        });
        let params = value(params)
            .as_record()
            .expect("a record")
            .iter()
            .map(|(k, v)| (k.to_string(), v.clone()))
            .collect();
        let names: Vec<_> = outputs(&params).into_iter().map(|port| port.name).collect();
        assert_eq!(names, ["b", "a", "c", "default"]);
    }
}
