//! Healing by policy: what a workflow's `healing` says should happen by itself when a run fails or waits on a failure.

use std::collections::HashMap;
use std::sync::Arc;

use flowforge_ai::Proposal;
use flowforge_ai::proposal::{Accepted, Origin};
use flowforge_engine::RunId;
use flowforge_engine::event::Mode;
use flowforge_engine::frame::Status;
use flowforge_engine::workflow::Healing as Policy;
use flowforge_snapshots::Author;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use crate::desk::decide::Yes;
use crate::desk::kept;
use crate::history::{Made, writer};
use crate::problem::HttpProblem;
use crate::routes::apply_accepted;
use crate::service::{AppState, apart, off_reactor};

/// Who decides where a person set the policy and nobody was asked.
const BY: &str = "policy auto-safe";
/// How often one failure, with what came of mending it, is healed by itself.
const TRIES_MAX: u32 = 3;
/// Runs that are remembered as tried.
const REMEMBERED_MAX: usize = 10_000;

/// What is told of a run.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    run_id: RunId,
    status: Status,
}

/// Heals by policy until the service stops, one run after the other.
pub(crate) fn spawn(app: AppState) {
    let Some(mut lines) = app.hub().watch_all() else {
        return;
    };
    let mut stopping = app.stopping();
    tokio::spawn(async move {
        let mut tries = HashMap::new();
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            let told = match line {
                Ok(line) => serde_json::from_str::<Told>(line.data()).ok(),
                // What was missed is healed when somebody asks.
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            };
            let failed =
                told.filter(|told| matches!(told.status, Status::Failed | Status::Waiting));
            if let Some(told) = failed
                && let Err(error) = heal(&app, told.run_id, &mut tries).await
            {
                tracing::debug!(run = %told.run_id, reason = error.detail(), "not healed by policy");
            }
        }
    });
}

async fn heal(
    app: &AppState,
    run: RunId,
    tries: &mut HashMap<RunId, u32>,
) -> Result<(), HttpProblem> {
    let looking = Arc::clone(app);
    let Some((policy, root)) = off_reactor(move || policy_of(&looking, run)).await? else {
        return Ok(());
    };
    if tries.len() > REMEMBERED_MAX {
        tries.clear();
    }
    let tried = tries.entry(root).or_default();
    if *tried >= TRIES_MAX {
        return Ok(());
    }
    *tried += 1;
    let healing = {
        let app = Arc::clone(app);
        apart(move || async move { Ok(app.desk().heal(run, None, &mut |_| {}).await?) }).await?
    };
    tracing::info!(%run, fixes = healing.fixes.len(), "a failure was looked at by policy");
    let safe = healing.fixes.into_iter().find(is_safe);
    if let Some(fix) = safe.filter(|_| policy == Policy::AutoSafe) {
        let mending = Arc::clone(app);
        off_reactor(move || mend(&mending, &fix)).await?;
    }
    Ok(())
}

/// What the run's workflow says, and the run that it came from in the end. Nothing when nobody should heal it now.
fn policy_of(app: &AppState, run: RunId) -> Result<Option<(Policy, RunId)>, HttpProblem> {
    let mut row = app
        .journal()
        .run(run)?
        .ok_or_else(|| HttpProblem::no_run(run))?;
    let workflow = app.journal().workflow(row.workflow.hash)?;
    let policy = workflow.map_or(Policy::Off, |workflow| workflow.config.healing);
    if policy == Policy::Off || row.mode != Mode::Live || row.imported {
        return Ok(None);
    }
    let open = kept::Which {
        run: Some(run),
        state: Some("open"),
        limit: 1,
        ..kept::Which::default()
    };
    if !kept::list(app.journal(), &open)?.is_empty() {
        return Ok(None);
    }
    while let Some(origin) = row.fork_of {
        match app.journal().run(origin.run)? {
            Some(origin) => row = origin,
            None => break,
        }
    }
    Ok(Some((policy, row.run)))
}

/// Whether nobody needs to look: a rule made it, the proof is whole, no recorded output changes, and nothing new is
/// reached. What a model wrote can do something else on a day that no recording knows; a person looks at that.
fn is_safe(fix: &Proposal) -> bool {
    if !matches!(fix.origin, Origin::Rule { .. }) {
        return false;
    }
    let Some(evidence) = &fix.evidence else {
        return false;
    };
    let whole = [evidence.fixes, evidence.keeps, evidence.downstream];
    let summary = &fix.summary;
    whole.iter().all(|count| count.did == count.of)
        && evidence.fixes.of > 0
        && evidence.keeps.of > 0
        && evidence.changes.is_empty()
        && evidence.would_send.is_empty()
        && summary.new_hosts.is_empty()
        && summary.new_credentials.is_empty()
        && summary.triggers.is_empty()
        && summary.hidden_text.is_empty()
        && fix.is_clean()
}

fn mend(app: &AppState, fix: &Proposal) -> Result<(), HttpProblem> {
    let by = healer();
    let yes = Yes {
        id: &fix.id,
        hash: fix.hash,
        parts: &[],
        by: &by,
    };
    let made = Made::accepted(writer(&fix.origin), by.clone());
    let save = |accepted: &Accepted| apply_accepted(app, accepted, made, None);
    let applied = app.desk().accept(&yes, save)?;
    app.desk().go_on(&applied.proposal, &applied.patch)?;
    Ok(())
}

/// The policy, as the author of what it changes.
fn healer() -> Author {
    Author {
        id: BY.into(),
        name: "Healing policy".into(),
        kind: "service".into(),
    }
}

#[cfg(test)]
mod tests {
    use flowforge_ai::proposal::{Count, Evidence};
    use flowforge_engine::edit::Patch;
    use flowforge_engine::node_type::Catalogue;
    use flowforge_engine::{Timestamp, WorkflowId};

    use super::*;

    fn fix(evidence: Evidence) -> Proposal {
        let base = crate::desk::empty(&WorkflowId::from("a"));
        let origin = Origin::Rule { name: "r".into() };
        let catalogue = Catalogue::built_in();
        let made = Proposal::make(
            &base,
            Patch::default(),
            &catalogue,
            origin,
            String::new(),
            Timestamp(0),
            "1".into(),
        );
        let mut fix = made.unwrap();
        fix.problems.clear();
        fix.evidence = Some(evidence);
        fix
    }

    fn proven() -> Evidence {
        Evidence {
            fixes: Count { did: 1, of: 1 },
            keeps: Count { did: 40, of: 40 },
            ..Evidence::default()
        }
    }

    #[test]
    fn only_a_whole_proof_on_known_ground_is_safe() {
        assert!(is_safe(&fix(proven())));
        assert!(!is_safe(&fix(Evidence {
            keeps: Count { did: 39, of: 40 },
            ..proven()
        })));
        assert!(!is_safe(&fix(Evidence {
            keeps: Count::default(),
            ..proven()
        })));
        let mut advised = fix(proven());
        advised.origin = Origin::Model { model: "m".into() };
        assert!(!is_safe(&advised));
        let mut reaching = fix(proven());
        reaching.summary.new_hosts.push("evil.test".into());
        assert!(!is_safe(&reaching));
        let mut unproven = fix(proven());
        unproven.evidence = None;
        assert!(!is_safe(&unproven));
    }
}
