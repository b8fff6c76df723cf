//! Runs against the clock: chains, fans, many at once, large values, scripts.

use std::sync::Arc;

use std::time::{Duration, Instant};

use super::ground::Ground;
use super::workflows;
use flowforge_engine::Value;
use flowforge_engine::machine::Plan;
use flowforge_engine::value::Record;
use tokio::sync::Semaphore;

use super::bench::{Report, Times};
use super::yardstick;

fn input() -> Value {
    Value::Record(Record::from_iter([
        ("x", Value::Int(0)),
        ("payload", Value::from("p".repeat(200))),
    ]))
}

/// One workflow, run again and again: times, and syncs of the disk for each run.
fn repeated(journal: &Ground, plan: &Arc<Plan>, rounds: usize) -> (Times, f64) {
    let before = journal.syncs_so_far();
    let times = Times::of(rounds, || {
        journal.run_now(plan, input());
    });
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let syncs = (journal.syncs_so_far() - before) as f64 / (rounds + 1) as f64;
    (times, syncs)
}

pub(crate) fn chain_100(report: &mut Report) {
    let fsync = yardstick::fsync();
    let journal = Ground::new();
    let plan = journal.plan(workflows::chain(100));
    let (times, syncs) = repeated(&journal, &plan, 100);
    report.note("yardstick: one fsync of 4 KiB", &fsync.spread());
    report.note(
        "yardstick: redb, 1 transaction of 200 rows",
        &yardstick::redb_rows(200).spread(),
    );
    report.note(
        "yardstick: 100 bare function calls",
        &format!("{:.3} ms", yardstick::bare_calls(100)),
    );
    report.note("a run", &times.spread());
    report.at_most(
        "a run, median",
        times.median_ms(),
        5.0 + 3.0 * fsync.median_ms(),
        "ms",
    );
    report.at_most("fsyncs per run", syncs, 4.0, "");
}

pub(crate) fn fan_100(report: &mut Report) {
    let fsync = yardstick::fsync();
    let journal = Ground::new();
    let plan = journal.plan(workflows::fan(100));
    let (times, syncs) = repeated(&journal, &plan, 100);
    report.note("yardstick: one fsync of 4 KiB", &fsync.spread());
    report.note("a run", &times.spread());
    report.at_most(
        "a run, median",
        times.median_ms(),
        6.0 + 3.0 * fsync.median_ms(),
        "ms",
    );
    report.note("fsyncs per run", &format!("{syncs:.2}"));
}

pub(crate) fn thousand_runs(report: &mut Report) {
    let journal = Ground::new();
    let plan = journal.plan(workflows::chain(10));
    report.note(
        "yardstick: one fsync of 4 KiB",
        &yardstick::fsync().spread(),
    );
    let mut speeds = Vec::new();
    let mut tails = Vec::new();
    for _ in 0..5 {
        let (speed, times) = journal.tokio().block_on(many(&journal, &plan, 1_000, 16));
        speeds.push(speed);
        tails.push(times.quantile_ms(0.99));
    }
    speeds.sort_by(f64::total_cmp);
    tails.sort_by(f64::total_cmp);
    report.note(
        "5 rounds",
        &format!("{:.0} to {:.0} runs/s", speeds[0], speeds[4]),
    );
    report.at_least(
        "1,000 runs of chain-10 at 16, median",
        speeds[2],
        2_500.0,
        "runs/s",
    );
    report.at_most("p99 of a run, median of the rounds", tails[2], 30.0, "ms");
}

