//! Processes that do not keep to the protocol: each is a typed failure, and is replaced.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flowforge_engine::FailureKind;
use flowforge_runtime::sandbox::{Pool, PoolConfig};
use libtest_mimic::Trial;

use super::support::{children, failure, memory_bytes, trial, until, within};

/// The argument by which this program is such a process; the next argument says which.
pub(crate) const ARGUMENT: &str = "broken-worker";
const WALL_MS: u64 = 300;

pub(crate) fn trials() -> Vec<Trial> {
    [
        "malformed",
        "oversized",
        "endless",
        "silent",
        "short",
        "twice",
        "other",
        "exit",
    ]
    .into_iter()
    .map(|how| {
        trial(
            &format!("a_process_whose_reply_is_{how}_is_a_failure"),
            move || fails(how),
        )
    })
    .chain([
        trial("a_program_that_is_no_sandbox_is_a_failure", no_sandbox),
        trial("a_program_that_is_not_there_is_a_failure", not_there),
    ])
    .collect()
}

fn pool(how: &str) -> Pool {
    let mut config = PoolConfig::new(std::env::current_exe().expect("this program"));
    config.args = vec![ARGUMENT.into(), how.into()];
    Pool::new(PoolConfig {
        workers_max: 1,
        ..config
    })
}

async fn fails(how: &'static str) {
    let pool = pool(how);
    let before = memory_bytes();
    for _ in 0..3 {
        let started = Instant::now();
        let failure = failure(pool.evaluate(within(WALL_MS, "1")).await);
        let expected = if how == "silent" || how == "short" {
            FailureKind::Timeout
        } else {
            FailureKind::SandboxDied
        };
        assert_eq!(failure.kind, expected, "{failure:?}");
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
    assert!(memory_bytes() < before + (64 << 20));
    drop(pool);
    until("no process is left over", || children().is_empty()).await;
}

async fn no_sandbox() {
    let config = PoolConfig {
        args: Vec::new(),
        ..PoolConfig::new("/bin/echo".into())
    };
    let failure = failure(Pool::new(config).evaluate(within(WALL_MS, "1")).await);
    assert_eq!(failure.kind, FailureKind::SandboxDied);
}

async fn not_there() {
    let failure = failure(
        Pool::new(PoolConfig::new("/nowhere".into()))
            .evaluate(within(WALL_MS, "1"))
            .await,
    );
    assert_eq!(failure.kind, FailureKind::SandboxDied);
    assert!(
        failure.message.contains("could not be started"),
        "{}",
        failure.message
    );
}

fn frame(length: u32, number: u64, body: &[u8]) -> Vec<u8> {
    [&length.to_le_bytes()[..], &number.to_le_bytes()[..], body].concat()
}

/// Is ready, reads a request, and does not reply as it should.
pub(crate) fn main() -> ExitCode {
    let ready = b"flowforge sandbox 1";
    say(&frame(u32::try_from(ready.len()).expect("short"), 0, ready));
    let mut header = [0; 12];
    if std::io::stdin().read_exact(&mut header).is_err() {
        return ExitCode::SUCCESS;
    }
    match std::env::args().nth(2).unwrap_or_default().as_str() {
        "malformed" => say(&frame(40, 1, &[0xff; 40])),
        "oversized" => say(&frame(u32::MAX, 1, &[0; 4096])),
        "endless" => loop {
            say(&frame(4 << 20, 1, &vec![0; 4 << 20]));
        },
        "short" => say(&frame(1000, 1, &[0; 10])),
        "twice" => say(&[frame(3, 1, b"abc"), frame(3, 2, b"abc")].concat()),
        "other" => say(&frame(3, 77, b"abc")),
        "exit" => return ExitCode::from(3),
        _ => {}
    }
    loop {
        std::thread::park();
    }
}

fn say(bytes: &[u8]) {
    let mut output = std::io::stdout();
    if output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .is_err()
    {
        std::process::exit(0);
    }
}
