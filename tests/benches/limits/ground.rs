//! What the benches stand on: a journal on the real disk that counts its syncs, and a runtime over it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowforge_engine::frame::Status;
use flowforge_engine::machine::Plan;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{Value, Workflow};
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::{Pool, PoolConfig};
use flowforge_runtime::{NoModels, RunEnd, Runtime, RuntimeConfig, StartRun};
use flowforge_snapshots::{Journal, Options};
use redb::StorageBackend;
use redb::backends::FileBackend;

/// A journal in a folder that goes when the last clone does.
#[derive(Clone)]
pub(crate) struct Ground {
    inner: Arc<Inner>,
    /// How often the disk was synced.
    pub(crate) syncs: Arc<AtomicU64>,
}

struct Inner {
    tokio: tokio::runtime::Runtime,
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.path().join("journal.redb"))
            .expect("a file for the bench");
        let syncs = Arc::new(AtomicU64::new(0));
        let backend = Counting {
            file: FileBackend::new(file).expect("a backend"),
            syncs: Arc::clone(&syncs),
        };
        let journal = Journal::with_backend(backend, Options::default()).expect("a journal");
        let config = RuntimeConfig {
            outbound: OutboundConfig::default(),
            sandbox: pool_config(2),
            models: Arc::new(NoModels),
        };
        let runtime = Runtime::new(journal, Arc::new(Catalogue::built_in()), config);
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("threads");
        Self {
            inner: Arc::new(Inner {
                tokio,
                runtime,
                folder,
            }),
            syncs,
        }
    }

    pub(crate) fn tokio(&self) -> &tokio::runtime::Runtime {
        &self.inner.tokio
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.inner.runtime
    }

    pub(crate) fn journal(&self) -> &Journal {
        self.inner.runtime.journal()
    }

    pub(crate) fn plan(&self, workflow: Workflow) -> Arc<Plan> {
        self.runtime()
            .prepare(workflow)
            .expect("a workflow without errors")
            .0
    }

    /// Runs a plan to its end.
    pub(crate) async fn run(&self, plan: &Arc<Plan>, input: Value) -> RunEnd {
        let start = StartRun {
            plan: Arc::clone(plan),
            input,
            idempotency_key: None,
        };
        let handle = self.runtime().start(start).expect("a run starts");
        let end = handle.ended().await.expect("a run ends");
        assert_eq!(end.status, Status::Completed, "{:?}", end.error);
        end
    }

    /// Runs a plan to its end, from a thread outside.
    pub(crate) fn run_now(&self, plan: &Arc<Plan>, input: Value) -> RunEnd {
        self.tokio().block_on(self.run(plan, input))
    }

    /// Sandbox processes of the real binary.
    pub(crate) fn pool(&self, workers_max: usize) -> Pool {
        let _in_tokio = self.tokio().enter();
        Pool::new(pool_config(workers_max))
    }

    /// Bytes of events and values, without free pages.
    pub(crate) fn live_bytes(&self) -> u64 {
        let size = self.journal().size().expect("a size");
        size.segment_bytes + size.value_bytes
    }

    /// Bytes of the whole file.
    pub(crate) fn file_bytes(&self) -> u64 {
        std::fs::metadata(self.file())
            .expect("the journal's file")
            .len()
    }

    fn file(&self) -> PathBuf {
        self.inner.folder.path().join("journal.redb")
    }

    pub(crate) fn syncs_so_far(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}

fn pool_config(workers_max: usize) -> PoolConfig {
    PoolConfig {
        workers_max,
        ..PoolConfig::new(flowforge_tests::binary::path())
    }
}

/// The real disk, with its syncs counted.
#[derive(Debug)]
struct Counting {
    file: FileBackend,
    syncs: Arc<AtomicU64>,
}

impl StorageBackend for Counting {
    fn len(&self) -> std::io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> std::io::Result<()> {
        self.file.close()
    }
}
