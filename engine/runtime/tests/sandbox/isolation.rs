//! What a sandbox process has given up, seen from outside, and that nothing stays from one script to the next.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

use flowforge_engine::FailureKind;
use flowforge_engine::script::{EvaluateRequest, Source};
use flowforge_engine::value::Value;
use flowforge_runtime::sandbox::worker;
use libtest_mimic::Trial;

use super::support::{failure, json, pool, request, trial, until, value};

/// The argument by which this program is a confined process that tries what it may not.
pub(crate) const ARGUMENT: &str = "confined";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_process_has_given_up_what_it_does_not_need", given_up),
        trial(
            "nothing_outside_is_possible_in_a_confined_process",
            nothing_is_possible,
        ),
        trial("a_process_ends_with_its_parent", ends_with_its_parent),
        trial("nothing_stays_from_one_script_to_the_next", nothing_stays),
        trial("memory_does_not_grow_over_a_thousand_closures", no_growth),
    ]
}

async fn given_up() {
    let pool = pool(1);
    value(pool.evaluate(request("1", "null")).await);
    until("a process is ready", || !pool.idle_ids().is_empty()).await;
    let id = pool.idle_ids()[0];
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}"));
    let status = read("status").expect("status");
    let field = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(field("NoNewPrivs").ends_with('1'), "{status}");
    assert!(field("Seccomp:").ends_with('2'), "{status}");
    let limits = read("limits").expect("limits");
    let limit = |name: &str| {
        limits
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .to_owned()
    };
    for (name, most) in [
        ("Max address space", (512 << 20).to_string()),
        ("Max processes", "0".into()),
        ("Max file size", "0".into()),
        ("Max core file size", "0".into()),
    ] {
        let words: Vec<String> = limit(name).split_whitespace().map(str::to_owned).collect();
        assert!(words.contains(&most), "{name}: {limits}");
    }
    // Not dumpable: its folder belongs to root, so that nobody else of this user looks in.
    assert_eq!(
        std::fs::metadata(format!("/proc/{id}/environ"))
            .expect("environ")
            .uid(),
        0
    );
    if let Ok(environ) = read("environ") {
        assert_eq!(environ, "", "it has no environment");
    }
}

/// Does what a script would do if it could, and prints what was possible.
pub(crate) fn main() -> ExitCode {
    worker::confined(|_| {
        let canary = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        let mut possible = Vec::new();
        let mut attempt = |what: &str, worked: bool| {
            if worked {
                possible.push(what.to_owned());
            }
        };
        attempt("read a file", std::fs::read(canary).is_ok());
        attempt(
            "read /proc/self/environ",
            std::fs::read("/proc/self/environ").is_ok(),
        );
        attempt("list a folder", std::fs::read_dir("/").is_ok());
        attempt(
            "write a file",
            std::fs::write("/tmp/flowforge-canary", "x").is_ok(),
        );
        attempt(
            "connect",
            std::net::TcpStream::connect("127.0.0.1:9")
                .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused),
        );
        attempt("listen", std::net::TcpListener::bind("127.0.0.1:0").is_ok());
        attempt(
            "start a process",
            std::process::Command::new("/bin/true").status().is_ok(),
        );
        attempt(
            "start a thread",
            std::thread::Builder::new().spawn(|| ()).is_ok(),
        );
        attempt("see the environment", std::env::vars().next().is_some());
        attempt(
            "signal its parent",
            rustix::process::getppid()
                .is_some_and(|parent| rustix::process::test_kill_process(parent).is_ok()),
        );
        attempt(
            "read a pipe that was left open",
            std::fs::read("/dev/fd/3").is_ok(),
        );
        Err(std::io::Error::other(format!("possible: {possible:?}")))
    })
}

async fn nothing_is_possible() {
    let exe = std::env::current_exe().expect("this program");
    let mut command = std::process::Command::new(exe);
    let output = command
        .arg(ARGUMENT)
        .env_clear()
        .output()
        .expect("this program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.trim(), "possible: []");
}

async fn ends_with_its_parent() {
    // The shell starts it, waits until it is ready, and goes away; the shell's input stays open.
    let exe = std::env::current_exe().expect("this program");
    let argument = worker::ARGUMENT;
    let script = format!(
        "exec 3<>in; '{}' {argument} <&3 >out 2>/dev/null & echo $!; head -c 12 out >/dev/null",
        exe.display()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        command
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("it runs")
    };
    run("mkfifo", &["in", "out"]);
    let output = run("sh", &["-c", &script]);
    let id: u32 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("a process id");
    until("it has ended", || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
        stat.map_or(true, |stat| stat.contains(") Z"))
    })
    .await;
}

async fn nothing_stays() {
    let pool = pool(1);
    let first = r#"
        let leaked = "canary"; const KEPT = "canary"; fn helper() { "canary" }
        let map = #{ secret: "canary" }; let f = || map; f.call(); print("canary");
        input.secret = "canary"; helper()
    "#;
    for second in [
        "leaked",
        "KEPT",
        "helper()",
        "map",
        "f.call()",
        "input.secret.x",
        "this",
        "nodes",
    ] {
        let before = pool.idle_ids();
        assert_eq!(
            value(pool.evaluate(request(first, r#"{"tenant":1}"#)).await),
            Value::from("canary")
        );
        let reply = pool.evaluate(request(second, r#"{"tenant":2}"#)).await;
        assert!(
            !format!("{reply:?}").contains("canary"),
            "{second}: {reply:?}"
        );
        failure(reply);
        until("it waits again", || pool.idle_ids().len() >= before.len()).await;
    }
}

async fn no_growth() {
    let pool = pool(1);
    let script = "let m = #{}; let f = |x| { m.me = x; m }; f.call(1); let a = []; let g = || a.len(); a.push(1); g.call()";
    let sources = vec![Source::Script(script.into()); 50];
    let grown = async || {
        let reply = pool
            .evaluate(EvaluateRequest {
                sources: sources.clone(),
                ..request("1", "null")
            })
            .await;
        let bytes = reply.usage.memory_bytes;
        assert_eq!(value(reply), json("1"));
        bytes
    };
    let before = grown().await;
    let mut after = before;
    for _ in 0..40 {
        after = grown().await;
    }
    assert!(after < before + (1 << 20), "{before} {after}: 2,000 runs");
    assert_eq!(
        failure(pool.evaluate(request("loop { }", "null")).await).kind,
        FailureKind::Limit
    );
}
