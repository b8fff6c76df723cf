//! What a new data folder begins with: four workflows and some runs of them, so that every page has
//! something true on it.

use std::net::SocketAddr;

use flowforge_engine::event::Mode;
use flowforge_engine::workflow::file;
use flowforge_engine::{Clock, RunId, Seq, Value};
use flowforge_runtime::fork::Fork;
use flowforge_runtime::{RuntimeError, StartRun, SystemClock};
use flowforge_snapshots::{Journal, ReadError, RunFilter};
use serde_json::json;

use crate::problem::HttpProblem;
use crate::service::AppState;

/// The workflow that calls the demo route.
const ORDERS: &str = "example-orders";
const TEXTS: [&str; 4] = [
    include_str!("examples/orders.yaml"),
    include_str!("examples/loop.yaml"),
    include_str!("examples/failure.yaml"),
    include_str!("examples/approval.yaml"),
];

/// Whether nothing was ever saved or run here.
pub(crate) fn is_new(journal: &Journal) -> Result<bool, ReadError> {
    let runs = journal.runs(&RunFilter::default(), None, 1)?;
    Ok(runs.rows.is_empty() && journal.workflows()?.is_empty())
}

/// Whether the example that calls this service's demo route is here, so that such calls are to be let through.
pub(crate) fn calls_demo(journal: &Journal) -> Result<bool, ReadError> {
    Ok(journal.latest_workflow(&ORDERS.into())?.is_some())
}

/// Saves the workflows.
pub(crate) fn save(journal: &Journal, address: SocketAddr) -> Result<(), HttpProblem> {
    for text in TEXTS {
        let mut workflow = file::parse(text)?;
        if let Some(shop) = workflow.config.vars.get_mut("shop") {
            *shop = format!("http://{address}").into();
        }
        journal.put_workflow(&workflow, SystemClock.now())?;
    }
    Ok(())
}

/// Runs them; the demo route must be served by then.
pub(crate) async fn run(app: &AppState) -> Result<(), RuntimeError> {
    let names = json!({ "names": ["Ann", "Persephone", "Bo", "Maximilian", "Eve"] });
    finish(app, "example-loop", &names).await?;
    finish(app, ORDERS, &json!({})).await?;
    let payment = |sum: u32| json!({ "sum": sum, "to": "the tea house" });
    let approved = finish(app, "example-approval", &payment(40)).await?;
    let yes = Value::from_json(&json!({ "approved": true }));
    if let Some(handle) = app.runtime().signal(approved, None, yes)? {
        handle.ended().await?;
    }
    finish(app, "example-approval", &payment(1200)).await?;
    let failed = finish(app, "example-failure", &json!({})).await?;
    repair(app, failed).await
}

/// Starts a run, and waits until it has ended or waits for somebody.
async fn finish(
    app: &AppState,
    id: &str,
    input: &serde_json::Value,
) -> Result<RunId, RuntimeError> {
    let Some(workflow) = app.journal().latest_workflow(&id.into())? else {
        return Err(RuntimeError::NoNode(id.to_owned()));
    };
    let (plan, _) = app.runtime().prepare(workflow)?;
    let handle = app.runtime().start(StartRun {
        plan,
        input: Value::from_json(input),
        idempotency_key: None,
    })?;
    Ok(handle.ended().await?.id)
}

/// Forks the failed run with a number where the text was.
async fn repair(app: &AppState, failed: RunId) -> Result<(), RuntimeError> {
    let rows = json!({ "rows": [
        { "sku": "mug", "price": 4.5 }, { "sku": "tea", "price": 12.25 },
        { "sku": "pot", "price": 19.9 }, { "sku": "tray", "price": 8.0 },
    ]});
    let handle = app.runtime().fork(&Fork {
        run: failed,
        seq: Seq(1),
        params: vec![("rows".into(), "fields".into(), Value::from_json(&rows))],
        inputs: Vec::new(),
        answers: Vec::new(),
        workflow: None,
        mode: Mode::Dry,
    })?;
    let fork = handle.ended().await?.id;
    Ok(app.journal().name_run(fork, Some("with a number"))?)
}

#[cfg(test)]
mod tests {
    use flowforge_engine::check::check;
    use flowforge_engine::node_type::Catalogue;

    use super::*;

    #[test]
    fn the_examples_have_no_problems() {
        for text in TEXTS {
            let workflow = file::parse(text).unwrap();
            assert_eq!(
                check(&workflow, &Catalogue::built_in()),
                [],
                "{}",
                workflow.id
            );
        }
    }
}
