//! The real binary: how soon it is ready after a kill, and what it takes while it does nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::bench::{Report, Times};
use super::workflows;

/// The binary with a data folder.
fn flowforge(folder: &std::path::Path, words: &[&str]) -> Command {
    let mut command = flowforge_tests::binary::command();
    command
        .arg("--data-dir")
        .arg(folder)
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// A run of 100,001 frames, and another that waits for a person at the moment the process is killed.
pub(crate) fn ready_after_kill(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let file = folder.path().join("loop.json");
    let workflow =
        flowforge_engine::workflow::file::to_json(&workflows::long_loop(10)).expect("a workflow");
    std::fs::write(&file, workflow).expect("a file");
    let list: Vec<i64> = (0..10_000).collect();
    let input = folder.path().join("input.json");
    std::fs::write(&input, serde_json::to_string(&list).expect("a list")).expect("a file");
    let input = format!("@{}", input.display());
    let file = file.display().to_string();
    let done = flowforge(&data, &["run", &file, "--input", &input])
        .output()
        .expect("a run");
    assert!(done.status.success(), "the long run completes");
    let mut again = flowforge(&data, &["run", &file, "--input", &input])
        .spawn()
        .expect("a second run");
    std::thread::sleep(Duration::from_millis(1_500));
    kill(&mut again);
    let times = Times::new(
        (0..1)
            .map(|_| time(&mut flowforge(&data, &["runs", "--json"])))
            .collect(),
    );
    report.at_most(
        "first answer after kill -9, with 100,000 frames",
        times.median_ms(),
        1_000.0,
        "ms",
    );
    let resumed = time(&mut flowforge(&data, &["resume", "--json"]));
    report.note(
        "then resuming what was unfinished, to its end",
        &format!("{:.2} s", resumed.as_secs_f64()),
    );
    let times = Times::of(10, || {
        time(&mut flowforge(&data, &["runs", "--json"]));
    });
    report.note(
        "an answer of a process that was ended well",
        &times.spread(),
    );
}

fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let output = command.output().expect("the binary runs");
    assert!(
        output.status.success() || output.status.code() == Some(3),
        "{output:?}"
    );
    started.elapsed()
}

fn kill(child: &mut Child) {
    child.kill().expect("the process can be killed");
    child.wait().expect("it ends");
}

/// A process that has the journal open and a run that only waits.
pub(crate) fn idle_memory(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let file = folder.path().join("wait.yaml");
    let text = "id: wait\ngraph:\n  nodes:\n    - { id: first, type: code.rhai, params: { code: '1 + 1' } }\n    - { id: wait, type: flow.wait, params: { durationMs: 60000 } }\n  edges:\n    - { source: first, target: wait }\n";
    std::fs::write(&file, text).expect("a file");
    let mut waiting = flowforge(&data, &["run", &file.display().to_string()])
        .spawn()
        .expect("a run");
    std::thread::sleep(Duration::from_secs(2));
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", waiting.id())).unwrap_or_default();
    kill(&mut waiting);
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .map(|rest| rest.trim().trim_end_matches(" kB"));
    let mib = kib
        .and_then(|kib| kib.trim().parse::<f64>().ok())
        .unwrap_or(f64::NAN)
        / 1024.0;
    report.at_most("memory of a process whose run waits", mib, 60.0, "MiB");
}
