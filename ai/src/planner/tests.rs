//! What the planner makes of sentences.

use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::file;
use flowforge_engine::{Timestamp, Workflow};
use flowforge_snapshots::search::NodeIndex;

use crate::draft::{Bounds, Drafted, Said, Turn};

fn planned(workflow: &Workflow, text: &str, history: &[Said]) -> Drafted {
    let catalogue = Catalogue::built_in();
    let index = NodeIndex::new(&catalogue);
    let turn = Turn {
        workflow,
        text,
        history,
        selection: &[],
        run: None,
        frame: None,
        chat: None,
        id: "p1".into(),
        now: Timestamp(0),
        bounds: Bounds::default(),
    };
    super::turn(&turn, &index, &catalogue, &mut |_| {})
}

fn empty() -> Workflow {
    file::parse("id: w\ngraph: { nodes: [] }").unwrap()
}

/// The proposal as lines of text, or the question.
fn check(workflow: &Workflow, text: &str, expected: &str) {
    let found = told(workflow, &planned(workflow, text, &[]));
    assert_eq!(found.trim(), expected.trim(), "\n{text}\n{found}");
}

fn told(workflow: &Workflow, drafted: &Drafted) -> String {
    match (&drafted.proposal, &drafted.question) {
        (Some(proposal), _) => {
            assert!(proposal.is_clean(), "{:?}", proposal.problems);
            let new = proposal.patch.apply(workflow).unwrap().0;
            crate::proposal::show(workflow, &new)
        }
        (_, Some(question)) => format!("? {} {:?}", question.text, question.choices),
        _ => drafted.answer.clone(),
    }
}

#[test]
fn the_first_sentence_becomes_a_clean_workflow() {
    let text = "every hour get http://127.0.0.1:80/orders, keep those over 100, and post them to http://127.0.0.1:80/alerts";
    let drafted = planned(&empty(), text, &[]);
    let proposal = drafted.proposal.expect("a proposal");
    assert_eq!(proposal.problems, []);
    let new = proposal.patch.apply(&empty()).unwrap().0;
    let ids: Vec<_> = new
        .graph
        .nodes
        .iter()
        .map(|node| node.id.as_str())
        .collect();
    assert_eq!(ids, ["schedule", "get-orders", "keep", "post-alerts"]);
    assert_eq!(new.graph.edges.len(), 3);
    assert_eq!(proposal.summary.new_hosts, ["127.0.0.1"]);
    assert_eq!(proposal.parts.len(), 4);
}

fn shop() -> Workflow {
    file::parse(
        r#"
id: shop
graph:
  nodes:
    - { id: start, type: trigger.manual, name: Start }
    - { id: fetch, type: http.request, name: Get orders, params: { url: "http://h.example/orders" } }
    - { id: keep, type: code.rhai, name: Keep over 100, params: { code: input } }
    - { id: send, type: http.request, name: Send, params: { method: POST, url: "http://h.example/alerts" } }
  edges: [{ source: start, target: fetch }, { source: fetch, target: keep }, { source: keep, target: send }]
"#,
    )
    .unwrap()
}

#[test]
fn steps_are_put_where_they_are_asked_for() {
    check(
        &shop(),
        "also log it before send",
        "+ log  (log)\n    + message: \"{{ input }}\"\n    + name: \"Log\"\n+ keep -> log\n+ log -> send\n- keep -> send",
    );
    check(
        &shop(),
        "add a step that logs it after fetch, and rename keep to \"Large ones\"",
        "~ keep  (code.rhai)\n    - name: \"Keep over 100\"\n    + name: \"Large ones\"\n+ log  (log)\n    + message: \"{{ input }}\"\n    + name: \"Log\"\n+ fetch -> log\n+ log -> keep\n- fetch -> keep",
    );
    check(
        &shop(),
        "if total is over 10 then log \"large\"",
        "+ if  (flow.if)\n    + condition: \"{{ input.body.total > 10 }}\"\n    + name: \"If total over 10\"\n+ log  (log)\n    + message: \"large\"\n    + name: \"Log\"\n+ send -> if\n+ if.true -> log",
    );
}

#[test]
fn nodes_are_changed_by_what_people_call_them() {
    check(
        &shop(),
        "remove the filter",
        "- keep  (code.rhai)\n+ fetch -> send\n- fetch -> keep\n- keep -> send",
    );
    check(
        &shop(),
        "rename send to \"Send alerts\"",
        "~ send  (http.request)\n    - name: \"Send\"\n    + name: \"Send alerts\"",
    );
    check(
        &shop(),
        "run it every day at 9:30",
        "~ start  (trigger.schedule)\n    - type: trigger.manual\n    + type: trigger.schedule\n    + cron: \"30 9 * * *\"",
    );
}

#[test]
fn what_is_not_sure_is_asked() {
    check(
        &shop(),
        "remove the request",
        r#"? Which `request` do you mean? ["fetch", "send"]"#,
    );
    check(
        &empty(),
        "get the orders",
        r#"? Which address should "get the orders" call? []"#,
    );
}

