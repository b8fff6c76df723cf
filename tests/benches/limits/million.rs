//! Search over a million frames: built once, on request, because it takes minutes.
//!
//! The questions are those that people ask, and those that are hard: words that every value holds, phrases
//! inside a field, beginnings of words, everything but.

use std::time::{Duration, Instant};

use flowforge_engine::Value;
use flowforge_engine::value::Record;
use flowforge_snapshots::search::{Question, Search};

use super::bench::{Report, Times};
use super::ground::Ground;
use super::workflows;

/// Frames of one run of the chain, its trigger included.
const FRAMES_PER_RUN: u64 = 101;
/// Different words in notes and names.
const WORDS: u64 = 20_000;
/// How often each kind of question is asked, with other words each time.
const ROUNDS: u64 = 40;
const STATES: [&str; 5] = ["paid", "open", "refunded", "cancelled", "late"];

/// A number that looks like chance, the same for the same `of`.
fn chance(of: u64) -> u64 {
    let mut x = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A word, the first ones far more often than the last.
fn word(of: u64) -> String {
    format!("w{}", chance(of) % WORDS * (chance(of ^ 1) % WORDS) / WORDS)
}

fn state(of: u64) -> &'static str {
    STATES[usize::try_from(chance(of) % 5).expect("below 5")]
}

fn email(run: u64) -> String {
    format!("user{run}@mail{}.example.com", run % 50)
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Record(Record::from_iter(fields))
}

/// What a run is started with; every node of the chain adds 1 to `x` and keeps the rest.
fn order(run: u64) -> Value {
    let note: Vec<String> = (0..8).map(|at| word(run * 31 + at)).collect();
    let name = format!("{} {}", word(run), word(run + 7));
    record([
        (
            "customer",
            record([("email", email(run).into()), ("name", name.into())]),
        ),
        ("note", note.join(" ").into()),
        ("order", Value::from(run)),
        ("status", state(run).into()),
        ("x", Value::from(run * 1_000)),
    ])
}

/// Makes the text of a question out of a number that looks like chance and the number of runs.
type Ask = fn(u64, u64) -> String;

const QUESTIONS: &[(&str, Ask)] = &[
    ("an address", |of, runs| email(of % runs)),
    ("email:an address", |of, runs| {
        format!("email:{}", email(of % runs))
    }),
    ("order:a number", |of, runs| format!("order:{}", of % runs)),
    ("a number", |of, runs| format!("{}", of % runs * 1_000 + 50)),
    ("a word", |of, _| word(of)),
    ("two words", |of, _| {
        format!("{} {}", word(of), word(of + 1))
    }),
    ("a or b", |of, _| {
        format!("{} OR {}", word(of), word(of + 1))
    }),
    ("\"two words\"", |of, _| {
        format!("\"{} {}\"", word(of), word(of + 1))
    }),
    ("wor*", |of, _| format!("w{}*", of % 90 + 10)),
    ("a word in all", |_, _| "example".into()),
    ("status:one of five", |of, _| {
        format!("status:{}", state(of))
    }),
    ("email:\"in all\"", |_, _| "email:\"example com\"".into()),
    ("note:\"two words\"", |of, _| {
        format!("note:\"{} {}\"", word(of), word(of + 1))
    }),
    ("field:*", |_, _| "customer.email:*".into()),
    ("word -word", |of, _| format!("paid -{}", word(of))),
    ("everything", |_, _| String::new()),
];

pub(crate) fn search_a_million_frames(report: &mut Report) {
    let ground = Ground::new();
    let runs = 1_000_000 / FRAMES_PER_RUN + 1;
    record_runs(report, &ground, runs);
    let folder = tempfile::tempdir().expect("a folder");
    let index = Search::open(folder.path()).expect("an index");
    index_all(report, &ground, &index);
    let mut all = Vec::new();
    for (name, ask) in QUESTIONS {
        let ask = |round| time(&ground, &index, &ask(chance(round), runs));
        let times: Vec<Duration> = (0..ROUNDS).map(ask).collect();
        all.extend_from_slice(&times);
        report.note(name, &Times::new(times).spread());
    }
    let all = Times::new(all);
    report.at_most("a search, p99", all.quantile_ms(0.99), 100.0, "ms");
}

fn record_runs(report: &mut Report, ground: &Ground, runs: u64) {
    let plan = ground.plan(workflows::chain(100));
    let started = Instant::now();
    for run in 0..runs {
        ground.run_now(&plan, order(run));
    }
    let seconds = started.elapsed().as_secs_f64();
    report.note("a million frames recorded", &format!("{seconds:.0} s"));
}

fn index_all(report: &mut Report, ground: &Ground, index: &Search) {
    let started = Instant::now();
    let progress = index
        .catch_up(ground.journal(), || true)
        .expect("the index catches up");
    assert_eq!(progress.lag, 0);
    let seconds = started.elapsed().as_secs_f64();
    let bytes = index.size_bytes();
    report.note("indexed", &format!("{seconds:.0} s, {bytes} bytes"));
}

fn time(ground: &Ground, index: &Search, text: &str) -> Duration {
    let question = Question {
        text,
        limit: 20,
        ..Question::default()
    };
    let asked = Instant::now();
    std::hint::black_box(index.query(ground.journal(), &question).expect("an answer"));
    asked.elapsed()
}
