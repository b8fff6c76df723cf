//! What the tests of the sandbox share.

use std::future::Future;
use std::time::{Duration, Instant};

use flowforge_engine::Failure;
use flowforge_engine::effect::Outcome;
use flowforge_engine::script::{EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, Source};
use flowforge_engine::value::Value;
use flowforge_runtime::sandbox::{Pool, PoolConfig};
use libtest_mimic::Trial;

/// A test that runs on a runtime of its own.
pub(crate) fn trial<F: Future<Output = ()>>(
    name: &str,
    test: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(test());
        Ok(())
    })
}

/// A pool of this program's own sandbox processes.
pub(crate) fn pool(workers_max: usize) -> Pool {
    Pool::new(PoolConfig {
        workers_max,
        ..PoolConfig::new(std::env::current_exe().expect("this program"))
    })
}

pub(crate) fn json(text: &str) -> Value {
    Value::parse_json(text).expect("JSON")
}

/// A script with an input and two seconds.
pub(crate) fn request(script: &str, input: &str) -> EvaluateRequest {
    EvaluateRequest {
        sources: vec![Source::Script(script.into())],
        scope: json(&format!(r#"{{"input":{input}}}"#)),
        answers: Vec::<Outcome>::new(),
        limits: EvaluateLimits::default(),
    }
}

/// The same with another time limit.
pub(crate) fn within(wall_ms: u64, script: &str) -> EvaluateRequest {
    let limits = EvaluateLimits {
        wall_ms,
        operations: u64::MAX,
        ..EvaluateLimits::default()
    };
    EvaluateRequest {
        limits,
        ..request(script, "null")
    }
}

pub(crate) fn value(reply: EvaluateReply) -> Value {
    match reply.result {
        Evaluated::Done(mut values) => values.remove(0),
        other => panic!("expected a value, found {other:?}"),
    }
}

pub(crate) fn failure(reply: EvaluateReply) -> Failure {
    match reply.result {
        Evaluated::Failed(failure) => failure,
        other => panic!("expected a failure, found {other:?}"),
    }
}

/// Waits until something holds; what it waits for happens in another process.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The children of this process, with the letter of their state.
pub(crate) fn children() -> Vec<(u32, char)> {
    let own = std::process::id();
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let stats = entries.filter_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent: u32 = fields.next()?.parse().ok()?;
        (parent == own).then_some((id, state))
    });
    stats.collect()
}

/// How many files this process has open.
pub(crate) fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// What this process holds, in bytes.
pub(crate) fn memory_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .expect("two fields")
        .parse()
        .expect("a number");
    pages * rustix::param::page_size() as u64
}

/// Sends a signal to a child of this process.
pub(crate) fn signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(id.cast_signed()).expect("a process id");
    rustix::process::kill_process(id, signal).expect("the child is there");
}
