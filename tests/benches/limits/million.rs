//! Search over a million frames: built once, on request, because it takes minutes.

use std::time::Instant;

use flowforge_engine::Value;
use flowforge_engine::value::Record;
use flowforge_snapshots::search::{Question, Search};

use super::bench::{Report, Times};
use super::ground::Ground;
use super::workflows;

/// Frames of one run of the chain, its trigger included.
const FRAMES_PER_RUN: u64 = 101;
const CITIES: [&str; 8] = [
    "bern", "rome", "oslo", "lima", "cairo", "quito", "hanoi", "dakar",
];

pub(crate) fn search_a_million_frames(report: &mut Report) {
    let ground = Ground::new();
    let plan = ground.plan(workflows::chain(100));
    let runs = 1_000_000 / FRAMES_PER_RUN + 1;
    let started = Instant::now();
    for number in 0..runs {
        let fields = [
            ("x", Value::from(number * 1_000)),
            ("order", Value::from(format!("order-{number}"))),
            (
                "city",
                Value::from(CITIES[usize::try_from(number % 8).expect("below 8")]),
            ),
            ("payload", Value::from("p".repeat(150))),
        ];
        ground.run_now(&plan, Value::Record(Record::from_iter(fields)));
    }
    report.note(
        "a million frames recorded",
        &format!("{:.0} s", started.elapsed().as_secs_f64()),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let index = Search::open(folder.path()).expect("an index");
    let started = Instant::now();
    let progress = index
        .catch_up(ground.journal(), || true)
        .expect("the index catches up");
    assert_eq!(progress.lag, 0);
    report.note(
        "indexed",
        &format!(
            "{:.0} s, {} bytes",
            started.elapsed().as_secs_f64(),
            index.size_bytes()
        ),
    );
    let mut number = 0;
    let times = Times::of(300, || {
        number += 1;
        let text = match number % 4 {
            0 => format!("order-{}", number * 31 % runs),
            1 => CITIES[usize::try_from(number % 8).expect("below 8")].to_owned(),
            2 => format!(
                "city:{}",
                CITIES[usize::try_from(number % 8).expect("below 8")]
            ),
            _ => format!("{}", number * 31 % runs * 1_000 + 50),
        };
        let question = Question {
            text: &text,
            limit: 20,
            ..Question::default()
        };
        std::hint::black_box(index.query(ground.journal(), &question).expect("an answer"));
    });
    report.note("a search", &times.spread());
    report.at_most("a search, p99", times.quantile_ms(0.99), 100.0, "ms");
}
