//! The healing benchmark: recorded runs that failed, and how many of them the rules mend without breaking others.
//!
//! Each case of `kinds/*.yaml` is a workflow, a few good runs, a change that breaks it, and hidden runs that no
//! healer sees, with the output that is right after a correct repair. The runs are real: the runtime, its sandbox,
//! and a server on this machine. A fix is *fixed* when the failed run goes on to the right output; it is
//! *false-green* when it was shown as proven and that run, or a hidden one, comes out wrong.
//!
//! `FLOWFORGE_HEALING_CASE=name` looks at the cases whose names hold that, and tells everything about them.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod arena;
mod host;
mod mend;
mod report;
mod table;

use arena::Arena;
use report::Report;

/// Least share of the failures that the rules mend.
const FIXED_LEAST: f64 = 0.6;
/// Least cases, and least kinds.
const CASES_LEAST: usize = 60;
const KINDS_LEAST: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_alone_mend_most_failures_and_break_nothing() {
    let only = std::env::var("FLOWFORGE_HEALING_CASE").ok();
    let arena = Arena::open().await;
    let mut report = Report::default();
    let cases = table::cases();
    for case in &cases {
        if only
            .as_ref()
            .is_none_or(|only| case.name.contains(only.as_str()))
        {
            report.add(case, arena.play(case, only.is_some()).await);
        }
    }
    report.print();
    assert_eq!(
        report.false_green(),
        Vec::<String>::new(),
        "a shown fix came out wrong"
    );
    assert_eq!(
        report.unexpected(),
        Vec::<String>::new(),
        "a case ends otherwise than its file says"
    );
    if only.is_none() {
        assert!(cases.len() >= CASES_LEAST && report.kinds() >= KINDS_LEAST);
        assert!(
            report.fixed_share() >= FIXED_LEAST,
            "{}",
            report.fixed_share()
        );
    }
    arena.close().await;
}
