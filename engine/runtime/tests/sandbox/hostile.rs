//! Hostile scripts through the real sandbox: a typed ending in time, and nothing noticed outside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flowforge_engine::FailureKind;
use flowforge_engine::script::{EvaluateRequest, Evaluated, Source};
use flowforge_engine::value::Value;
use flowforge_runtime::sandbox::Pool;
use libtest_mimic::Trial;

use super::support::{json, memory_bytes, pool, request, trial, value};
use crate::table::{self, Row};

/// What this process may grow while they run, in bytes.
const GROWTH_BYTES_MAX: u64 = 300 << 20;
/// Groups of rows that are tests of their own.
const GROUPS: [&str; 9] = [
    "RH-0", "RH-10", "RH-11", "RH-12", "RH-13", "RH-1", "RH-2", "RH-3", "RH-4",
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = GROUPS.into_iter().map(group).collect();
    trials.push(trial(
        "every_function_survives_hostile_arguments",
        every_function,
    ));
    trials.push(trial("thrown_values_are_cut_and_redacted", thrown));
    trials.push(trial(
        "an_endless_row_of_effects_is_a_limit",
        endless_effects,
    ));
    trials
}

/// The rows of the longest prefix that fits them.
fn group(prefix: &'static str) -> Trial {
    let mine = move |row: &Row| {
        let fits = GROUPS.iter().filter(|group| row.id.starts_with(**group));
        fits.max_by_key(|group| group.len()) == Some(&prefix)
    };
    trial(
        &format!("hostile_scripts_{prefix}_end_as_they_should"),
        move || check_all(table::rows().into_iter().filter(mine).collect()),
    )
}

async fn check_all(rows: Vec<Row>) {
    assert!(!rows.is_empty());
    let pool = pool(1);
    let before = memory_bytes();
    let mut wrong = Vec::new();
    for row in rows {
        wrong.extend(check(&pool, &row).await);
        assert_eq!(
            value(pool.evaluate(request("input + 1", "1")).await),
            json("2"),
            "after {}",
            row.id
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(memory_bytes() < before + GROWTH_BYTES_MAX);
}

/// What is wrong with the ending of a row, if anything is.
async fn check(pool: &Pool, row: &Row) -> Option<String> {
    let sources = vec![Source::Script(row.script.as_str().into())];
    let request = EvaluateRequest {
        sources,
        ..request("", "null")
    };
    let limit = Duration::from_millis(request.limits.wall_ms + 1_000);
    let started = Instant::now();
    let reply = pool.evaluate(request).await;
    let took = started.elapsed();
    let logs: usize = reply.logs.iter().map(|line| line.text.len()).sum();
    let (ending, message) = match &reply.result {
        Evaluated::Done(_) => ("value", String::new()),
        Evaluated::Needs(_) => ("needs", String::new()),
        Evaluated::Failed(failure) => (name(failure.kind), failure.message.clone()),
    };
    let right = row.ends.iter().any(|end| end == ending)
        && took < limit
        && logs < 70_000
        && message.len() < 4097;
    (!right).then(|| format!("{}: {ending} after {took:?}: {message:.300}", row.id))
}

fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Limit => "limit",
        FailureKind::Timeout => "timeout",
        FailureKind::SandboxDied => "died",
        FailureKind::Syntax => "syntax",
        FailureKind::Script => "script",
        _ => "another failure",
    }
}

/// Arguments that have broken functions before.
const ARGUMENTS: [&str; 24] = [
    "()",
    "true",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "(-9223372036854775807-1)",
    "0.0",
    "-1.5",
    "1e308",
    "(0.0/0.0)",
    "(1.0/0.0)",
    "\"\"",
    "\"héllo\"",
    "'é'",
    "[]",
    "[1, \"a\", ()]",
    "#{}",
    "#{a: 1}",
    "blob(3)",
    "|x| x",
    "0..3",
    "-9223372036854775807..=9223372036854775807",
    "Fn(\"nothing\")",
];

