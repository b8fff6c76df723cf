//! How fast the journal takes runs, and how much room they need: `cargo run --release -p flowforge-snapshots
//! --example load [folder]`.
//!
//! Each run is a chain of ten nodes that pass on a counter and a text of 200 bytes, recorded by one append of
//! 32 events, as a run of pure nodes is. Beside each figure stands what this disk needs for one sync.

#![expect(clippy::print_stdout, reason = "a program that prints figures")]
#![expect(clippy::disallowed_methods, reason = "a program that measures time")]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use flowforge_engine::event::{Ending, Event, Mode, Recorded, RunEnding, Usage, WorkflowRef};
use flowforge_engine::frame::Status;
use flowforge_engine::value::Record;
use flowforge_engine::{Address, RunId, Seq, Timestamp, Value};
use flowforge_snapshots::{Append, Journal, NewRun, Options};

const NODES: u64 = 10;
const RUNS: u64 = 5000;
const CALLERS: u64 = 16;

fn main() {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "load-journal".into());
    let folder = Path::new(&folder);
    let journal = Journal::open(folder, Options::default()).expect("the folder can be used");
    println!("one sync of 4 KiB: {:?}", one_sync(folder));
    encoding();
    alone(&journal);
    together(&journal);
    pieces(&journal);
    large(&journal);
    report(&journal);
    let start = Instant::now();
    let compacted = journal.compact().expect("it compacts");
    println!("compaction: {:?}, {compacted:?}", start.elapsed());
    report(&journal);
    readings(&journal);
    let killed = folder.join("killed");
    std::fs::create_dir_all(&killed).expect("the folder can be written");
    std::fs::copy(folder.join("journal.redb"), killed.join("journal.redb")).expect("it is copied");
    opening("open after a kill", &killed);
    std::fs::remove_dir_all(&killed).expect("it can be removed");
    drop(journal);
    opening("open", folder);
}

fn opening(what: &str, folder: &Path) {
    let start = Instant::now();
    let journal = Journal::open(folder, Options::default()).expect("it opens");
    println!("{what}: {:?}", start.elapsed());
    drop(journal);
}

/// How long it takes to read a run, small and large.
fn readings(journal: &Journal) {
    for (what, run) in [("small run", 2_000_000), ("1 MB chain", 4_000_000)] {
        for time in ["first", "second"] {
            let start = Instant::now();
            let events = journal.read(id(run), Seq(0), None).expect("it is read");
            println!(
                "{what}, read the {time} time: {} events in {:?}",
                events.len(),
                start.elapsed()
            );
        }
    }
}

/// The median time of writing 4 KiB and waiting for the disk.
fn one_sync(folder: &Path) -> Duration {
    use std::io::{Seek, Write};
    let path = folder.join("sync.tmp");
    let mut file = std::fs::File::create(&path).expect("the folder can be written");
    let mut times: Vec<Duration> = (0..200)
        .map(|number: u32| {
            let start = Instant::now();
            file.rewind()
                .and_then(|()| file.write_all(&[number.to_le_bytes()[0]; 4096]))
                .expect("it is written");
            file.sync_data().expect("it is synced");
            start.elapsed()
        })
        .collect();
    std::fs::remove_file(&path).expect("it can be removed");
    times.sort_unstable();
    times[times.len() / 2]
}

/// Chance enough that texts differ between runs.
fn text(seed: u64, bytes: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state % 26).to_le_bytes()[0])
    })
    .take(bytes)
    .collect()
}

/// A number that does not compress.
fn mixed(number: u64) -> u64 {
    let number = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    number ^ (number >> 32)
}

fn item(run: u64, count: u64) -> Value {
    let fields = [
        ("x", Value::from(count)),
        ("payload", Value::from(text(run, 200))),
    ];
    Value::Record(fields.into_iter().collect::<Record>())
}

fn frame(first: u64, node: u64, input: Value, output: Value) -> [Recorded; 2] {
    let opened = Event::FrameOpened {
        scope: Seq(0),
        node: format!("node-{node}").as_str().into(),
        attempt: 1,
        input,
        queued_ms: 0,
    };
    let ending = Ending::Completed {
        outputs: vec![("out".into(), output)],
    };
    let closed = Event::FrameClosed {
        frame: Seq(first),
        ending,
        logs: Vec::new(),
        usage: Usage::default(),
        memo: false,
    };
    [at(first, opened), at(first + 1, closed)]
}

fn at(seq: u64, event: Event) -> Recorded {
    Recorded {
        seq: Seq(seq),
        at: Timestamp(1_764_000_000_000),
        event,
    }
}

fn workflow() -> WorkflowRef {
    WorkflowRef {
        id: "chain".into(),
        version: 1,
        hash: Address::of(b"chain"),
    }
}

/// A whole run: `value(n)` is what the n-th node gives.
fn chain(run: u64, nodes: u64, value: impl Fn(u64) -> Value) -> Append {
    let started = Event::RunStarted {
        workflow: workflow(),
        input: value(0),
        mode: Mode::Live,
    };
    let mut events = vec![at(1, started)];
    for node in 0..nodes {
        events.extend(frame(2 + 2 * node, node, value(node), value(node + 1)));
    }
    let ending = RunEnding::Completed {
        output: value(nodes),
    };
    events.push(at(2 + 2 * nodes, Event::RunClosed { ending }));
    let new = NewRun {
        workflow: workflow(),
        mode: Mode::Live,
        fork_of: None,
        key: None,
    };
    Append {
        run: id(run),
        new: Some(new),
        events,
        workflows: Vec::new(),
        status: Status::Completed,
    }
}

