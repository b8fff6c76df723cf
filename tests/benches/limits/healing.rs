//! A candidate replayed on the failing frame and on 40 good ones, and what healing takes as a whole.

use flowforge_ai::heal::{Healed, Healer, Limits, Wanted};
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Value, Workflow};
use flowforge_runtime::StartRun;
use flowforge_tests::lab::RuntimeLab;
use serde_json::json;

use super::bench::{Report, Times};
use super::ground::Ground;

/// Good runs of the node.
const GOOD: i64 = 40;
/// How often it is healed.
const ROUNDS: usize = 10;

/// A script that sums a list, and a step behind it.
fn workflow() -> Workflow {
    let code = "let t = 0.0; for o in input.orders { t += o.price * o.quantity; } #{ total: t }";
    let json = json!({
        "id": "heal",
        "graph": {
            "nodes": [
                { "id": "total", "type": "code.rhai", "params": { "code": code }, "onError": "pause" },
                { "id": "twice", "type": "data.set", "params": { "fields": { "twice": "{{ input.total * 2 }}" } } },
            ],
            "edges": [{ "source": "total", "target": "twice" }],
        },
    });
    serde_json::from_value(json).expect("a workflow")
}

fn run(ground: &Ground, input: &serde_json::Value) -> (RunId, Status) {
    let start = StartRun {
        plan: ground.plan(workflow()),
        input: Value::from_json(input),
        idempotency_key: None,
    };
    let ended = async {
        ground
            .runtime()
            .start(start)
            .expect("it starts")
            .ended()
            .await
    };
    let end = ground
        .tokio()
        .block_on(ended)
        .expect("the journal is written");
    (end.id, end.status)
}

fn heal(ground: &Ground, run: RunId) -> Healed {
    let lab = RuntimeLab::new(ground.runtime());
    let catalogue = flowforge_engine::node_type::Catalogue::built_in();
    let healer = Healer {
        journal: ground.journal(),
        catalogue: &catalogue,
        lab: &lab,
        model: None,
    };
    let wanted = Wanted {
        run,
        frame: None,
        limits: Limits::default(),
    };
    let healed = ground.tokio().block_on(healer.heal(wanted, &mut |_| {}));
    healed.expect("healing begins")
}

pub(crate) fn forty_frames(report: &mut Report) {
    let ground = Ground::new();
    for n in 0..GOOD {
        let orders =
            json!({ "orders": [{ "price": 1.5, "quantity": n }, { "price": 2.0, "quantity": 1 }] });
        assert_eq!(run(&ground, &orders).1, Status::Completed);
    }
    let (failed, status) = run(
        &ground,
        &json!({ "items": [{ "price": 2.0, "quantity": 3 }] }),
    );
    assert_eq!(status, Status::Waiting);
    let performed = ground.runtime().effects_performed();
    let mut replays = Vec::new();
    let whole = Times::of(ROUNDS, || {
        let healed = heal(&ground, failed);
        let evidence = &healed.fixes[0].evidence;
        assert_eq!((evidence.fixes.did, evidence.keeps.did), (1, 40));
        replays.push(evidence.took_ms);
    });
    assert_eq!(
        ground.runtime().effects_performed(),
        performed,
        "no socket is opened"
    );
    replays.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    let slowest = replays[replays.len() - 1] as f64;
    report.at_most(
        "a candidate over 40 recorded frames, slowest",
        slowest,
        200.0,
        "ms",
    );
    report.note("healing as a whole", &whole.spread());
}