/// Runs per second, and the time of each run.
async fn many(journal: &Ground, plan: &Arc<Plan>, runs: usize, at_once: usize) -> (f64, Times) {
    let places = Arc::new(Semaphore::new(at_once));
    let started = Instant::now();
    let mut tasks = Vec::with_capacity(runs);
    for _ in 0..runs {
        let place = Arc::clone(&places)
            .acquire_owned()
            .await
            .expect("the semaphore stays open");
        let (journal, plan) = (journal.clone(), Arc::clone(plan));
        tasks.push(tokio::spawn(async move {
            let started = Instant::now();
            journal.run(&plan, input()).await;
            drop(place);
            started.elapsed()
        }));
    }
    let mut times = Vec::with_capacity(runs);
    for task in tasks {
        times.push(task.await.expect("a run's task ends"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of runs")]
    let speed = runs as f64 / started.elapsed().as_secs_f64();
    (speed, Times::new(times))
}

/// A record of about a megabyte in 1,000 fields.
fn megabyte_input() -> Value {
    let field = |n: usize| {
        (
            format!("field{n:04}"),
            Value::from(format!("{n:04}").repeat(250)),
        )
    };
    let fields = (0..1_000)
        .map(field)
        .chain([("x".to_owned(), Value::Int(0))]);
    Value::Record(fields.collect::<Record>())
}

pub(crate) fn megabyte(report: &mut Report) {
    let journal = Ground::new();
    let plan = journal.plan(workflows::chain(10));
    let payload = megabyte_input();
    report.note(
        "yardstick: one blake3 pass over 1 MB",
        &yardstick::blake3_pass(1_000_000).spread(),
    );
    report.note(
        "yardstick: one fsync of 4 KiB",
        &yardstick::fsync().spread(),
    );
    let empty = journal.live_bytes();
    journal.run_now(&plan, payload.clone());
    let first = journal.live_bytes() - empty;
    let rounds = 20;
    let times = Times::of(rounds, || {
        // A payload read anew, so that nothing is known of it from the run before.
        let payload = Value::from_json(&payload.to_json());
        journal.run_now(&plan, payload);
    });
    #[expect(clippy::cast_precision_loss, reason = "bytes of a small journal")]
    let (first, further) = (
        first as f64,
        (journal.live_bytes() - empty - first) as f64 / (rounds + 1) as f64,
    );
    report.note("a run", &times.spread());
    report.at_most("a run, median", times.median_ms(), 30.0, "ms");
    report.at_most("bytes kept for the first run", first, 1_200_000.0, "bytes");
    report.at_most(
        "bytes kept for each further run",
        further,
        100_000.0,
        "bytes",
    );
}

pub(crate) fn bytes_per_frame(report: &mut Report) {
    let journal = Ground::new();
    let plan = journal.plan(workflows::chain(10));
    let runs = 2_000;
    let frames = journal.tokio().block_on(async {
        let (_, _) = many(&journal, &plan, runs - 1, 16).await;
        journal.run(&plan, input()).await.frames
    });
    journal.journal().compact().expect("a compaction");
    #[expect(clippy::cast_precision_loss, reason = "bytes of a small journal")]
    let each = journal.file_bytes() as f64 / (frames as f64 * runs as f64);
    report.at_most(
        "bytes of the file per small frame, compacted",
        each,
        500.0,
        "bytes",
    );
}

pub(crate) fn scripts(report: &mut Report) {
    let journal = Ground::new();
    let pool = journal.pool(1);
    let request = workflows::small_script(0);
    journal.tokio().block_on(pool.evaluate(request));
    let rounds = 20_000;
    let started = Instant::now();
    journal.tokio().block_on(async {
        for x in 0..rounds {
            std::hint::black_box(pool.evaluate(workflows::small_script(x)).await);
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let speed = rounds as f64 / started.elapsed().as_secs_f64();
    report.at_least(
        "small evaluations on one worker process",
        speed,
        10_000.0,
        "per s",
    );
}

pub(crate) fn kill_over_limit(report: &mut Report) {
    let journal = Ground::new();
    let pool = journal.pool(1);
    journal
        .tokio()
        .block_on(pool.evaluate(workflows::small_script(0)));
    let limit = Duration::from_millis(300);
    let times = Times::of(10, || {
        journal.tokio().block_on(async {
            pool.evaluate(workflows::endless_script(limit)).await;
            pool.evaluate(workflows::small_script(1)).await;
        });
    });
    let over = times.quantile_ms(1.0) - limit.as_secs_f64() * 1e3;
    report.at_most(
        "kill, replacement and next answer over the limit, worst",
        over,
        50.0,
        "ms",
    );
}
