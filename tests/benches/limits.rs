//! The figures that FlowForge promises, each beside its yardstick measured in the same run.
//!
//! `cargo bench -p flowforge-tests` runs all but the search over a million frames;
//! `cargo bench -p flowforge-tests -- NAME...` runs those whose name contains one of the words;
//! `cargo bench -p flowforge-tests -- million` builds a million frames and searches them.

#[path = "limits/bench.rs"]
mod bench;
#[path = "limits/document.rs"]
mod document;
#[path = "limits/engine.rs"]
mod engine;
#[path = "limits/ground.rs"]
mod ground;
#[path = "limits/healing.rs"]
mod healing;
#[path = "limits/journal.rs"]
mod journal;
#[path = "limits/million.rs"]
mod million;
#[path = "limits/process.rs"]
mod process;
#[path = "limits/service.rs"]
mod service;
#[path = "limits/workflows.rs"]
mod workflows;
#[path = "limits/yardstick.rs"]
mod yardstick;

use bench::Report;

/// A bench by name.
type Bench = (&'static str, fn(&mut Report));

const BENCHES: &[Bench] = &[
    ("chain-100", engine::chain_100),
    ("fan-100", engine::fan_100),
    ("thousand-runs", engine::thousand_runs),
    ("megabyte", engine::megabyte),
    ("bytes-per-frame", engine::bytes_per_frame),
    ("scripts", engine::scripts),
    ("kill-over-limit", engine::kill_over_limit),
    ("rows", journal::rows),
    ("snapshot-at-any-seq", journal::snapshot_at_any_seq),
    ("fork-10000", journal::fork_10_000),
    ("healing-40-frames", healing::forty_frames),
    ("ready-after-kill", process::ready_after_kill),
    ("idle-memory", process::idle_memory),
    ("http-runs", service::runs_over_http),
    ("http-looks", service::looks_over_http),
    ("http-watchers", service::watchers),
    ("typing-history", document::typing_history),
];

/// Too long for every run: only when asked for by name.
const ON_REQUEST: &[Bench] = &[("million", million::search_a_million_frames)];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.iter().any(|word| name.contains(word.as_str()));
    let chosen = BENCHES
        .iter()
        .filter(|(name, _)| wanted.is_empty() || is_wanted(name));
    let chosen = chosen.chain(ON_REQUEST.iter().filter(|(name, _)| is_wanted(name)));
    let mut report = Report::start();
    for (name, bench) in chosen {
        report.section(name);
        bench(&mut report);
    }
    report.finish();
}
