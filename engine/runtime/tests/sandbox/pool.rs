//! What the pool promises: replies, limits, replacement, no leftovers.

use std::time::{Duration, Instant};

use flowforge_engine::FailureKind;
use flowforge_engine::effect::EffectKind;
use flowforge_engine::script::{EvaluateLimits, EvaluateRequest, Evaluated, Source};
use flowforge_engine::value::Value;
use flowforge_runtime::sandbox::{Pool, PoolConfig};
use libtest_mimic::Trial;
use rustix::process::Signal;

use super::support::{
    children, failure, json, open_files, pool, request, signal, trial, until, value, within,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_script_gives_its_value_and_its_logs",
            a_script_gives_its_value_and_its_logs,
        ),
        trial(
            "an_effect_is_asked_for_and_answered",
            an_effect_is_asked_for_and_answered,
        ),
        trial(
            "many_evaluations_run_at_once_and_each_gets_its_own_reply",
            many_at_once,
        ),
        trial(
            "a_script_that_does_not_end_is_killed_at_its_limit",
            killed_at_the_limit,
        ),
        trial(
            "the_next_evaluation_goes_on_at_once_after_a_kill",
            goes_on_after_a_kill,
        ),
        trial(
            "a_process_that_is_killed_from_outside_is_one_failure",
            killed_from_outside,
        ),
        trial("a_stopped_process_meets_its_deadline", stopped),
        trial("a_dropped_evaluation_mixes_no_replies", dropped),
        trial(
            "a_process_is_retired_when_it_served_or_grew_enough",
            retired,
        ),
        trial("an_idle_process_that_died_is_not_used", dead_while_idle),
        trial(
            "no_process_starts_before_it_is_needed_and_none_stays",
            lazy_and_clean,
        ),
        trial("what_is_too_large_is_a_limit", too_large),
        trial("usage_is_told", usage_is_told),
    ]
}

