//! The outbound rules against real sockets: what is refused must not be connected to at all.

mod environment;
mod exchange;
mod limits;
mod names;
mod peer;
mod places;
mod redirects;

use flowforge_engine::effect::Outcome;
use flowforge_engine::{Failure, FailureKind, Value};
use serde_json::json;

use url::Url;

use super::{Outbound, OutboundConfig};

/// Calls that may go to these hosts besides public ones.
fn outbound(allow: &[&str]) -> Outbound {
    Outbound::new(config(allow))
}

fn config(allow: &[&str]) -> OutboundConfig {
    OutboundConfig {
        allow: allow.iter().map(|host| host.parse().expect(host)).collect(),
        ..OutboundConfig::default()
    }
}

async fn call(outbound: &Outbound, request: serde_json::Value) -> Outcome {
    outbound.call(&Value::from_json(&request)).await
}

async fn get(outbound: &Outbound, url: &str) -> Outcome {
    call(outbound, json!({"url": url})).await
}

/// The failure of an outcome; it must be of this kind and tell no secret.
#[track_caller]
fn failure(outcome: Outcome, kind: FailureKind, case: &str) -> Failure {
    let failure = outcome.expect_err(case);
    assert_eq!(failure.kind, kind, "{case}: {}", failure.message);
    assert!(
        !format!("{failure:?}").contains("CANARY"),
        "{case}: {failure:?}"
    );
    failure
}

#[track_caller]
fn field(outcome: &Outcome, name: &str) -> serde_json::Value {
    outcome
        .as_ref()
        .expect("answered")
        .get(name)
        .expect(name)
        .to_json()
}
