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

/// What becomes of a node with this script and these examples.
async fn made(name: &str, code: &str, examples: Json) -> Result<reusable::Reusable, String> {
    let (bench, workflow) = (Bench::default(), shop());
    let node = json!({ "id": "a", "type": "code.rhai", "params": { "code": code } });
    let node: Node = serde_json::from_value(node).unwrap();
    let wish = reusable::Wish {
        node: &node,
        name,
        title: "Only large",
        description: "Those over 1.",
        examples: serde_json::from_value(examples).unwrap(),
    };
    let made = reusable::make(&wish, 1, Timestamp(0), &bench, &workflow);
    made.await.map_err(|refused| refused.to_string())
}

#[tokio::test]
async fn a_script_node_becomes_a_node_type_with_tests() {
    let examples = json!([
        { "input": { "a": 1, "b": "x" }, "output": 2 },
        { "input": { "a": 2.5 }, "output": 3.5 },
    ]);
    let found = made("one-more", "input.a + 1", examples).await.unwrap();
    assert_eq!(found.name, "workspace.one-more");
    assert_eq!(
        found.input,
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "number" } } })
    );
    assert!(found.docs.contains("    input.a + 1\n"), "{}", found.docs);
    let again: reusable::Reusable =
        serde_json::from_value(serde_json::to_value(&found).unwrap()).unwrap();
    assert_eq!(again, found);
}

#[tokio::test]
async fn what_fails_its_tests_is_no_node_type() {
    let one = || json!([{ "input": 1, "output": 2 }]);
    let why = async |name: &str, code: &str, examples: Json| {
        made(name, code, examples).await.unwrap_err()
    };
    let other = why("a", "input + 2", one()).await;
    assert_eq!(other, "example 1 fails: expected int 2, found int 3");
    let outside = why("a", "let x = 1;\nvars.rate + x", one()).await;
    assert!(outside.contains("(line 2)"), "{outside}");
    let world = why("a", "http(\"GET\", \"http://x.y\")", one()).await;
    assert!(world.contains("asks the world"), "{world}");
    let untested = why("a", "input + 1", json!([])).await;
    assert!(
        untested.contains("nothing was recorded of `a`"),
        "{untested}"
    );
    let unnamed = why("A b", "input + 1", one()).await;
    assert!(unnamed.contains("is no name"), "{unnamed}");
}
