//! A failed run is looked at, fixes are proven, and an accepted one lets runs go on.

use flowforge_ai::Proposal;
use flowforge_ai::heal::group::{self, Count, Stage};
use flowforge_ai::heal::{
    Adviser, Diagnosis, Discarded, Fix, Group, Healed, Healer, Limits, Tell, Wanted,
};
use flowforge_ai::prompt::Prompt;
use flowforge_ai::proposal::{State, accept};
use flowforge_engine::edit::Patch;
use flowforge_engine::frame::Status;
use flowforge_engine::{Clock, NodeId, RunId, Seq, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_runtime::mend::Mended;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::DeskError;
use super::{Desk, kept, new_id};
use crate::openapi::{proposed, shapes};

/// What healing found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Healing {
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// The event that opened the frame that failed.
    #[schema(value_type = u64)]
    frame: Seq,
    #[schema(value_type = String)]
    node_id: NodeId,
    #[schema(value_type = proposed::Diagnosis)]
    diagnosis: Diagnosis,
    /// Proven on recordings, the best first.
    #[schema(value_type = Vec<proposed::Proposal>)]
    pub(crate) fixes: Vec<Proposal>,
    /// What recordings alone cannot prove, each with what it would send.
    #[schema(value_type = Vec<proposed::Proposal>)]
    needs_live_try: Vec<Proposal>,
    /// What was not good enough, and why.
    #[schema(value_type = Vec<proposed::Discarded>)]
    tried: Vec<Discarded>,
    alike: Alike,
    /// Whether everything that may be tried was, without a fix.
    exhausted: bool,
    took_ms: u64,
}

/// Other runs that failed in the same way.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Alike {
    /// What they have in common: node, code and shape of the error, in a few digits.
    group: String,
    count: usize,
    #[schema(value_type = Vec<String>)]
    runs: Vec<RunId>,
}

/// How a run went on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resumed {
    /// The run that goes on.
    #[schema(value_type = String, format = Uuid)]
    run_id: RunId,
    /// Whether it is the run that failed; else it is a fork of that, since a run that has ended stays as it is.
    same_run: bool,
    #[schema(value_type = shapes::Status)]
    status: Status,
}

/// How runs that failed alike went on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recovered {
    resumed: Vec<RecoveredRun>,
    /// How many still wait for their turn.
    left: usize,
    /// The run that failed again; nothing after it was touched.
    #[schema(value_type = Option<String>, format = Uuid)]
    stopped_at: Option<RunId>,
}

/// One of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecoveredRun {
    /// The run that had failed.
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// The run that went on.
    #[schema(value_type = String, format = Uuid)]
    into: RunId,
    #[schema(value_type = shapes::Status)]
    status: Status,
}

impl Desk {
    /// Looks for fixes of a failure, proves them, and keeps them as proposals. Nothing is changed or sent.
    pub(crate) async fn heal(
        &self,
        run: RunId,
        frame: Option<Seq>,
        tell: Tell<'_>,
    ) -> Result<Healing, DeskError> {
        let lab = self.lab();
        let model = self.models.current(Some(run));
        let prompt = Prompt::Fix.version();
        let catalogue = self.runtime.catalogue();
        let healer = Healer {
            journal: self.journal(),
            catalogue: &catalogue,
            lab: &lab,
            model: model.as_deref().map(|model| Adviser {
                model,
                fill: &|inputs| Prompt::Fix.fill(inputs).map_err(|error| error.to_string()),
                prompt: &prompt,
            }),
        };
        let wanted = Wanted {
            run,
            frame,
            limits: Limits::default(),
        };
        let healed = healer.heal(wanted, tell).await?;
        self.kept_healing(healed)
    }

    fn kept_healing(&self, healed: Healed) -> Result<Healing, DeskError> {
        let base = self
            .journal()
            .workflow(healed.workflow.hash)?
            .ok_or(DeskError::NoVersion(healed.workflow.hash))?;
        let mends = (healed.run, healed.frame);
        let propose = |fixes: Vec<Fix>| -> Result<Vec<Proposal>, DeskError> {
            let proposals = fixes
                .into_iter()
                .map(|fix| self.proposed(&base, fix, mends));
            proposals.collect()
        };
        Ok(Healing {
            run: healed.run,
            frame: healed.frame,
            node_id: healed.node_id,
            diagnosis: healed.diagnosis,
            fixes: propose(healed.fixes)?,
            needs_live_try: propose(healed.needs_live_try)?,
            tried: healed.tried,
            alike: self.alike(&base.id, &healed.group, healed.run)?,
            exhausted: healed.exhausted,
            took_ms: healed.took_ms,
        })
    }

