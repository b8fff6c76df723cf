//! What must hold for every node type: its examples run, its schema is closed, its page is complete.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::all;
use super::testing::{Scene, word};
use crate::node_type::Role;
use crate::node_type::{Catalogue, Example, NodeSpec};
use crate::nodes::schema::properties;
use crate::problem::Severity;
use crate::workflow::Workflow;
use crate::workflow::file::parse;

/// Checks every node type; a complaint is a text that is not empty.
fn check(complain: impl Fn(&NodeSpec) -> Vec<String>) {
    let complaints: Vec<_> = all()
        .iter()
        .flat_map(|node_type| {
            let spec = node_type.spec();
            complain(spec)
                .into_iter()
                .map(|complaint| format!("{}: {complaint}", spec.name))
        })
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

fn unless(holds: bool, complaint: impl Into<String>) -> Option<String> {
    (!holds).then(|| complaint.into())
}

#[test]
fn is_in_the_catalogue_once() {
    let names: BTreeSet<_> = all()
        .iter()
        .map(|node_type| node_type.spec().name)
        .collect();
    assert_eq!(names.len(), all().len());
    assert_eq!(names.len(), 25);
}

#[test]
fn examples_give_what_they_say() {
    check(|spec| {
        let examples = spec
            .examples
            .iter()
            .filter(|example| !example.params.to_string().contains("{{") && spec.code.is_empty());
        let told = examples.filter_map(|example| {
            let output = example.output.as_ref()?;
            let (told, expected) = (
                Scene::of(spec.name, example).told(),
                format!("{} {output}", example.port),
            );
            unless(
                told.lines().next() == Some(&expected),
                format!("{}: expected {expected}, found {told}", example.title),
            )
        });
        told.collect()
    });
}

/// A workflow that starts, and goes on with the example.
fn workflow(spec: &NodeSpec, example: &Example) -> Workflow {
    let node = json!({ "id": "node", "type": spec.name, "params": example.params });
    let start = json!({ "id": "start", "type": "trigger.manual" });
    let body = json!({ "id": "body", "type": "flow.join", "parent": "node" });
    let edges = json!([{ "source": "start", "target": "node" }]);
    let (nodes, edges) = match spec.role {
        Role::Trigger => (json!([node]), json!([])),
        Role::Loop => (json!([start, node, body]), edges),
        Role::Action | Role::Call => (json!([start, node]), edges),
    };
    let document = json!({ "id": "w", "graph": { "nodes": nodes, "edges": edges } });
    serde_json::from_value(document).expect("a workflow")
}

fn errors(workflow: &Workflow) -> impl Iterator<Item = String> + use<> {
    let problems = crate::check::check(workflow, &Catalogue::built_in()).into_iter();
    let errors = problems.filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| format!("{problem:?}"))
}

#[test]
fn examples_have_no_problems() {
    check(|spec| {
        let examples = spec.examples.iter();
        examples
            .flat_map(|example| errors(&workflow(spec, example)))
            .collect()
    });
}

/// Graphs on a page may leave out where they start and what follows.
#[test]
fn graphs_on_the_page_have_no_problems() {
    let around =
        "nodes:\n  - { id: start, type: trigger.manual }\n  - { id: report, type: flow.join }\n";
    let graphs = |docs: &str| -> Vec<String> {
        let blocks = docs
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next());
        let graphs = blocks.filter(|block| block.starts_with("nodes:\n"));
        graphs
            .map(|graph| graph.replacen("nodes:\n", around, 1).replace('\n', "\n  "))
            .collect()
    };
    check(|spec| {
        let files = graphs(spec.docs)
            .into_iter()
            .map(|graph| format!("id: w\ngraph:\n  {graph}"));
        files
            .flat_map(|file| match parse(&file) {
                Ok(workflow) => errors(&workflow).collect(),
                Err(error) => vec![format!("{error:?}")],
            })
            .collect()
    });
    let count =
        |name: &str| graphs(Catalogue::built_in().get(name).expect("a loop").spec().docs).len();
    assert_eq!((count("flow.for_each"), count("flow.while")), (1, 1));
}

#[test]
fn has_two_examples_or_more_that_fit_its_schema() {
    check(|spec| {
        let validator = jsonschema::validator_for(&spec.params).expect("a schema");
        let misfits = spec.examples.iter().flat_map(|example| {
            let errors = validator
                .iter_errors(&example.params)
                .filter(|error| !error.instance().to_string().contains("{{"));
            errors
                .map(|error| format!("{}: {error}", example.title))
                .collect::<Vec<_>>()
        });
        misfits
            .chain(unless(
                spec.examples.len() >= 2,
                "has fewer than two examples",
            ))
            .collect()
    });
}

