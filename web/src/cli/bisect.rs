//! `flowforge bisect`.

use flowforge_engine::RunId;
use serde_json::{Value as Json, json};

use super::error::{CliError, Exit};
use super::output::{Output, items, word};
use super::remote::Remote;

/// Digits of a hash that are shown.
const HASH_DIGITS: usize = 12;

/// Find the edit between two versions that broke a recorded run, by playing it again; nothing is performed.
#[derive(Debug, clap::Args)]
pub(crate) struct Bisect {
    /// The recorded run.
    run: RunId,
    /// A version of its workflow under which it comes out as it should.
    #[arg(long, value_name = "HASH")]
    good: String,
    /// A later version under which it does not.
    #[arg(long, value_name = "HASH")]
    bad: String,
}

impl Bisect {
    /// Has the service look for it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let asked = json!({ "run": self.run, "good": self.good, "bad": self.bad });
        let found = remote.post("/bisect", &[], &asked).await?;
        output.result(&found, text);
        Ok(Exit::Ok)
    }
}

/// What was found, for people.
fn text(found: &Json) -> String {
    let version = &found["version"];
    let mut lines: Vec<String> = items(&found["steps"]).iter().map(step).collect();
    let saved = version["savedAt"].as_str();
    lines.push(format!(
        "{} broke it{}",
        short(&version["hash"]),
        saved.map(|at| format!(", saved {at}")).unwrap_or_default()
    ));
    if let Some(name) = version["name"].as_str() {
        lines.push(format!("  it is called {name:?}"));
    }
    lines.extend(items(&found["by"]).iter().map(author));
    lines.extend(
        items(&found["sentences"])
            .iter()
            .map(|done| format!("  {}", word(done))),
    );
    let untold = items(&found["untold"]).len();
    if untold > 0 {
        lines.push(format!(
            "  {untold} version(s) before it cannot be told: the edit may be in one of them"
        ));
    }
    lines.join("\n")
}

fn step(step: &Json) -> String {
    let why = step["why"].as_str();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} {}{why}", short(&step["hash"]), word(&step["verdict"]))
}

fn author(by: &Json) -> String {
    let places: Vec<&str> = items(&by["places"]).iter().map(word).collect();
    let name = by["author"]["name"].as_str().unwrap_or("somebody");
    format!("  {name} changed {}", places.join(", "))
}

fn short(hash: &Json) -> String {
    word(hash).chars().take(HASH_DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_a_run_is_told_with_its_author() {
        let found = json!({
            "version": { "hash": "aabbccddeeff0011", "savedAt": "2026-01-02T03:04:05Z", "name": null },
            "sentences": ["Removed the node `x`"],
            "by": [{ "author": { "name": "Ann" }, "places": ["nodes/x"], "at": null }],
            "steps": [
                { "hash": "0011", "verdict": "good" },
                { "hash": "aabb", "verdict": "bad", "why": "the output differs" },
            ],
            "untold": [],
        });
        let expected = "0011 good\naabb bad: the output differs\naabbccddeeff broke it, saved 2026-01-02T03:04:05Z\n  \
                        Ann changed nodes/x\n  Removed the node `x`";
        assert_eq!(text(&found), expected);
    }
}
