//! A run whose process dies and whose power goes, again and again, until it is finished.
//!
//! Journal, machine and runtime are the real ones, and the calls go over a real socket to a [`TestServer`]
//! that counts. Only the disk is made for this: a [`FaultyDisk`] that stops at an operation drawn from the
//! seed. What a kill leaves is then all that was written, what a loss of power leaves is all that was
//! synced and chance's part of the rest; from that the next process goes on, and may die too, also while it
//! opens the journal. After at most [`DEATHS_MAX`] deaths it is left in peace, and must come to its end.
//!
//! What must hold: nothing that was on disk is ever gone ([`witness`]); every call was on disk before it was
//! made, and none was made again once its answer was there (`witness`); and the finished run is *the same* as the
//! one that nobody disturbed, as [`account`] says it.
//!
//! The journal is there before the first death: a data folder gets it whole or not at all, by a rename.
//! A seed decides where the disk stops and what is left; in stories with parallel branches the
//! scheduler still decides which answer comes first, so there a seed is the same experiment, not the same film.
//!
//! *Why not drive the machine directly, with everything decided?* What keeps the laws is the runtime's driver and
//! recorder. A simulation without them would stay green when they break.

mod account;
mod witness;

use std::sync::Arc;
use std::time::Duration;

use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{Seq, Timestamp};
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{
    NoModels, RunEnd, RunHandle, Runtime, RuntimeConfig, RuntimeError, StartRun,
};
use flowforge_snapshots::faults::{Chance, Faults, FaultyDisk};
use flowforge_snapshots::{Journal, Options};

use crate::workflows::{Story, stories};
use crate::{TestServer, binary};
use witness::Witness;

/// Most deaths of one run; then it is left in peace.
pub const DEATHS_MAX: u64 = 3;
/// Opening a journal takes about so many disk operations.
const OPENING: u64 = 24;
/// Most times that somebody asks for another attempt in one life.
const RETRIES_MAX: u32 = 8;
/// A life that takes longer hangs.
const LIFE_MAX: Duration = Duration::from_secs(30);
/// The key under which every life finds its run.
const KEY: &str = "the run";

/// What happened to one seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survived {
    /// How often the process died.
    pub deaths: u64,
    /// How many of these were a loss of power.
    pub power_losses: u64,
}

/// Stories that are ready to be played, and the server that they call.
pub struct Theatre {
    server: TestServer,
    catalogue: Arc<Catalogue>,
    pieces: Vec<Piece>,
}

/// A story, and how it goes in peace.
struct Piece {
    story: Story,
    /// About how many disk operations it takes.
    operations: u64,
    /// What there is to tell in the end.
    account: String,
}

/// A run that came to its end.
struct Ended {
    end: RunEnd,
    /// What a loss of power at the moment when the caller was told would have left.
    left: FaultyDisk,
    operations: u64,
}

/// The disk is gone, and with it the process.
#[derive(Debug)]
struct Dead(String);

impl Dead {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl Theatre {
    /// Prepares the stories; each is played once on a disk without faults.
    ///
    /// # Panics
    /// When one does not come to its end.
    #[must_use]
    pub fn open() -> Self {
        let server = TestServer::start();
        let pieces = stories(&server).into_iter().map(Piece::new).collect();
        let mut theatre = Self {
            server,
            catalogue: Arc::new(Catalogue::built_in()),
            pieces,
        };
        for at in 0..theatre.pieces.len() {
            theatre.rehearse(at);
        }
        theatre
    }

    fn rehearse(&mut self, at: usize) {
        let piece = &self.pieces[at];
        let disk = born(&piece.story);
        disk.plan(Faults::default());
        self.server.forget();
        let mut witness = Witness::default();
        let ended = self.live(piece, &disk, 0, &mut witness);
        let ended = ended.expect("nothing disturbs a rehearsal");
        let account = self.examine(piece, &ended, &mut witness);
        let piece = &mut self.pieces[at];
        (piece.operations, piece.account) = (ended.operations, account);
    }

    /// Plays the story of this seed with its deaths, and compares it with the same story in peace. What happens
    /// is written into the diary as it happens.
    ///
    /// # Panics
    /// When a law is broken, or a life does not come to its end.
    #[must_use]
    pub fn survive(&self, seed: u64, diary: &mut Vec<String>) -> Survived {
        let mut chance = Chance(seed);
        let count = self.pieces.len() as u64;
        let piece = &self.pieces[usize::try_from(seed % count).expect("few pieces")];
        diary.push(format!("the story is `{}`", piece.story.name));
        self.server.forget();
        let (mut witness, mut survived) = (Witness::default(), Survived::default());
        let mut disk = born(&piece.story);
        let deaths_max = 1 + chance.below(DEATHS_MAX);
        loop {
            let death = (survived.deaths < deaths_max).then(|| piece.moment(&mut chance, survived));
            disk.plan(Faults {
                death,
                ..Faults::default()
            });
            let lost = chance.next_number();
            match self.live(piece, &disk, lost, &mut witness) {
                Ok(ended) => {
                    diary.push(format!("it ended after {} operations", ended.operations));
                    let account = self.examine(piece, &ended, &mut witness);
                    assert_eq!(account, piece.account, "not the run without a crash");
                    return survived;
                }
                Err(Dead(why)) => {
                    let after = death.unwrap_or_else(|| panic!("it died in peace: {why}"));
                    diary.push(format!("it died after {after} operations: {why}"));
                }
            }
            survived.deaths += 1;
            disk = if chance.below(4) == 0 {
                diary.push("killed: all that was written is there".into());
                FaultyDisk::with_image(disk.image())
            } else {
                survived.power_losses += 1;
                diary.push("the power went: what was not synced is there in part".into());
                disk.after_power_loss(lost)
            };
        }
    }

