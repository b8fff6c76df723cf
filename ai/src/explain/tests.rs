use flowforge_engine::workflow::file;

use super::*;
use crate::draft::scripted::{Scripted, says};

fn shop() -> Workflow {
    file::parse(
        r#"
id: shop
graph:
  nodes:
    - { id: log, type: log, params: { message: "{{ input }}" }, onError: continue }
    - { id: start, type: trigger.manual }
    - { id: get, type: http.request, name: Orders, params: { url: "http://h.example/orders" }, retry: { maxAttempts: 3 } }
  edges: [{ source: start, target: get }, { source: get, target: log }]
"#,
    )
    .unwrap()
}

#[test]
fn a_workflow_is_told_in_the_order_it_runs_with_links() {
    let told = workflow(&shop(), &Catalogue::built_in());
    let texts: Vec<_> = told
        .sentences
        .iter()
        .map(|sentence| sentence.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "`start` starts the workflow by hand, by command or by a call.",
            "`get` (Orders) calls GET http://h.example/orders; it is tried up to 3 times.",
            "`log` writes a line to the log and passes its input on (message: \"{{ input }}\"); when it fails the run goes on.",
        ]
    );
    let about: Vec<_> = told
        .sentences
        .iter()
        .map(|sentence| sentence.about.clone().unwrap().node.unwrap())
        .collect();
    assert_eq!(about, ["start".into(), "get".into(), NodeId::from("log")]);
}

#[tokio::test]
async fn a_models_words_keep_their_links_or_are_not_used() {
    let facts = workflow(&shop(), &Catalogue::built_in());
    let model = Scripted::new([
        says(r#"{"sentences": [{"text": "It gets orders.", "fact": 2}]}"#),
        says(r#"{"sentences": [{"text": "It steals.", "fact": 9}]}"#),
    ]);
    let told = in_words(facts.clone(), "", &model, &mut |_| {}).await;
    assert_eq!(told.by, "scripted-1");
    assert_eq!(
        told.sentences,
        [at_node(&"get".into(), "It gets orders.".into())]
    );
    let told = in_words(facts.clone(), "", &model, &mut |_| {}).await;
    assert_eq!(told.by, "rules");
    assert_eq!(told.sentences, facts.sentences);
    assert_eq!(told.problem.unwrap().code, "bad-answer");
}
