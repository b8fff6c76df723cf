//! A run that the service drives: what it is doing, and how it ended.

use flowforge_engine::{RunId, Seq};
use reqwest::{Method, Response};
use serde_json::Value as Json;

use super::{Remote, of_run};
use crate::cli::ended;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::{Output, read};
use crate::cli::progress::Lines;
use crate::sse;

impl Remote {
    /// Follows a run that was just started, as `{runId}` names it; see [`follow`](Self::follow).
    pub(crate) async fn finish(&self, started: &Json, output: &Output) -> Result<Exit, CliError> {
        let run = read(&started["runId"]).ok_or_else(|| CliError::Refused {
            status: 502,
            code: String::new(),
            message: format!("the service names no run: {started}"),
        })?;
        self.follow(run, output).await
    }

    /// Follows a run until it ends or waits, tells how it stands, and gives the exit code.
    pub(crate) async fn follow(&self, run: RunId, output: &Output) -> Result<Exit, CliError> {
        let end = if output.is_json() {
            self.ended(&run.to_string()).await?
        } else {
            self.watched(run, output).await?
        };
        let exit = ended::report(&end, output);
        if ended::is_in_script(&end) {
            let workflow = self.get(&of_run(run, "/workflow"), &[]).await?;
            if let Some(workflow) = read(&workflow) {
                ended::draw(&end, &workflow, output);
            }
        }
        Ok(exit)
    }

    /// How a run stands, once it has ended or waits.
    pub(crate) async fn ended(&self, run: &str) -> Result<Json, CliError> {
        let wait = [("wait", "true".to_owned())];
        self.get(&format!("/runs/{run}/result"), &wait).await
    }

    /// How a run stands, after a line for each frame that ended.
    async fn watched(&self, run: RunId, output: &Output) -> Result<Json, CliError> {
        let events = self.request(Method::GET, &of_run(run, "/events"), &[])?;
        let mut watching = Watching::new(self.answer(events).await?, output);
        let run_id = run.to_string();
        let end = tokio::select! {
            end = self.ended(&run_id) => end?,
            error = watching.broken() => return Err(self.broken(&error)),
        };
        let previews = [("values", "preview".to_owned())];
        let row = self.get(&of_run(run, ""), &previews).await?;
        let last = Seq(row["lastSeq"].as_u64().unwrap_or(0));
        let rest = watching.until(last).await;
        rest.map_err(|error| self.broken(&error))?;
        Ok(end)
    }
}

/// An event stream whose events become lines.
struct Watching<'a> {
    answer: Response,
    unread: Vec<u8>,
    seen: Seq,
    is_over: bool,
    lines: Lines,
    output: &'a Output,
}

impl<'a> Watching<'a> {
    fn new(answer: Response, output: &'a Output) -> Self {
        Self {
            answer,
            unread: Vec::new(),
            seen: Seq(0),
            is_over: false,
            lines: Lines::default(),
            output,
        }
    }

    /// Tells everything until the stream breaks off. Its end is no answer to how the run ended.
    async fn broken(&mut self) -> reqwest::Error {
        match self.until(Seq(u64::MAX)).await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Tells what is recorded up to this event.
    async fn until(&mut self, last: Seq) -> Result<(), reqwest::Error> {
        while self.seen < last && !self.is_over {
            match self.answer.chunk().await? {
                Some(bytes) => self.read(&bytes),
                None => self.is_over = true,
            }
        }
        Ok(())
    }

    fn read(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
            let message: Vec<u8> = self.unread.drain(..end + 2).collect();
            self.tell(&String::from_utf8_lossy(&message));
        }
    }

    fn tell(&mut self, message: &str) {
        let data: String = message
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .collect();
        let Some(recorded) = sse::recorded_in(&data) else {
            return;
        };
        self.seen = recorded.seq;
        if let Some(line) = self.lines.line(&recorded) {
            self.output.note(&line);
        }
    }
}