    /// A fix as a proposal; the same fix of the same failure is kept once.
    fn proposed(
        &self,
        base: &Workflow,
        fix: Fix,
        mends: (RunId, Seq),
    ) -> Result<Proposal, DeskError> {
        let catalogue = self.runtime.catalogue();
        let now = SystemClock.now();
        let made = Proposal::make(
            base,
            fix.patch,
            &catalogue,
            fix.origin,
            fix.reason,
            now,
            new_id(),
        );
        let mut proposal = made.map_err(|error| DeskError::Stale(error.to_string()))?;
        let of_run = kept::Which {
            run: Some(mends.0),
            state: Some("open"),
            limit: 200,
            ..kept::Which::default()
        };
        let known = kept::list(self.journal(), &of_run)?;
        if let Some(known) = known.into_iter().find(|known| known.hash == proposal.hash) {
            proposal.id = known.id;
        }
        proposal.title = fix.title;
        proposal.mends = Some(mends);
        proposal.evidence = Some(fix.evidence);
        proposal.receipts = fix.receipts;
        kept::keep(self.journal(), &proposal)?;
        Ok(proposal)
    }

    fn alike(&self, workflow: &WorkflowId, group: &Group, but: RunId) -> Result<Alike, DeskError> {
        let runs = group::alike(self.journal(), workflow, group, but)?;
        Ok(Alike {
            group: group.name(),
            count: runs.len(),
            runs,
        })
    }

    /// Other runs that failed as the one did that this fix mends.
    pub(crate) fn alike_of(&self, proposal: &Proposal) -> Result<Alike, DeskError> {
        let Some((run, frame)) = proposal.mends else {
            return Ok(Alike::default());
        };
        match self.group_of(run, frame)? {
            Some(group) => self.alike(&proposal.workflow, &group, run),
            None => Ok(Alike::default()),
        }
    }

    fn group_of(&self, run: RunId, frame: Seq) -> Result<Option<Group>, DeskError> {
        let frame = self.journal().frame(run, frame)?;
        Ok(frame.and_then(|frame| {
            let failure = frame.error.clone()?;
            Some(Group::of(&frame, &failure))
        }))
    }

    /// An accepted fix, and the patch as far as it was accepted.
    pub(crate) fn accepted_fix(&self, id: &str) -> Result<(Proposal, Patch), DeskError> {
        let proposal = self.proposal(id)?;
        let proposal = proposal.ok_or_else(|| DeskError::NoProposal(id.to_owned()))?;
        if proposal.mends.is_none() {
            return Err(DeskError::NoFix);
        }
        let State::Accepted { parts, .. } = &proposal.state else {
            return Err(DeskError::NotAccepted);
        };
        let base = self.journal().workflow(proposal.base)?;
        let base = base.ok_or(DeskError::NoVersion(proposal.base))?;
        // What is applied again is what was applied then: the same parts, on the version they were made for.
        let opened = Proposal {
            state: State::Open,
            ..proposal.clone()
        };
        let patch = accept(&opened, &base, parts)?.patch;
        Ok((proposal, patch))
    }

    /// Lets the run that an accepted fix mends go on from the frame that failed.
    pub(crate) fn go_on(&self, proposal: &Proposal, patch: &Patch) -> Result<Mended, DeskError> {
        let (run, frame) = proposal.mends.ok_or(DeskError::NoFix)?;
        self.mend(run, Some(frame), patch)
    }

    /// The workflow that a run executes, mended; not the newest version, which may do other work by now.
    fn mend(&self, run: RunId, frame: Option<Seq>, patch: &Patch) -> Result<Mended, DeskError> {
        let row = self.journal().run(run)?.ok_or(DeskError::NoRun(run))?;
        let hash = row.workflow.hash;
        let workflow = self
            .journal()
            .workflow(hash)?
            .ok_or(DeskError::NoVersion(hash))?;
        let (mended, _) = patch
            .apply(&workflow)
            .map_err(|error| DeskError::Stale(error.to_string()))?;
        Ok(self.runtime.mend(run, mended, frame)?)
    }

    /// Lets other runs that failed alike go on with an accepted fix: so many, one after the other, until one fails
    /// again.
    pub(crate) async fn recover(
        &self,
        proposal: &Proposal,
        patch: &Patch,
        count: Count,
    ) -> Result<Recovered, DeskError> {
        let mut stage = Stage::new(self.alike_of(proposal)?.runs);
        let mut resumed = Vec::new();
        for run in stage.take(count).to_vec() {
            let mended = self.mend(run, None, patch)?;
            let (into, ended) = (mended.handle.id, mended.handle.ended().await?);
            resumed.push(RecoveredRun {
                run,
                into,
                status: ended.status,
            });
            if !stage.came(run, ended.status) {
                break;
            }
        }
        Ok(Recovered {
            resumed,
            left: stage.left.len(),
            stopped_at: stage.stopped_at,
        })
    }
}

impl Resumed {
    /// How it stands.
    pub(crate) fn new(run_id: RunId, same_run: bool, status: Status) -> Self {
        Self {
            run_id,
            same_run,
            status,
        }
    }
}