async fn a_script_gives_its_value_and_its_logs() {
    let reply = pool(1)
        .evaluate(request("print(input.a); input.a + 1", r#"{"a":41}"#))
        .await;
    assert_eq!(reply.logs.len(), 1);
    assert_eq!(reply.logs[0].text, "41");
    assert_eq!(value(reply), json("42"));
}

async fn an_effect_is_asked_for_and_answered() {
    let pool = pool(1);
    let mut request = request(
        r#"let r = http("GET", "http://a/"); try { http("GET", "http://b/"); } catch (e) { return r.status + e; }"#,
        "null",
    );
    for answer in [
        Ok(json(r#"{"status":200}"#)),
        Err(flowforge_engine::Failure::new(
            FailureKind::Connection,
            "no route",
        )),
    ] {
        match pool.evaluate(request.clone()).await.result {
            Evaluated::Needs(effect) => assert_eq!(effect.kind, EffectKind::Http),
            other => panic!("expected an effect, found {other:?}"),
        }
        request.answers.push(answer);
    }
    assert_eq!(
        value(pool.evaluate(request).await),
        Value::from("200no route")
    );
}

async fn many_at_once() {
    let pool = pool(3);
    let evaluations = (0..200).map(|i| {
        let pool = pool.clone();
        tokio::spawn(async move {
            (
                i,
                value(pool.evaluate(request("input * 2", &i.to_string())).await),
            )
        })
    });
    for evaluation in evaluations.collect::<Vec<_>>() {
        let (i, found) = evaluation.await.expect("no panic");
        assert_eq!(found, Value::Int(i * 2));
    }
    assert!(children().len() <= 4, "{:?}", children());
}

async fn killed_at_the_limit() {
    let pool = pool(1);
    value(pool.evaluate(request("1", "null")).await);
    for wall_ms in [50, 200] {
        let started = Instant::now();
        let failure = failure(pool.evaluate(within(wall_ms, "loop {}")).await);
        let took = started.elapsed();
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert!(
            failure.message.contains(&format!("{wall_ms} ms")),
            "{}",
            failure.message
        );
        assert!(took >= Duration::from_millis(wall_ms), "{took:?}");
        assert!(took < Duration::from_millis(wall_ms + 500), "{took:?}");
    }
}

async fn goes_on_after_a_kill() {
    let pool = pool(1);
    value(pool.evaluate(request("1", "null")).await);
    for _ in 0..5 {
        until("a spare process is ready", || !pool.idle_ids().is_empty()).await;
        failure(pool.evaluate(within(20, "loop {}")).await);
        let started = Instant::now();
        assert_eq!(value(pool.evaluate(request("2", "null")).await), json("2"));
        assert!(
            started.elapsed() < Duration::from_millis(500),
            "{:?}",
            started.elapsed()
        );
    }
}

/// Evaluates a script that does not end, does something to its process, and gives the failure.
async fn meanwhile(pool: &Pool, wall_ms: u64, then: impl Fn(u32)) -> flowforge_engine::Failure {
    until("a process is ready", || !pool.idle_ids().is_empty()).await;
    let busy = *pool.idle_ids().last().expect("a process is ready");
    let evaluation = tokio::spawn({
        let pool = pool.clone();
        async move { pool.evaluate(within(wall_ms, "loop {}")).await }
    });
    until("it is busy", || !pool.idle_ids().contains(&busy)).await;
    then(busy);
    failure(evaluation.await.expect("no panic"))
}

async fn killed_from_outside() {
    let pool = pool(1);
    value(pool.evaluate(request("1", "null")).await);
    let mut files = 0;
    for round in 0..100 {
        let failure = meanwhile(&pool, 60_000, |id| signal(id, Signal::KILL)).await;
        assert_eq!(failure.kind, FailureKind::SandboxDied);
        assert!(failure.message.contains("signal: 9"), "{}", failure.message);
        if round == 10 {
            until("the pool is full", || pool.idle_ids().len() == 1).await;
            files = open_files();
        }
    }
    assert_eq!(value(pool.evaluate(request("input", "7")).await), json("7"));
    until("no zombie is left", || {
        children().iter().all(|(_, state)| *state != 'Z')
    })
    .await;
    until("open files are as before", || open_files() <= files + 6).await;
    until("no process is left over", || children().len() <= 2).await;
}

async fn stopped() {
    let pool = pool(1);
    value(pool.evaluate(request("1", "null")).await);
    let started = Instant::now();
    let failure = meanwhile(&pool, 300, |id| signal(id, Signal::STOP)).await;
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(value(pool.evaluate(request("input", "7")).await), json("7"));
    until("the stopped one is gone", || {
        children()
            .iter()
            .all(|(_, state)| !matches!(state, 'T' | 'Z'))
    })
    .await;
}

async fn dropped() {
    let pool = pool(1);
    for i in 0..50 {
        let slow = pool.evaluate(within(
            60_000,
            "let i = 0; while i < 100000 { i += 1; } \"slow\"",
        ));
        let patience = Duration::from_millis(i % 7);
        let _ = tokio::time::timeout(patience, slow).await;
        assert_eq!(
            value(pool.evaluate(request("input", &i.to_string())).await),
            json(&i.to_string())
        );
    }
    until("no process is left over", || children().len() <= 2).await;
}

async fn retired() {
    let config = PoolConfig::new(std::env::current_exe().expect("this program"));
    let served = Pool::new(PoolConfig {
        workers_max: 1,
        evaluations_max: 3,
        ..config.clone()
    });
    let mut seen = std::collections::HashSet::new();
    for _ in 0..12 {
        value(served.evaluate(request("1", "null")).await);
        until("one is ready", || !served.idle_ids().is_empty()).await;
        seen.extend(served.idle_ids());
    }
    assert!(seen.len() >= 4, "{seen:?}");
    let grown = Pool::new(PoolConfig {
        workers_max: 1,
        memory_bytes_max: 0,
        ..config
    });
    value(grown.evaluate(request("1", "null")).await);
    until("one is ready", || !grown.idle_ids().is_empty()).await;
    let before = grown.idle_ids();
    value(grown.evaluate(request("1", "null")).await);
    assert!(!grown.idle_ids().contains(&before[0]));
}

async fn dead_while_idle() {
    let pool = pool(2);
    value(pool.evaluate(request("1", "null")).await);
    until("both are ready", || pool.idle_ids().len() == 2).await;
    for id in pool.idle_ids() {
        signal(id, Signal::KILL);
    }
    until("both are dead", || {
        children().iter().all(|(_, state)| *state == 'Z')
    })
    .await;
    assert_eq!(value(pool.evaluate(request("input", "7")).await), json("7"));
}

async fn lazy_and_clean() {
    let pool = pool(4);
    assert_eq!(children(), []);
    value(pool.evaluate(request("1", "null")).await);
    assert!(!children().is_empty());
    until("a spare is ready", || pool.idle_ids().len() == 2).await;
    drop(pool);
    until("no process stays", || children().is_empty()).await;
}

async fn too_large() {
    let pool = pool(1);
    let grow = "let s = \"\"; s.pad(4000000, \"x\"); [s, s]";
    let failure_of = failure(pool.evaluate(request(grow, "null")).await);
    assert_eq!(failure_of.kind, FailureKind::Limit, "{failure_of:?}");
    let many: Vec<Value> = vec!["x".repeat(1 << 20).into(); 80];
    let scope = Value::Record([("input", Value::from(many))].into_iter().collect());
    let failure_of = failure(
        pool.evaluate(EvaluateRequest {
            scope,
            ..request("input", "null")
        })
        .await,
    );
    assert_eq!(failure_of.kind, FailureKind::Limit, "{failure_of:?}");
    assert_eq!(value(pool.evaluate(request("input", "7")).await), json("7"));
}

async fn usage_is_told() {
    let pool = pool(1);
    let small = pool.evaluate(request("1", "null")).await.usage;
    let large = pool
        .evaluate(request(
            "let a = []; a.pad(500000, 0); let n = 0; while n < 10000 { n += 1; } 1",
            "null",
        ))
        .await
        .usage;
    assert!(large.operations > small.operations + 10_000, "{large:?}");
    assert!(
        large.memory_bytes > small.memory_bytes + (4 << 20),
        "{small:?} {large:?}"
    );
    let limits = EvaluateLimits {
        operations: 100,
        ..EvaluateLimits::default()
    };
    let sources = vec![Source::Script("let n = 0; while n < 60 { n += 1; }".into()); 2];
    let failure = failure(
        pool.evaluate(EvaluateRequest {
            limits,
            sources,
            ..request("1", "null")
        })
        .await,
    );
    assert_eq!(failure.kind, FailureKind::Limit, "{failure:?}");
}
