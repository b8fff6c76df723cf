use flowforge_engine::workflow::file;

use super::*;
use crate::draft::scripted::{Bench, Scripted, says};

fn shop() -> Workflow {
    file::parse("id: w\ngraph:\n  nodes:\n    - { id: start, type: trigger.manual }\n    - { id: out, type: log, params: { message: done } }\n  edges:\n    - { source: start, target: out }").unwrap()
}

fn rows() -> Value {
    Value::from_json(&json!([{ "id": 1, "total": 50 }, { "id": 2, "total": 150 }]))
}

async fn check(sentence: &str, expect: Option<Expect>, answers: &[&str]) -> Drafted {
    let (workflow, inputs) = (shop(), [rows()]);
    let start: NodeId = "start".into();
    let order = Order {
        workflow: &workflow,
        node: None,
        after: Some(&start),
        sentence,
        inputs: &inputs,
        expect,
        chat: None,
        id: "p".into(),
        now: Timestamp(0),
    };
    let model = Scripted::new(answers.iter().map(|answer| says(answer)));
    let model: Option<&dyn ChatModel> = if answers.is_empty() {
        None
    } else {
        Some(&model)
    };
    turn(
        &order,
        model,
        &Bench::default(),
        &Catalogue::built_in(),
        &mut |_| {},
    )
    .await
}

fn written_code(drafted: &Drafted) -> String {
    let proposal = drafted
        .proposal
        .as_ref()
        .unwrap_or_else(|| panic!("{drafted:?}"));
    assert!(proposal.is_clean(), "{:?}", proposal.problems);
    let new = proposal.patch.apply(&shop()).unwrap().0;
    assert_eq!(new.graph.edges.len(), 2);
    new.graph.node("script").unwrap().params["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_script_is_tried_until_it_does_what_it_should() {
    let expect = Some(Expect::Output(Value::from_json(&json!([2]))));
    let answers = [
        "no JSON",
        r#"{"code": "let x = ;", "about": ""}"#,
        r#"{"code": "input.map(|row| row.id)", "about": ""}"#,
        "Here: ```json\n{\"code\": \"input.filter(|row| row.total > 100).map(|row| row.id)\", \"about\": \"Ids of large orders.\"}\n```",
    ];
    let drafted = check("ids of orders over 100", expect, &answers).await;
    assert_eq!(
        written_code(&drafted),
        "input.filter(|row| row.total > 100).map(|row| row.id)"
    );
    assert_eq!(drafted.answer, "Ids of large orders.");
    let told: Vec<_> = drafted
        .tools
        .iter()
        .map(|tool| (tool.ok, tool.about.as_str()))
        .collect();
    assert_eq!(told.len(), 4);
    assert_eq!(told[2], (false, "expected [2], found [2 of int 1]"));
    assert_eq!(drafted.receipts.len(), 4);
}

#[tokio::test]
async fn five_rounds_are_the_end() {
    let shape = Expect::of(&Value::from_json(
        &json!({ "type": "object", "required": ["sum"] }),
    ));
    let drafted = check("sum them", Some(shape), &[r#"{"code": "1", "about": ""}"#]).await;
    assert_eq!(drafted.problem.unwrap().code, "script-not-found");
    assert_eq!(drafted.exchanges.len(), 5);
    assert!(drafted.proposal.is_none());
}

#[tokio::test]
async fn without_a_model_a_template_does_or_it_says_so() {
    let drafted = check("keep those over 100", None, &[]).await;
    assert!(
        written_code(&drafted).contains("rows.filter"),
        "{drafted:?}"
    );
    let drafted = check("turn this into a poem", None, &[]).await;
    assert_eq!(drafted.problem.unwrap().code, "needs-model");
}

#[test]
fn a_script_node_becomes_a_node_type_with_examples() {
    let node: Node = serde_json::from_value(json!({ "id": "a", "type": "code.rhai", "name": "Only large", "params": { "code": "input" } })).unwrap();
    let found = reusable(
        &node,
        &[
            (Value::from_json(&json!({ "a": 1, "b": "x" })), 1.into()),
            (Value::from_json(&json!({ "a": 2.5 })), 2.into()),
        ],
    )
    .unwrap();
    assert_eq!(found.name, "custom.only-large");
    assert_eq!(
        found.input,
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "number" } } })
    );
}
