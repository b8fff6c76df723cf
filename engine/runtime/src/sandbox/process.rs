//! One sandbox process, seen from the parent.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::pool::PoolConfig;
use super::wire::{self, HEADER_BYTES, READY, WireError};

/// How long a process may take to become ready.
const START_MS: u64 = 10_000;
/// How long to wait for the end of a process that was killed or broke off.
const END_MS: u64 = 1_000;
/// Most of what a process wrote on standard error that is read after its death, in bytes.
const LAST_WORDS_BYTES_MAX: u64 = 4096;

/// Why a process cannot be used any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the sandbox process could not be started: {0}")]
    Start(io::Error),
    #[error("the sandbox process {0}")]
    Died(Death),
    #[error("the sandbox process broke the protocol: {0}")]
    Protocol(#[from] WireError),
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Death {
    status: Option<ExitStatus>,
    last_words: String,
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.status {
            Some(status) => write!(f, "ended with {status}")?,
            None => f.write_str("did not end")?,
        }
        write!(f, ": {}", self.meaning())
    }
}

impl Death {
    /// What this ending usually means.
    fn meaning(&self) -> &str {
        if self.last_words.contains("memory allocation") {
            "the script ran out of memory"
        } else if self.last_words.contains("overflowed its stack") {
            "the script nested values or calls too deep for its stack"
        } else {
            self.meaning_of_signal()
        }
    }

    #[cfg(unix)]
    fn meaning_of_signal(&self) -> &str {
        use std::os::unix::process::ExitStatusExt;
        match self.status.as_ref().and_then(ExitStatus::signal) {
            Some(9) => "it was killed from outside, usually because the machine ran out of memory",
            Some(6 | 7 | 11) => "the script used up its memory or its stack",
            _ => self.words(),
        }
    }

    #[cfg(not(unix))]
    fn meaning_of_signal(&self) -> &str {
        self.words()
    }

    fn words(&self) -> &str {
        self.last_words
            .lines()
            .next()
            .unwrap_or("it gave no reason")
    }
}

/// A running sandbox process. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
    /// The number of the last request.
    number: u64,
}

impl Process {
    /// Starts a process and waits until it is confined and ready.
    pub(super) async fn start(config: &PoolConfig) -> Result<Self, Broken> {
        let mut process = Self::spawn(config).map_err(Broken::Start)?;
        let ready = timeout(Duration::from_millis(START_MS), process.read_ready()).await;
        match ready {
            Ok(Ok(confined)) => {
                if !confined {
                    tracing::warn!("a sandbox process has no system call filter; its limits hold");
                }
                Ok(process)
            }
            Ok(Err(broken)) => Err(broken),
            Err(_) => Err(Broken::Start(io::Error::new(
                io::ErrorKind::TimedOut,
                "it was not ready in time",
            ))),
        }
    }

    fn spawn(config: &PoolConfig) -> io::Result<Self> {
        let mut child = Command::new(&config.command)
            .args(&config.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let taken = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = taken else {
            return Err(io::Error::other("its pipes are not there"));
        };
        Ok(Self {
            child,
            input,
            output: BufReader::with_capacity(64 << 10, output),
            errors,
            number: 0,
        })
    }

    /// Whether it is confined fully.
    async fn read_ready(&mut self) -> Result<bool, Broken> {
        let (number, body) = self.read_frame(READY.len() as u64).await?;
        if body == READY {
            Ok(number == 0)
        } else {
            Err(WireError::Malformed("it is no sandbox".into()).into())
        }
    }

    /// Sends a request and gives the body of its reply.
    pub(super) async fn exchange(
        &mut self,
        body: &[u8],
        reply_bytes_max: u64,
    ) -> Result<Vec<u8>, Broken> {
        self.number += 1;
        if self
            .input
            .write_all(&wire::frame(self.number, body))
            .await
            .is_err()
        {
            return Err(self.death().await);
        }
        let (number, reply) = self.read_frame(reply_bytes_max).await?;
        if number == self.number && self.output.buffer().is_empty() {
            Ok(reply)
        } else {
            Err(WireError::Malformed("it replied to what was not asked".into()).into())
        }
    }

    async fn read_frame(&mut self, bytes_max: u64) -> Result<(u64, Vec<u8>), Broken> {
        let mut header = [0; HEADER_BYTES];
        if self.output.read_exact(&mut header).await.is_err() {
            return Err(self.death().await);
        }
        let (bytes, number) = wire::header(header);
        if bytes > bytes_max {
            return Err(WireError::ReplyTooLarge { bytes, bytes_max }.into());
        }
        let mut body = vec![0; usize::try_from(bytes).expect("bounded by what fits")];
        match self.output.read_exact(&mut body).await {
            Ok(_) => Ok((number, body)),
            Err(_) => Err(self.death().await),
        }
    }

    /// How it ended; kills it if it has only closed its pipes.
    async fn death(&mut self) -> Broken {
        let patience = Duration::from_millis(END_MS);
        let status = match timeout(patience / 10, self.child.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                let _ = self.child.start_kill();
                timeout(patience, self.child.wait())
                    .await
                    .ok()
                    .and_then(Result::ok)
            }
        };
        let mut words = Vec::new();
        let _ = timeout(
            patience / 10,
            (&mut self.errors)
                .take(LAST_WORDS_BYTES_MAX)
                .read_to_end(&mut words),
        )
        .await;
        Broken::Died(Death {
            status,
            last_words: String::from_utf8_lossy(&words).trim().to_owned(),
        })
    }

    /// Whether it still runs, as far as the kernel knows.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How many requests it was sent.
    pub(super) fn requests(&self) -> u64 {
        self.number
    }

    /// Its process id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills it at once and buries it in the background.
    pub(super) fn kill(mut self) {
        let _ = self.child.start_kill();
        tokio::spawn(async move {
            let _ = self.child.wait().await;
        });
    }
}
