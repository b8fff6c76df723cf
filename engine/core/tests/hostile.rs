//! Hostile scripts are compiled on an ordinary small thread, quickly and without evaluation.

#![expect(
    clippy::disallowed_methods,
    reason = "how long it takes, on how small a stack, is what is tested"
)]

use std::time::{Duration, Instant};

use flowforge_engine::FailureKind;
use flowforge_engine::script::{Template, compile_expression, compile_script, references};
use flowforge_engine::value::Value;

#[path = "../../../tests/hostile/table.rs"]
mod table;

/// As the threads of a server have it.
const STACK_BYTES: usize = 2 << 20;
const TIME_MAX: Duration = Duration::from_secs(1);

fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work);
    thread
        .expect("a thread")
        .join()
        .expect("no panic and no overflow")
}

#[test]
fn scripts_are_compiled_in_bounded_stack_and_time() {
    let wrong: Vec<String> = table::rows()
        .into_iter()
        .filter_map(|row| {
            let (id, parses) = (row.id.clone(), row.parses);
            let started = Instant::now();
            let result = on_small_stack(move || compile_script(&row.script));
            let took = started.elapsed();
            let kinds = [FailureKind::Syntax, FailureKind::Limit];
            let right = result.is_ok() == parses
                && result.as_ref().err().is_none_or(|failure| {
                    kinds.contains(&failure.kind) && failure.message.len() < 500
                })
                && took < TIME_MAX;
            (!right).then(|| format!("{id}: {result:?} after {took:?}"))
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn expressions_templates_and_references_survive_them_too() {
    for row in table::rows() {
        let id = row.id.clone();
        let started = Instant::now();
        on_small_stack(move || {
            let _ = compile_expression(&row.script);
            let _ = references(&row.script);
            let _ = Template::parse(&Value::from(format!("{{{{{}}}}}", row.script)));
        });
        assert!(started.elapsed() < 3 * TIME_MAX, "{id}");
    }
}
