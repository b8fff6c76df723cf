//! Measuring and printing: medians with their spread, beside the limit they must keep.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// What is printed, a line at a time, and a count of the limits that were not kept.
pub(crate) struct Report {
    missed: Vec<String>,
    section: String,
}

impl Report {
    /// Says what machine this is and how busy it is.
    pub(crate) fn start() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        say(&format!(
            "{cores} cores, load {}",
            load.split(' ').take(3).collect::<Vec<_>>().join(" ")
        ));
        Self {
            missed: Vec::new(),
            section: String::new(),
        }
    }

    pub(crate) fn section(&mut self, name: &str) {
        name.clone_into(&mut self.section);
        say(&format!("\n{name}"));
    }

    /// A figure without a limit: a yardstick, or an explanation.
    pub(crate) fn note(&mut self, what: &str, figure: &str) {
        say(&format!("  {what:<44} {figure}"));
    }

    /// A figure that must be at most `limit`.
    pub(crate) fn at_most(&mut self, what: &str, figure: f64, limit: f64, unit: &str) {
        self.judge(what, figure, limit, unit, figure <= limit, "at most");
    }

    /// A figure that must be at least `limit`.
    pub(crate) fn at_least(&mut self, what: &str, figure: f64, limit: f64, unit: &str) {
        self.judge(what, figure, limit, unit, figure >= limit, "at least");
    }

    fn judge(&mut self, what: &str, figure: f64, limit: f64, unit: &str, kept: bool, word: &str) {
        let verdict = if kept { "kept" } else { "MISSED" };
        say(&format!(
            "  {what:<44} {figure:>12.3} {unit} ({word} {limit:.3}: {verdict})"
        ));
        if !kept {
            self.missed.push(format!("{}: {what}", self.section));
        }
    }

    pub(crate) fn finish(self) {
        let mut text = String::from("\n");
        match self.missed.len() {
            0 => text.push_str("every limit was kept"),
            n => {
                let _ = write!(text, "{n} limits were missed: {}", self.missed.join("; "));
            }
        }
        say(&text);
    }
}

#[expect(
    clippy::print_stdout,
    reason = "printing figures is what a bench is for"
)]
fn say(line: &str) {
    println!("{line}");
}

/// Times of the same work, sorted.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// Times `work` `rounds` times, after one round that does not count.
    pub(crate) fn of(rounds: usize, mut work: impl FnMut()) -> Self {
        work();
        let time = |_| {
            let started = Instant::now();
            work();
            started.elapsed()
        };
        Self::new((0..rounds).map(time).collect())
    }

    /// The time that this share of all rounds did not pass, in milliseconds.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let at = ((self.0.len() - 1) as f64 * share).round() as usize;
        self.0[at].as_secs_f64() * 1e3
    }

    pub(crate) fn median_ms(&self) -> f64 {
        self.quantile_ms(0.5)
    }

    /// Median, and the spread from the fastest to the slowest.
    pub(crate) fn spread(&self) -> String {
        format!(
            "median {:.3} ms ({:.3} to {:.3}, {} rounds)",
            self.median_ms(),
            self.quantile_ms(0.0),
            self.quantile_ms(1.0),
            self.0.len()
        )
    }
}
