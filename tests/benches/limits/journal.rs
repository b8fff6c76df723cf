//! The journal against the clock and the disk: any moment of a long run, forks of it, large lists.

use std::time::Instant;

use flowforge_engine::event::Mode;
use flowforge_engine::value::Record;
use flowforge_engine::{RunId, Seq, Value};
use flowforge_runtime::fork::Fork;

use super::bench::{Report, Times};
use super::ground::Ground;
use super::workflows;

/// Runs a loop with a body of `width` nodes over this many items: its id and last event.
fn long_run(ground: &Ground, width: usize, items: i64) -> (RunId, Seq) {
    let plan = ground.plan(workflows::long_loop(width));
    let input = Value::List((0..items).map(Value::Int).collect());
    let end = ground.run_now(&plan, input);
    let row = ground
        .journal()
        .run(end.id)
        .expect("a journal")
        .expect("the run");
    (end.id, row.last_seq)
}

/// A narrow body goes round often; a wide one shows many frames at every moment.
pub(crate) fn snapshot_at_any_seq(report: &mut Report) {
    any_seq(report, 10, 10_000);
    any_seq(report, 1_000, 100);
}

fn any_seq(report: &mut Report, width: usize, items: i64) {
    let ground = Ground::new();
    let started = Instant::now();
    let (run, last) = long_run(&ground, width, items);
    report.note(
        &format!("a run of 100,001 frames, {width} nodes"),
        &format!("{:.2} s, {last} events", started.elapsed().as_secs_f64()),
    );
    let mut seq = 1;
    let times = Times::of(2_000, || {
        seq = (seq + 7_919 * 31) % last.0 + 1;
        std::hint::black_box(
            ground
                .journal()
                .snapshot(run, Seq(seq))
                .expect("a snapshot"),
        );
    });
    report.note("a snapshot at any seq", &times.spread());
    report.at_most(
        &format!("a snapshot at any seq, {width} nodes, p99"),
        times.quantile_ms(0.99),
        2.0,
        "ms",
    );
    let started = Instant::now();
    let timeline = ground.journal().timeline(run, None).expect("a timeline");
    assert_eq!(timeline.opened.len(), 100_001);
    report.at_most(
        "its timeline",
        started.elapsed().as_secs_f64() * 1e3,
        300.0,
        "ms",
    );
}

pub(crate) fn fork_10_000(report: &mut Report) {
    let ground = Ground::new();
    let (run, last) = long_run(&ground, 10, 1_000);
    let fork = || Fork {
        run,
        seq: Seq(last.0 - 2),
        params: Vec::new(),
        inputs: Vec::new(),
        answers: Vec::new(),
        workflow: None,
        mode: Mode::Live,
    };
    let before = ground.live_bytes();
    let rounds = 20;
    let times = Times::of(rounds, || {
        ground.tokio().block_on(async {
            ground
                .runtime()
                .fork(&fork())
                .expect("a fork")
                .ended()
                .await
                .expect("its end");
        });
    });
    report.note("fork of a run of 10,001 frames at its end", &times.spread());
    let bytes = (ground.live_bytes() - before) / (rounds as u64 + 1);
    report.note("bytes for a fork", &bytes.to_string());
}

pub(crate) fn rows(report: &mut Report) {
    let ground = Ground::new();
    let row = |n: i64| {
        let fields = [
            ("id", Value::Int(n)),
            ("note", Value::from(format!("row {n} as it was"))),
            ("sum", Value::Float(0.5)),
        ];
        Value::Record(Record::from_iter(fields))
    };
    let list: Value = Value::List((0..20_000).map(row).collect());
    let size = list.size_bytes();
    let plan = ground.plan(workflows::rows());
    let before = ground.live_bytes();
    let started = Instant::now();
    ground.run_now(&plan, list);
    let bytes = ground.live_bytes() - before;
    report.note("20,000 rows, encoded once", &format!("{size} bytes"));
    report.note(
        "kept for the run in which ten nodes change a row each",
        &format!("{bytes} bytes"),
    );
    report.note(
        "the run",
        &format!("{:.2} s", started.elapsed().as_secs_f64()),
    );
}
