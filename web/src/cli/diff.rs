//! `flowforge diff`.

use serde_json::Value as Json;

use super::error::{CliError, Exit};
use super::input::Moment;
use super::output::{Output, items, json_of, word};
use super::remote::Remote;
use super::workspace::Workspace;

/// Longest value that is written in a line.
const VALUE_CHARS_MAX: usize = 60;

/// Compare two runs, or two moments: frames aligned by node, path and attempt; values by structure, text by line.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// One run, and the last event to look at.
    #[arg(value_name = "RUN[@SEQ]")]
    left: Moment,
    /// The other.
    #[arg(value_name = "RUN[@SEQ]")]
    right: Moment,
}

impl Diff {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        for run in [self.left.run, self.right.run] {
            journal.run(run)?.ok_or(CliError::NoRun(run))?;
        }
        let diff = journal.diff(self.left.run, self.left.seq, self.right.run, self.right.seq)?;
        output.result(&json_of(&diff)?, text);
        Ok(Exit::Ok)
    }
}

impl Diff {
    /// Has the service compare them.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let query = [("a", self.left.to_string()), ("b", self.right.to_string())];
        output.result(&remote.get("/diff", &query).await?, text);
        Ok(Exit::Ok)
    }
}

/// What differs, for people: `-` is the first run, `+` the other.
fn text(diff: &Json) -> String {
    let same = &diff["same"];
    if diff["identical"] == true {
        return format!("identical: {same} frames");
    }
    let mut lines = vec![format!("{same} frames are the same")];
    for node in items(&diff["workflow"]["nodes"]) {
        lines.push(format!(
            "workflow: {} {}",
            word(&node["id"]),
            word(&node["op"])
        ));
        changes(&mut lines, "", &node["changes"]);
    }
    for part in ["input", "output", "error"] {
        if !items(&diff[part]).is_empty() {
            lines.push(format!("{part} of the run"));
            changes(&mut lines, "", &diff[part]);
        }
    }
    for frame in items(&diff["changed"]) {
        lines.push(format!("frame {}", place(&frame["a"])));
        if let Some(status) = frame["status"].as_object() {
            let (before, after) = (word(&status["before"]), word(&status["after"]));
            lines.push(format!("  status {before} -> {after}").to_lowercase());
        }
        for part in ["input", "output", "error", "effects"] {
            changes(&mut lines, part, &frame[part]);
        }
    }
    for (side, sign) in [("onlyInA", '-'), ("onlyInB", '+')] {
        let frames = items(&diff[side]).iter();
        lines.extend(frames.map(|frame| format!("{sign} frame {}", place(frame))));
    }
    lines.join("\n")
}

/// `fetch`, `fetch in each[2]`, `fetch, attempt 3`.
fn place(frame: &Json) -> String {
    let path = items(&frame["path"]).iter().map(|step| match step {
        Json::String(node) => format!(" in {node}"),
        index => format!("[{index}]"),
    });
    let attempt = match frame["attempt"].as_u64() {
        Some(attempt) if attempt > 1 => format!(", attempt {attempt}"),
        _ => String::new(),
    };
    format!(
        "{}{}{attempt}",
        word(&frame["nodeId"]),
        path.collect::<String>()
    )
}

fn changes(lines: &mut Vec<String>, part: &str, changes: &Json) {
    for change in items(changes) {
        let place = format!("{part} {}", word(&change["path"]));
        lines.push(format!("  {} {}", place.trim(), word(&change["op"])));
        if let Some(text) = change["lines"].as_str() {
            lines.extend(text.lines().map(|line| format!("    {line}")));
            continue;
        }
        for (side, sign) in [("before", '-'), ("after", '+')] {
            if !change[side].is_null() {
                lines.push(format!("    {sign} {}", short(&change[side])));
            }
        }
    }
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_told_by_frame_and_path() {
        let frame = json!({"nodeId": "double", "path": ["each", 2], "attempt": 1});
        let change = json!({"path": "/x", "op": "changed", "before": 1, "after": 2, "lines": null});
        let diff = json!({
            "identical": false, "same": 3,
            "changed": [{"a": frame, "b": frame, "status": null, "output": [change]}],
            "onlyInB": [{"nodeId": "late", "path": [], "attempt": 2}],
        });
        let expected = "3 frames are the same\nframe double in each[2]\n  output /x changed\n    - 1\n    + 2\n\
                        + frame late, attempt 2";
        assert_eq!(text(&diff), expected);
        assert_eq!(
            text(&json!({"identical": true, "same": 4})),
            "identical: 4 frames"
        );
    }
}
