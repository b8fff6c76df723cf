//! The sandbox processes that are kept ready, and what they are asked.
//!
//! A process is started when it is first needed, kept warm, and thrown away when it has died, broke the
//! protocol, ran into its time limit, served long enough or grew. One more than are busy is kept ready,
//! so that a killed one is replaced at once. Whoever stops waiting for an evaluation kills its process:
//! no reply can reach the next one who asks.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowforge_engine::event::Usage;
use flowforge_engine::failure::{Failure, FailureKind};
use flowforge_engine::script::{EvaluateReply, EvaluateRequest, Evaluated};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::process::{Broken, Process};
use super::wire::{self, WireError};
use super::worker;

/// How sandbox processes are started, and how long they are kept.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// The program; usually this very one.
    pub command: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Most evaluations at once; one more process is kept ready.
    pub workers_max: usize,
    /// A process is replaced after so many evaluations.
    pub evaluations_max: u64,
    /// A process is replaced when it holds more than so many bytes after an evaluation.
    pub memory_bytes_max: u64,
}

impl PoolConfig {
    /// Processes of this program, as many as there are processors.
    #[must_use]
    pub fn new(command: PathBuf) -> Self {
        Self {
            command,
            args: vec![worker::ARGUMENT.into()],
            workers_max: std::thread::available_parallelism().map_or(2, usize::from),
            evaluations_max: 100_000,
            memory_bytes_max: 48 << 20,
        }
    }
}

/// The sandbox processes. Clones share them; the last one that is dropped ends them.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: PoolConfig,
    turns: Semaphore,
    idle: Mutex<Vec<Process>>,
    starting: AtomicUsize,
}

impl Pool {
    /// A pool without any process yet.
    #[must_use]
    pub fn new(config: PoolConfig) -> Self {
        let turns = Semaphore::new(config.workers_max.max(1));
        Self {
            shared: Arc::new(Shared {
                config,
                turns,
                idle: Mutex::default(),
                starting: AtomicUsize::new(0),
            }),
        }
    }

    /// Evaluates in a sandbox process, for at most the request's `wall_ms` once one is free.
    ///
    /// Always gives a reply: what goes wrong with the process is a failure in it. Dropping the future
    /// kills the process.
    pub async fn evaluate(&self, request: EvaluateRequest) -> EvaluateReply {
        let body = match wire::encode_request(&request) {
            Ok(body) => body,
            Err(error) => return failed(cannot_send(&error)),
        };
        let Ok(_turn) = self.shared.turns.acquire().await else {
            return failed(Failure::new(
                FailureKind::Cancelled,
                "the sandbox is closed",
            ));
        };
        self.with_process(&request, &body).await
    }

    /// The ids of the processes that wait for work.
    #[must_use]
    pub fn idle_ids(&self) -> Vec<u32> {
        self.shared.idle().iter().filter_map(Process::id).collect()
    }

    async fn with_process(&self, request: &EvaluateRequest, body: &[u8]) -> EvaluateReply {
        let mut process = match self.process().await {
            Ok(process) => process,
            Err(broken) => return failed(died(&broken)),
        };
        let wall_ms = request.limits.wall_ms;
        let exchange = process.exchange(body, wire::reply_bytes_max(&request.limits));
        let result = match timeout(Duration::from_millis(wall_ms), exchange).await {
            Err(_) => Err(out_of_time(wall_ms)),
            Ok(Err(broken)) => Err(died(&broken)),
            Ok(Ok(body)) => wire::decode_reply(&body).map_err(|error| died(&Broken::from(error))),
        };
        match result {
            Ok((reply, state)) => {
                let grown = state.memory_bytes > self.shared.config.memory_bytes_max;
                self.put_back(process, grown || state.spoiled);
                reply
            }
            Err(failure) => {
                process.kill();
                self.keep_one_ready();
                failed(failure)
            }
        }
    }

    /// A process that is ready: one that waits, or a new one.
    async fn process(&self) -> Result<Process, Broken> {
        let waiting = self.shared.take_idle();
        self.keep_one_ready();
        match waiting {
            Some(process) => Ok(process),
            None => Process::start(&self.shared.config).await,
        }
    }

    fn put_back(&self, process: Process, spoiled: bool) {
        if spoiled || process.requests() >= self.shared.config.evaluations_max {
            process.kill();
            self.keep_one_ready();
        } else {
            self.shared.add_idle(process);
        }
    }

    /// Starts a process in the background when none waits.
    fn keep_one_ready(&self) {
        let shared = &self.shared;
        if !shared.idle().is_empty() || shared.starting.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        let weak = Arc::downgrade(shared);
        let config = shared.config.clone();
        tokio::spawn(async move {
            let started = Process::start(&config).await;
            let Some(shared) = weak.upgrade() else { return };
            shared.starting.store(0, Ordering::Release);
            match started {
                Ok(process) => shared.add_idle(process),
                Err(broken) => tracing::warn!(%broken, "no sandbox process is ready"),
            }
        });
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that waited last and still lives.
    fn take_idle(&self) -> Option<Process> {
        let mut idle = self.idle();
        while let Some(mut process) = idle.pop() {
            if process.is_alive() {
                return Some(process);
            }
        }
        None
    }

    /// Lets a process wait for work, unless enough do.
    fn add_idle(&self, process: Process) {
        let mut idle = self.idle();
        if idle.len() <= self.config.workers_max {
            idle.push(process);
        }
    }
}

fn failed(failure: Failure) -> EvaluateReply {
    EvaluateReply {
        result: Evaluated::Failed(failure),
        logs: Vec::new(),
        usage: Usage::default(),
    }
}

fn cannot_send(error: &WireError) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("the script cannot be given its input: {error}"),
    )
    .with_hint("pass on only what the script needs")
}

fn died(broken: &Broken) -> Failure {
    Failure::new(FailureKind::SandboxDied, broken.to_string())
        .with_hint("the process was replaced; keep less in memory, and nest values less deep")
}

fn out_of_time(wall_ms: u64) -> Failure {
    Failure::new(
        FailureKind::Timeout,
        format!("the script ran longer than its limit of {wall_ms} ms"),
    )
    .with_hint("look for a loop that does not end, or raise the node's timeoutMs")
}