#[test]
fn schema_is_valid_and_closed() {
    check(|spec| {
        let valid = jsonschema::meta::is_valid(&spec.params);
        let closed = spec.params["additionalProperties"] == json!(false);
        [
            unless(valid, "is not a JSON Schema"),
            unless(closed, "allows other parameters"),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
}

/// Every property of a record's schema, and of the records that its lists hold.
fn all_properties(record: &Json) -> Vec<(String, Json, bool)> {
    let mut all = Vec::new();
    for (name, schema, required) in properties(record) {
        all.push((name.to_owned(), schema.clone(), required));
        all.extend(all_properties(&schema["items"]));
    }
    all
}

#[test]
fn parameters_are_described() {
    check(|spec| {
        let complaints =
            all_properties(&spec.params)
                .into_iter()
                .flat_map(|(name, schema, required)| {
                    let about = schema["description"].as_str().unwrap_or_default();
                    let said = required
                        || schema.get("default").is_some()
                        || about.contains("When left out");
                    [
                        unless(
                            schema["title"]
                                .as_str()
                                .is_some_and(|title| !title.is_empty()),
                            format!("{name} has no title"),
                        ),
                        unless(about.ends_with('.'), format!("{name} has no description")),
                        unless(
                            said,
                            format!("it is not said what counts when {name} is left out"),
                        ),
                    ]
                });
        complaints.flatten().collect()
    });
}

#[test]
fn defaults_fit_their_schema() {
    check(|spec| {
        let complaints =
            all_properties(&spec.params)
                .into_iter()
                .filter_map(|(name, schema, _)| {
                    let default = schema.get("default")?;
                    unless(
                        jsonschema::is_valid(&schema, default),
                        format!("the default of {name} does not fit"),
                    )
                });
        complaints.collect()
    });
}

#[test]
fn lazy_and_code_parameters_exist() {
    check(|spec| {
        let names = spec.lazy.iter().chain(spec.code);
        names
            .filter_map(|name| {
                unless(
                    spec.params["properties"].get(*name).is_some(),
                    format!("has no {name}"),
                )
            })
            .collect()
    });
}

#[test]
fn page_mentions_every_parameter_port_error_and_example() {
    check(|spec| {
        let params = all_properties(&spec.params)
            .into_iter()
            .map(|(name, ..)| format!("{name}`"));
        let ports = spec
            .outputs
            .iter()
            .chain(&spec.inputs)
            .map(|port| format!("`{}`", port.name));
        let errors = spec
            .errors
            .iter()
            .map(|(kind, _)| format!("`{}`", word(kind)));
        let examples = spec
            .examples
            .iter()
            .map(|example| format!("### {}", example.title));
        let parts = params.chain(ports).chain(errors).chain(examples);
        parts
            .filter_map(|part| unless(spec.docs.contains(&part), format!("the page lacks {part}")))
            .collect()
    });
}

#[test]
fn can_be_found_and_recognised() {
    let icons: BTreeSet<_> = all()
        .iter()
        .map(|node_type| node_type.spec().icon)
        .collect();
    assert_eq!(icons.len(), all().len(), "two node types share an icon");
    check(|spec| {
        let icon = !spec.icon.is_empty()
            && spec
                .icon
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit());
        let summary =
            spec.summary.ends_with('.') && !spec.summary.trim_end_matches('.').contains(". ");
        let inputs = spec.inputs.is_empty() == (spec.role == Role::Trigger);
        [
            unless(icon, "the icon is no lucide name"),
            unless(summary, "the summary is not one sentence"),
            unless(spec.words.len() >= 4, "has fewer than four search words"),
            unless(inputs, "triggers, and only they, have no input"),
            unless(!spec.errors.is_empty(), "does not say how it fails"),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
}

/// A node that has no parameters at all fails with a failure, or does something; it never panics.
#[test]
fn survives_parameters_and_inputs_of_every_kind() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!([null, "a", {}]),
        json!({}),
        json!({ "a": [1] }),
    ];
    for node_type in all() {
        let spec = node_type.spec();
        let names: Vec<_> = properties(&spec.params)
            .map(|(name, ..)| name.to_owned())
            .collect();
        for value in &values {
            for input in &values {
                for name in &names {
                    let params = spec.examples[0]
                        .params
                        .as_object()
                        .cloned()
                        .unwrap_or_default();
                    let params: Json = params
                        .into_iter()
                        .chain([(name.clone(), value.clone())])
                        .collect::<serde_json::Map<_, _>>()
                        .into();
                    assert!(
                        !Scene::new(spec.name, params, input.clone())
                            .told()
                            .is_empty()
                    );
                }
            }
        }
    }
}
