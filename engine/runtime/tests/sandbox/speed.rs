//! How fast the sandbox is: `sandbox speed` prints it, for a person; no test depends on it.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flowforge_engine::script::EvaluateRequest;

use super::support::{failure, pool, request, value, within};

/// The argument by which this program measures.
pub(crate) const ARGUMENT: &str = "speed";
const EVALUATIONS: u32 = 20_000;
const KILLS: u32 = 20;

pub(crate) fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let report = runtime.expect("a runtime").block_on(measure());
    let _ = std::io::stdout().write_all(report.as_bytes());
    ExitCode::SUCCESS
}

async fn measure() -> String {
    let pool = pool(1);
    let small: EvaluateRequest = request("let t = input.x + 1; #{ x: t }", r#"{"x":1}"#);
    value(pool.evaluate(small.clone()).await);
    let started = Instant::now();
    for _ in 0..EVALUATIONS {
        value(pool.evaluate(small.clone()).await);
    }
    let each = started.elapsed() / EVALUATIONS;
    let mut worst = Duration::ZERO;
    for _ in 0..KILLS {
        let started = Instant::now();
        failure(pool.evaluate(within(100, "loop {}")).await);
        value(pool.evaluate(small.clone()).await);
        worst = worst.max(started.elapsed().saturating_sub(Duration::from_millis(100)));
    }
    let rate = 1.0 / each.as_secs_f64();
    format!(
        "{each:?} for a small evaluation on one process, {rate:.0} a second\n{worst:?} over the limit for a kill and a replacement, worst of {KILLS}\n"
    )
}