/// Names and numbers of parameters of everything that a script can call, from the golden file.
fn functions() -> Vec<(String, usize)> {
    let list = include_str!("../../../core/src/script/functions.txt");
    let mut functions: Vec<(String, usize)> = list
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once('(')?;
            let parameters = rest
                .split_once(')')
                .map_or(rest, |(parameters, _)| parameters);
            let count = if parameters.is_empty() {
                0
            } else {
                parameters.split(", ").count()
            };
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                .then(|| (name.to_owned(), count))
        })
        .filter(|(name, _)| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        .collect();
    functions.sort();
    functions.dedup();
    functions
}

/// The calls of a function with every pair of hostile arguments, and some triples.
fn calls(name: &str, count: usize) -> Vec<String> {
    let n = ARGUMENTS.len();
    let pick = |indices: &[usize]| {
        indices
            .iter()
            .map(|i| ARGUMENTS[i % n])
            .collect::<Vec<_>>()
            .join(", ")
    };
    let arguments: Vec<String> = match count {
        0 => vec![String::new()],
        1 => (0..n).map(|i| pick(&[i])).collect(),
        2 => (0..n * n).map(|i| pick(&[i, i / n])).collect(),
        _ => (0..n * n)
            .map(|i| pick(&[i, i / n, i * 7 + i / n, i * 11 + 5, i * 13]))
            .map(|all| all.split(", ").take(count).collect::<Vec<_>>().join(", "))
            .collect(),
    };
    arguments
        .into_iter()
        .map(|arguments| format!("try {{ {name}({arguments}) }} catch {{ }}\n1"))
        .collect()
}

async fn every_function() {
    let pool = pool(2);
    let before = memory_bytes();
    let functions = functions();
    assert!(functions.len() > 100, "{}", functions.len());
    let work: Vec<_> = functions
        .into_iter()
        .filter(|(name, _)| !matches!(name.as_str(), "http" | "now" | "random"))
        .map(|(name, count)| {
            let pool = pool.clone();
            tokio::spawn(async move { sweep(&pool, &name, count).await })
        })
        .collect();
    let mut wrong = Vec::new();
    for one in work {
        wrong.extend(one.await.expect("no panic"));
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(memory_bytes() < before + GROWTH_BYTES_MAX);
}

/// Calls in batches; a batch that fails is done again one by one to name the call.
async fn sweep(pool: &Pool, name: &str, count: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for batch in calls(name, count).chunks(96) {
        let sources: Vec<Source> = batch
            .iter()
            .map(|call| Source::Script(Arc::from(call.as_str())))
            .collect();
        let together = pool
            .evaluate(EvaluateRequest {
                sources,
                ..request("", "null")
            })
            .await;
        if matches!(together.result, Evaluated::Done(_)) {
            continue;
        }
        for call in batch {
            match pool.evaluate(request(call, "null")).await.result {
                Evaluated::Failed(failure)
                    if matches!(
                        failure.kind,
                        FailureKind::SandboxDied | FailureKind::Internal | FailureKind::Timeout
                    ) =>
                {
                    wrong.push(format!("{call}: {}", failure.message));
                }
                _ => {}
            }
        }
    }
    wrong
}

async fn thrown() {
    let pool = pool(1);
    let reply = pool
        .evaluate(request(
            r#"throw #{api_key: "canary", message: "no", n: 1}"#,
            "null",
        ))
        .await;
    let shown = format!("{reply:?}");
    assert!(
        !shown.contains("canary") && shown.contains("[redacted]"),
        "{shown}"
    );
    let reply = pool
        .evaluate(request(
            r#"let s = ""; s.pad(900000, "x"); throw s"#,
            "null",
        ))
        .await;
    let Evaluated::Failed(failure) = reply.result else {
        panic!("a failure")
    };
    let details = failure.details.as_ref().map_or(0, Value::size_bytes);
    assert!(
        failure.message.len() <= 4096 && details <= 4096,
        "{details}"
    );
}

async fn endless_effects() {
    let pool = pool(1);
    let mut endless = request(r#"loop { http("GET", "http://a/"); }"#, "null");
    endless.answers = vec![Ok(Value::Null); 5_000];
    let Evaluated::Failed(failure) = pool.evaluate(endless).await.result else {
        panic!("a failure")
    };
    assert_eq!(failure.kind, FailureKind::Limit, "{failure:?}");
}