/// It is small: what it cannot do it asks about, or says so, and proposes nothing.
#[test]
fn what_it_cannot_do_is_not_guessed() {
    for text in [
        "make me happy with a poem",
        "wait 5 seconds",
        "take the first 2",
        "pick name and mail",
        "retry fetch 5 times",
        "disable send",
        "ask for approval, then post it to http://h.example/pay",
        "change the url of fetch to http://other.example/x",
        "post each to http://h.example/do",
        "post {\"a\": 1} to http://h.example/do",
        "if the total is over 100 post it to http://h.example/a, otherwise post it to http://h.example/b",
        "get http://h.example/a and http://h.example/b",
        "add a field gross that is net plus 25 percent",
        "keep those with total over 100 euros",
        "keep the good ones",
        "sort by price and by name",
        "sum the price and the tax",
        "every 30 seconds get http://h.example/a",
        "set a to b c",
    ] {
        let drafted = planned(&shop(), text, &[]);
        assert!(drafted.proposal.is_none(), "{text}: {drafted:?}");
        assert!(
            drafted.question.is_some() || drafted.problem.is_some(),
            "{text}"
        );
        assert!(drafted.answer.starts_with("Built-in planner"), "{text}");
    }
}

#[test]
fn a_reply_completes_the_request_it_was_asked_about() {
    let after = |text: &str, reply: &str| {
        let question = planned(&shop(), text, &[]).question;
        let said = Said {
            text: text.into(),
            question,
            ..Said::default()
        };
        told(&shop(), &planned(&shop(), reply, &[said]))
    };
    let found = after(
        "log it after fetch and keep the good ones",
        "keep those over 5",
    );
    assert!(
        found.contains("+ log  (log)") && found.contains("Keep over 5"),
        "{found}"
    );
    let found = after("remove the request", "send");
    assert!(found.starts_with("- send"), "{found}");
    let found = after("post them to the alerts", "http://h.example/a");
    assert!(found.contains("+ post-a"), "{found}");
    let found = after("combine everything", "data.merge");
    assert!(found.contains("+ merge  (data.merge)"), "{found}");
}

/// What the code of the node `keep` gives for an input; nothing when it fails.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write `json!(...)` in place"
)]
fn kept(text: &str, input: serde_json::Value) -> Result<serde_json::Value, String> {
    use flowforge_engine::script::{EvaluateLimits, EvaluateRequest, Evaluated, Evaluator, Source};
    let text = format!("get http://127.0.0.1:1/orders and {text}");
    let proposal = planned(&empty(), &text, &[]).proposal.unwrap();
    let new = proposal.patch.apply(&empty()).unwrap().0;
    let code = new.graph.node("keep").unwrap().params["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let scope = serde_json::json!({ "input": { "status": 200, "body": input } });
    let request = EvaluateRequest {
        sources: vec![Source::Script(code.as_str().into())],
        scope: flowforge_engine::Value::from_json(&scope),
        answers: Vec::new(),
        limits: EvaluateLimits::default(),
    };
    match Evaluator::new().evaluate(&request).result {
        Evaluated::Done(values) => Ok(values[0].to_json()),
        Evaluated::Failed(failure) => Err(failure.message),
        Evaluated::Needs(effect) => Err(format!("{effect:?}")),
    }
}

#[test]
fn the_filter_finds_the_number_or_says_why_not() {
    use serde_json::json;
    let rows =
        json!([{ "id": 1, "total": 50, "other": 500 }, { "id": 2, "total": 150.5, "other": 1 }]);
    let large = json!([{ "id": 2, "total": 150.5, "other": 1 }]);
    assert_eq!(kept("keep those over 100", rows.clone()), Ok(large.clone()));
    assert_eq!(
        kept(
            "keep those over 100",
            json!({ "orders": rows, "next": null })
        ),
        Ok(large.clone())
    );
    assert_eq!(kept("keep those over 100", json!([])), Ok(json!([])));
    assert_eq!(
        kept("keep those over 100", json!([50, 150])),
        Ok(json!([150]))
    );
    assert_eq!(
        kept(
            "keep those over 100",
            json!([{ "id": 500, "weight": 7 }, { "id": 1, "weight": 700 }])
        ),
        Ok(json!([{ "id": 1, "weight": 700 }]))
    );
    let unclear = kept("keep those over 100", json!([{ "id": 1, "a": 1, "b": 2 }])).unwrap_err();
    assert!(
        unclear.starts_with("cannot tell which field is meant"),
        "{unclear}"
    );
    assert_eq!(
        kept("keep those with total over 100", rows.clone()),
        Ok(large)
    );
    let renamed = kept("keep those with amount over 100", rows).unwrap_err();
    assert_eq!(renamed, "a row has no field `amount`");
    assert!(kept("keep those over 100", json!("oops")).is_err());
}

#[test]
fn a_condition_sees_through_what_passes_on() {
    let text = "get http://h.example/order, log it, if the total is over 100 post it to http://h.example/large";
    let new = planned(&empty(), text, &[]).proposal.unwrap();
    let found = crate::proposal::show(&empty(), &new.patch.apply(&empty()).unwrap().0);
    assert!(found.contains("{{ input.body.total > 100 }}"), "{found}");
    assert!(found.contains("+ if.true -> post-large"), "{found}");
    assert!(found.contains("body: \"{{ input.body }}\""), "{found}");
}