    /// One life of the process: open, fold, go on to the end. `Err` when the disk went away under it.
    fn live(
        &self,
        piece: &Piece,
        disk: &FaultyDisk,
        lost: u64,
        witness: &mut Witness,
    ) -> Result<Ended, Dead> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let life = self.play(piece, disk, lost, witness);
        let lived = tokio.block_on(async { tokio::time::timeout(LIFE_MAX, life).await });
        lived.unwrap_or_else(|_| panic!("a life took longer than {LIFE_MAX:?}"))
    }

    async fn play(
        &self,
        piece: &Piece,
        disk: &FaultyDisk,
        lost: u64,
        witness: &mut Witness,
    ) -> Result<Ended, Dead> {
        let journal = opened(disk)?;
        let run = journal
            .run_by_key(KEY)
            .map_err(Dead::of)?
            .map(|row| row.run);
        let found = match run {
            Some(run) => journal.read(run, Seq(0), None).map_err(Dead::of)?,
            None => Vec::new(),
        };
        witness.compare(found, &self.server.requests());
        let runtime = self.runtime(journal);
        let handle = match run {
            Some(run) => runtime.resume(run),
            None => started(&runtime, &piece.story),
        };
        let end = finish(&runtime, handle.map_err(Dead::of)?, &piece.story).await?;
        let counts = disk.counts();
        Ok(Ended {
            end,
            left: disk.after_power_loss(lost),
            operations: counts.writes + counts.syncs,
        })
    }

    fn runtime(&self, journal: Journal) -> Runtime {
        let outbound = OutboundConfig {
            allow: vec![self.server.host().parse().expect("a host")],
            ..OutboundConfig::default()
        };
        let sandbox = PoolConfig {
            workers_max: 1,
            ..PoolConfig::new(binary::path())
        };
        let config = RuntimeConfig {
            outbound,
            sandbox,
            models: Arc::new(NoModels),
        };
        Runtime::new(journal, Arc::clone(&self.catalogue), config)
    }

    /// The laws, once the run is over; gives its account.
    fn examine(&self, piece: &Piece, ended: &Ended, witness: &mut Witness) -> String {
        let journal = opened(&ended.left).expect("what is left opens");
        let verified = journal.verify().expect("it can be looked at");
        assert_eq!(verified.complaints, Vec::<String>::new());
        let row = journal.run_by_key(KEY).expect("readable");
        let row = row.expect("a run that was said to have ended is there");
        assert_eq!((row.run, row.status), (ended.end.id, Status::Completed));
        let events = journal.read(row.run, Seq(0), None).expect("readable");
        let is_gapless = events
            .iter()
            .zip(1..)
            .all(|(event, seq)| event.seq == Seq(seq));
        assert!(
            is_gapless && row.last_seq.0 == events.len() as u64,
            "a gap in the events"
        );
        witness.compare(events, &self.server.requests());
        account::of(&journal, row.run, &piece.story)
    }
}

impl Piece {
    fn new(story: Story) -> Self {
        Self {
            story,
            operations: 0,
            account: String::new(),
        }
    }

    /// When the next death comes: anywhere the first time, later often while the journal is opened.
    fn moment(&self, chance: &mut Chance, survived: Survived) -> u64 {
        if survived.deaths > 0 && chance.below(2) == 0 {
            chance.below(OPENING)
        } else {
            chance.below(self.operations)
        }
    }
}

/// A disk with a new journal that holds what the story calls.
fn born(story: &Story) -> FaultyDisk {
    let disk = FaultyDisk::new();
    let journal = opened(&disk).expect("a new journal");
    for workflow in &story.called {
        journal.put_workflow(workflow, Timestamp(0)).expect("saved");
    }
    drop(journal);
    disk
}

fn opened(disk: &FaultyDisk) -> Result<Journal, Dead> {
    Journal::with_backend(disk.clone(), Options::default()).map_err(Dead::of)
}

fn started(runtime: &Runtime, story: &Story) -> Result<RunHandle, RuntimeError> {
    let (plan, _warnings) = runtime.prepare(story.workflow.clone())?;
    runtime.start(StartRun {
        plan,
        input: story.input.clone(),
        idempotency_key: Some(KEY.into()),
    })
}

/// Waits for the end of the run; somebody asks for another attempt of what a crash interrupted, and mends what
/// failed and waits.
async fn finish(runtime: &Runtime, mut handle: RunHandle, story: &Story) -> Result<RunEnd, Dead> {
    for _ in 0..RETRIES_MAX {
        let end = handle.ended().await.map_err(Dead::of)?;
        handle = match (&story.mend, end.status) {
            (Some(mend), Status::Waiting) => {
                let mended = runtime.mend(end.id, mend.clone(), None).map_err(Dead::of)?;
                assert!(mended.same_run, "a run that waits goes on as itself");
                mended.handle
            }
            (_, Status::Interrupted) => {
                let again = runtime.retry(end.id, None).map_err(Dead::of)?;
                again.expect("nobody drives a run that ended its task")
            }
            _ => return Ok(end),
        };
    }
    panic!("interrupted again and again, although nothing died");
}
