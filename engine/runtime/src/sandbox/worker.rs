//! The child: reads a request, evaluates it, writes the reply, until its input ends.
//!
//! The binary hands over to [`main`] when its first argument is [`ARGUMENT`].

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use flowforge_engine::event::Usage;
use flowforge_engine::failure::{Failure, FailureKind};
use flowforge_engine::script::{EvaluateReply, EvaluateRequest, Evaluated, Evaluator};

use super::confine::{self, Confinement, OwnFiles};
use super::memory::MemoryGauge;
use super::wire::{self, HEADER_BYTES, READY, REQUEST_BYTES_MAX, WireError, WorkerState};

/// The argument by which the binary knows that it is to be a sandbox process.
pub const ARGUMENT: &str = "sandbox-worker";
/// Stack of the thread that evaluates, in bytes.
pub(super) const STACK_BYTES: usize = 64 << 20;
/// What a script may hold beyond what the process held before, in bytes.
const SCRIPT_MEMORY_BYTES_MAX: u64 = 128 << 20;
/// How often a busy child looks whether its parent is still there.
const PARENT_LOOK_MS: u64 = 1_000;
const INPUT_BUFFER_BYTES: usize = 64 << 10;

/// Is the sandbox process: serves standard input until it ends.
///
/// What it cannot do it says on standard error, which the parent reads when the process has died.
#[must_use]
pub fn main() -> ExitCode {
    confined(serve)
}

/// The two pipes and the gauge that are left to a confined process.
pub struct Belongings {
    input: BufReader<File>,
    output: File,
    gauge: Option<Rc<MemoryGauge>>,
    confinement: Confinement,
}

/// Gives up everything that a sandbox process gives up, then does the work on a thread with a large
/// stack, and ends the process with it or with the parent.
#[must_use]
pub fn confined(work: impl FnOnce(Belongings) -> io::Result<()> + Send + 'static) -> ExitCode {
    let parent = parent_id();
    match start(work) {
        Ok(()) => watch(parent),
        Err(error) => {
            let _ = writeln!(io::stderr(), "the sandbox could not be set up: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(work: impl FnOnce(Belongings) -> io::Result<()> + Send + 'static) -> io::Result<()> {
    let (input, output) = (File::from(own_input()?), File::from(own_output()?));
    let gauge = MemoryGauge::open().ok();
    confine::process()?;
    let work = move || match Belongings::left(input, output, gauge).and_then(work) {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            std::process::exit(1);
        }
    };
    thread::Builder::new()
        .name("evaluate".into())
        .stack_size(STACK_BYTES)
        .spawn(work)?;
    Ok(())
}

impl Belongings {
    /// What is left once the rest was given up.
    fn left(input: File, output: File, gauge: Option<MemoryGauge>) -> io::Result<Self> {
        let files = OwnFiles {
            input: number(&input),
            output: number(&output),
            memory: gauge.as_ref().map_or(-1, MemoryGauge::file),
        };
        let confinement = confine::thread(files)?;
        let input = BufReader::with_capacity(INPUT_BUFFER_BYTES, input);
        Ok(Self {
            input,
            output,
            gauge: gauge.map(Rc::new),
            confinement,
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.gauge.as_ref().map_or(0, |gauge| gauge.bytes())
    }
}

#[cfg(unix)]
fn own_input() -> io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()
}

#[cfg(unix)]
fn own_output() -> io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()
}

#[cfg(unix)]
fn number(file: &File) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(file)
}

#[cfg(windows)]
fn own_input() -> io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()
}

#[cfg(windows)]
fn own_output() -> io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()
}

#[cfg(windows)]
fn number(_: &File) -> i32 {
    -1
}

/// Ends the process when its parent has ended: a script that runs meanwhile would not notice.
fn watch(parent: u32) -> ! {
    loop {
        thread::sleep(Duration::from_millis(PARENT_LOOK_MS));
        if parent_id() != parent {
            std::process::exit(0);
        }
    }
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

fn serve(mut own: Belongings) -> io::Result<()> {
    let mut evaluator = evaluator(own.gauge.clone());
    own.output
        .write_all(&wire::frame(own.confinement.number(), READY))?;
    while let Some((number, body)) = read_frame(&mut own.input)? {
        let request = wire::decode_request(&body).map_err(io::Error::other)?;
        drop(body);
        let (reply, spoiled) = evaluate(&mut evaluator, &request);
        let state = WorkerState {
            memory_bytes: own.memory_bytes(),
            spoiled,
        };
        let body = body_of(reply, state, wire::reply_bytes_max(&request.limits))?;
        own.output.write_all(&wire::frame(number, &body))?;
    }
    Ok(())
}

fn evaluator(gauge: Option<Rc<MemoryGauge>>) -> Evaluator {
    match gauge {
        Some(gauge) => {
            Evaluator::with_memory_limit(Box::new(move || gauge.bytes()), SCRIPT_MEMORY_BYTES_MAX)
        }
        None => Evaluator::new(),
    }
}

/// The body of a reply, or of one that says that it was too large.
fn body_of(reply: EvaluateReply, state: WorkerState, bytes_max: u64) -> io::Result<Vec<u8>> {
    let body = wire::encode_reply(&reply, state, bytes_max).or_else(|error| {
        wire::encode_reply(
            &EvaluateReply {
                result: too_large(&error),
                ..reply
            },
            state,
            bytes_max,
        )
    });
    body.map_err(io::Error::other)
}

/// The next frame; `None` at the end of input.
fn read_frame(input: &mut impl Read) -> io::Result<Option<(u64, Vec<u8>)>> {
    let mut header = [0; HEADER_BYTES];
    match input.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let (length, number) = wire::header(header);
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= REQUEST_BYTES_MAX);
    let mut body = vec![0; length.ok_or_else(|| io::Error::other(WireError::RequestTooLarge))?];
    input.read_exact(&mut body)?;
    Ok(Some((number, body)))
}

/// The reply, and whether the evaluator must not be used again.
fn evaluate(evaluator: &mut Evaluator, request: &EvaluateRequest) -> (EvaluateReply, bool) {
    match catch_unwind(AssertUnwindSafe(|| evaluator.evaluate(request))) {
        Ok(reply) => (reply, false),
        Err(panic) => {
            let why = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            let failure = Failure::new(
                FailureKind::Internal,
                format!(
                    "the script engine failed: {}",
                    why.unwrap_or("without a reason")
                ),
            );
            let result = Evaluated::Failed(
                failure.with_hint("write the script in another way, and report this"),
            );
            (
                EvaluateReply {
                    result,
                    logs: Vec::new(),
                    usage: Usage::default(),
                },
                true,
            )
        }
    }
}

fn too_large(error: &WireError) -> Evaluated {
    Evaluated::Failed(
        Failure::new(
            FailureKind::Limit,
            format!("the result cannot be handed over: {error}"),
        )
        .with_hint("return less, or raise the limit on results"),
    )
}
