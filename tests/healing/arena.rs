//! One case played: good runs, the run that fails, healing, and every shown fix against the hidden runs.

use std::sync::Arc;

use flowforge_ai::heal::{Adviser, Fix, Healed, Healer, Limits, Wanted};
use flowforge_ai::model::{ChatModel, Message};
use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{RunId, Value, Workflow};
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{NoModels, RunEnd, Runtime, RuntimeConfig, StartRun};
use flowforge_snapshots::{Journal, Options};
use flowforge_tests::lab::RuntimeLab;
use serde_json::{Value as Json, json};

use super::host::Host;
use super::table::{Case, Play};

/// Where cases are played.
pub(crate) struct Arena {
    runtime: Runtime,
    host: Host,
    _folder: tempfile::TempDir,
}

/// What came of a case.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// Whether the best proven fix led the failed run to the right output.
    pub(crate) fixed: bool,
    /// Whether the best live try did.
    pub(crate) fixed_live: bool,
    /// Hidden runs that came out right under the best fix.
    pub(crate) kept: usize,
    /// What is wrong with a shown fix.
    pub(crate) false_green: Option<String>,
    /// The rule behind the best fix.
    pub(crate) rule: String,
    pub(crate) took_ms: u64,
}

impl Arena {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(folder.path(), Options::default()).expect("a journal");
        let host = Host::start().await;
        let config = RuntimeConfig {
            outbound: OutboundConfig {
                allow: vec![host.address.to_string().parse().expect("a host")],
                ..OutboundConfig::default()
            },
            sandbox: PoolConfig::new(flowforge_tests::binary::path()),
            models: Arc::new(NoModels),
        };
        Self {
            runtime: Runtime::new(journal, Arc::new(Catalogue::built_in()), config),
            host,
            _folder: folder,
        }
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) async fn close(self) {
        self.runtime.stop().await;
    }

    pub(crate) async fn play(&self, case: &Case, tell: bool) -> Played {
        let before = self.workflow(case, &case.graph);
        for good in &case.good {
            let end = self.run(&before, good).await;
            assert_eq!(
                end.status,
                Status::Completed,
                "{}: a good run fails: {:?}",
                case.name,
                end.error
            );
        }
        let broken = match &case.broken.graph {
            Some(graph) => self.workflow(case, graph),
            None => before,
        };
        let failed = self.run(&broken, &case.broken.play()).await;
        assert!(
            matches!(failed.status, Status::Failed | Status::Waiting),
            "{}: the broken run does not fail: {:?}",
            case.name,
            failed.output
        );
        let healed = self.heal(failed.id).await;
        if tell {
            println!(
                "{}: {:?}\n{}",
                case.name,
                failed.error,
                serde_json::to_string_pretty(&healed).expect("JSON")
            );
        }
        self.judge(case, &broken, failed.id, &healed).await
    }

    /// Heals by rules alone, and sees that nothing was asked of the world meanwhile.
    pub(crate) async fn heal(&self, run: RunId) -> Healed {
        self.heal_with(run, None).await
    }

    /// The same, with a model to ask.
    pub(crate) async fn heal_with(&self, run: RunId, model: Option<&dyn ChatModel>) -> Healed {
        let lab = RuntimeLab::new(&self.runtime);
        let healer = Healer {
            journal: self.runtime.journal(),
            catalogue: &self.runtime.catalogue(),
            lab: &lab,
            model: model.map(|model| Adviser {
                model,
                fill: &|inputs| {
                    let text = serde_json::to_string(inputs).map_err(|error| error.to_string())?;
                    Ok(vec![Message::User { text }])
                },
                prompt: "fix@test",
            }),
        };
        let before = (self.runtime.effects_performed(), self.host.asked());
        let wanted = Wanted {
            run,
            frame: None,
            limits: Limits::default(),
        };
        let healed = healer
            .heal(wanted, &mut |_| {})
            .await
            .expect("healing begins");
        let after = (self.runtime.effects_performed(), self.host.asked());
        assert_eq!(before, after, "a proof asked the world");
        healed
    }

    async fn judge(&self, case: &Case, broken: &Workflow, run: RunId, healed: &Healed) -> Played {
        let mut played = Played {
            took_ms: healed.took_ms,
            ..Played::default()
        };
        for (rank, fix) in healed.fixes.iter().enumerate() {
            assert!(
                fix.evidence.fixes.did > 0,
                "{}: a fix without its replay",
                case.name
            );
            let (patched, kept) = self.hidden(case, broken, fix, &mut played).await;
            if rank == 0 {
                played.kept = kept;
                played.rule = name_of(fix);
                played.fixed = self.mends(case, run, patched, healed).await;
                if !played.fixed {
                    played.false_green.get_or_insert_with(|| {
                        format!("the failed run comes out wrong: {}", fix.title)
                    });
                }
            }
        }
        if let (true, Some(fix)) = (healed.fixes.is_empty(), healed.needs_live_try.first()) {
            let mut ignored = Played::default();
            let (patched, kept) = self.hidden(case, broken, fix, &mut ignored).await;
            played.rule = name_of(fix);
            played.kept = kept;
            self.host.answers(&case.hidden[0].answers);
            played.fixed_live =
                self.mends(case, run, patched, healed).await && kept == case.hidden.len();
        }
        played
    }

    /// Runs the hidden runs under a fix.
    async fn hidden(
        &self,
        case: &Case,
        broken: &Workflow,
        fix: &Fix,
        played: &mut Played,
    ) -> (Workflow, usize) {
        let (patched, _) = fix.patch.apply(broken).expect("a shown patch fits");
        let mut kept = 0;
        for hidden in &case.hidden {
            let end = self.run(&patched, &hidden.play()).await;
            if is(&end, &hidden.output) {
                kept += 1;
            } else {
                let found = end.output.to_json();
                let why = end.error.map(|error| error.message).unwrap_or_default();
                let wrong = format!(
                    "{}: expected {}, found {found} {why}",
                    fix.title, hidden.output
                );
                played.false_green.get_or_insert(wrong);
            }
        }
        (patched, kept)
    }

    /// Goes on with the failed run.
    async fn mends(&self, case: &Case, run: RunId, patched: Workflow, healed: &Healed) -> bool {
        if case.broken.answers.is_empty() {
            self.host.answers(&case.broken.answers);
        }
        let mended = self.runtime.mend(run, patched, Some(healed.frame));
        let Ok(mended) = mended else {
            println!("{}: {:?}", case.name, mended.err());
            return false;
        };
        let end = mended.handle.ended().await.expect("the journal is written");
        let right = is(&end, &case.broken.output);
        if !right {
            println!(
                "{}: mended to {:?} {:?}",
                case.name,
                end.output.to_json(),
                end.error
            );
        }
        right
    }

    async fn run(&self, workflow: &Workflow, play: &Play) -> RunEnd {
        self.host.answers(&play.answers);
        let (plan, _) = self
            .runtime
            .prepare(workflow.clone())
            .unwrap_or_else(|error| panic!("{}: {error:?}", workflow.id));
        let start = StartRun {
            plan,
            input: Value::from_json(&play.input),
            idempotency_key: None,
        };
        let handle = self.runtime.start(start).expect("a run starts");
        handle.ended().await.expect("the journal is written")
    }

    /// The workflow of a case; `SERVER` in it is where the server is.
    fn workflow(&self, case: &Case, graph: &Json) -> Workflow {
        let id: String = format!("{}-{}", case.kind, case.name)
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        let config = case.config.clone().unwrap_or_else(|| json!({}));
        self.read(
            &json!({ "id": id, "name": case.name, "version": 1, "graph": graph, "config": config }),
        )
    }

    /// A workflow of this graph.
    pub(crate) fn parse(&self, id: &str, graph: &Json) -> Workflow {
        self.read(&json!({ "id": id, "name": id, "version": 1, "graph": graph }))
    }

    fn read(&self, json: &Json) -> Workflow {
        let text = json
            .to_string()
            .replace("SERVER", &format!("http://{}", self.host.address));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

fn name_of(fix: &Fix) -> String {
    match &fix.origin {
        flowforge_ai::proposal::Origin::Rule { name } => name.clone(),
        other => format!("{other:?}"),
    }
}

/// Whether a run came out right. Numbers are compared by what they are worth.
fn is(end: &RunEnd, output: &Json) -> bool {
    end.status == Status::Completed && same(&end.output.to_json(), output)
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}