/// Ids that sort by number, as those of version 7 do, from one process to the next.
fn id(number: u64) -> RunId {
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
    });
    RunId(uuid::Uuid::from_u64_pair(*start, number))
}

fn chain_ten(run: u64) -> Append {
    chain(run, NODES, |count| item(run, count))
}

/// What one append costs its caller, without the disk.
fn encoding() {
    let journal = Journal::with_backend(redb::backends::InMemoryBackend::new(), Options::default())
        .expect("memory can be used");
    let appends: Vec<Append> = (0..RUNS).map(chain_ten).collect();
    let start = Instant::now();
    let told = AtomicU64::new(0);
    let (done, all) = sync_channel(1);
    let told = std::sync::Arc::new(told);
    for append in appends {
        let (told, done) = (std::sync::Arc::clone(&told), done.clone());
        journal.append(
            append,
            Box::new(move |result| {
                result.expect("memory does not fail");
                if told.fetch_add(1, Ordering::Relaxed) + 1 == RUNS {
                    done.send(()).expect("somebody waits");
                }
            }),
        );
    }
    let caller = start.elapsed();
    all.recv().expect("all are told");
    println!(
        "in memory, one caller: {:?} a run on the caller, {:?} a run in all",
        per(caller),
        per(start.elapsed())
    );
}

fn per(time: Duration) -> Duration {
    time / u32::try_from(RUNS).expect("a few thousand")
}

/// One run after the other.
fn alone(journal: &Journal) {
    let (runs, syncs) = (200, journal.syncs());
    let mut times: Vec<Duration> = (0..runs)
        .map(|run| {
            let append = chain_ten(1_000_000 + run);
            let start = Instant::now();
            journal.append_wait(append).expect("it is written");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "one caller: median {:?}, p99 {:?}, {:.2} syncs a run",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        (journal.syncs() - syncs) as f64 / runs as f64
    );
}

/// Sixteen callers, each with one run at a time.
fn together(journal: &Journal) {
    let next = AtomicU64::new(0);
    let syncs = journal.syncs();
    let start = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut times = Vec::new();
                    loop {
                        let run = next.fetch_add(1, Ordering::Relaxed);
                        if run >= RUNS {
                            return times;
                        }
                        let append = chain_ten(2_000_000 + run);
                        let start = Instant::now();
                        journal.append_wait(append).expect("it is written");
                        times.push(start.elapsed());
                    }
                })
            })
            .collect();
        callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("it ends"))
            .collect()
    });
    let took = start.elapsed();
    times.sort_unstable();
    println!(
        "{CALLERS} callers: {:.0} runs/s, median {:?}, p99 {:?}, {:.1} runs a sync",
        RUNS as f64 / took.as_secs_f64(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        RUNS as f64 / (journal.syncs() - syncs) as f64
    );
}

/// A run that commits at each node, as one with effects does.
fn pieces(journal: &Journal) {
    for run in 0..100 {
        let whole = chain_ten(3_000_000 + run);
        let mut new = whole.new;
        for events in whole.events.chunks(2) {
            let append = Append {
                run: whole.run,
                new: new.take(),
                events: events.to_vec(),
                workflows: Vec::new(),
                status: if events.len() == 2 && events[0].seq.0 > 2 * NODES {
                    Status::Completed
                } else {
                    Status::Running
                },
            };
            journal.append_wait(append).expect("it is written");
        }
    }
}

/// Runs that pass a megabyte on and change one field of it.
fn large(journal: &Journal) {
    let letters: Record = (0..250)
        .map(|field| (format!("field{field:03}"), Value::from(text(field, 4096))))
        .collect();
    let noise: Vec<u8> = (0..1 << 17)
        .flat_map(|word| mixed(word).to_le_bytes())
        .collect();
    let noise: Record = [("noise", Value::Bytes(noise.into()))]
        .into_iter()
        .collect();
    for (run, base) in (4_000_000..).zip([&letters, &letters, &letters, &noise, &noise]) {
        let append = chain(run, NODES, |count| {
            Value::Record(base.with("x", Value::from(count)))
        });
        let before = journal.size().expect("it is read");
        let start = Instant::now();
        journal.append_wait(append).expect("it is written");
        let took = start.elapsed();
        let after = journal.size().expect("it is read");
        let used = |size: &flowforge_snapshots::SizeReport| {
            size.tables
                .iter()
                .map(|table| table.page_bytes)
                .sum::<u64>()
        };
        println!(
            "1 MB chain: {took:?}, {} bytes more in pages",
            used(&after) - used(&before)
        );
    }
}

fn report(journal: &Journal) {
    let size = journal.size().expect("it is read");
    let frames = (RUNS + 200 + 100) * NODES;
    let small: u64 = size
        .tables
        .iter()
        .filter(|table| !["blobs", "pages", "refs"].contains(&table.name.as_str()))
        .map(|table| table.page_bytes)
        .sum();
    println!(
        "file {} bytes, free {}, small frames: {} bytes each",
        size.file_bytes,
        size.free_bytes,
        small / frames
    );
    for table in size.tables.iter().filter(|table| table.rows > 0) {
        println!(
            "  {:12} {:8} rows {:12} stored {:12} in pages",
            table.name, table.rows, table.stored_bytes, table.page_bytes
        );
    }
}
