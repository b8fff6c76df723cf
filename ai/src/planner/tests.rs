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
