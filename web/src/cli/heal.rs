//! `flowforge heal`.

use std::path::PathBuf;

use flowforge_ai::Proposal;
use flowforge_engine::RunId;
use serde_json::{Value as Json, json};

use super::error::{CliError, Exit};
use super::output::{Output, read};
use super::proposals::{self, told};
use super::remote::{Remote, of_run};

/// Look for fixes of a failed or paused run, each replayed on recordings before it is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Heal {
    /// The run.
    run: RunId,
    /// The frame that failed, by the event that opened it; the one to blame when absent.
    #[arg(long, value_name = "SEQ")]
    frame: Option<u64>,
    /// Apply the best proven fix, and let the run go on from the frame that failed.
    #[arg(long)]
    apply: bool,
    /// Then let so many other runs that failed alike go on too, until one fails again.
    #[arg(long, value_name = "1|10|all", requires = "apply", value_parser = ["1", "10", "all"])]
    recover: Option<String>,
    /// Write the mended workflow to this file, too.
    #[arg(long, value_name = "FILE", requires = "apply")]
    file: Option<PathBuf>,
}

impl Heal {
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let wanted = json!({ "frame": self.frame });
        let mut healing = remote
            .post(&of_run(self.run, "/heal"), &[], &wanted)
            .await?;
        let best: Option<Proposal> = read(&healing["fixes"][0]);
        healing["applied"] = match best.as_ref().filter(|_| self.apply) {
            Some(best) => {
                let mut accepted = proposals::accept(remote, best, &[], true).await?;
                proposals::write_to(remote, &mut accepted, self.file.as_deref()).await?;
                accepted
            }
            None => Json::Null,
        };
        if let (Some(count), Some(best)) = (&self.recover, &best) {
            healing["recovered"] = proposals::recover(remote, &best.id, count).await?;
        }
        let base = match &best {
            Some(best) => Some(proposals::base_of(remote, best).await?),
            None => None,
        };
        output.result(&healing, |healing| {
            let first = best.as_ref().zip(base.as_ref());
            text_of(healing, first.map(|(fix, base)| told(fix, base)))
        });
        Ok(exit_of(&healing))
    }
}

fn exit_of(healing: &Json) -> Exit {
    if healing["diagnosis"]["policy"] == true {
        Exit::NotAllowed
    } else if healing["fixes"].as_array().is_none_or(Vec::is_empty) {
        Exit::RunFailed
    } else {
        Exit::Ok
    }
}

fn text_of(healing: &Json, best: Option<String>) -> String {
    let mut lines = vec![text(&healing["diagnosis"]["sentence"])];
    lines.extend(
        each(&healing["diagnosis"]["evidence"]).map(|evidence| format!("  {}", text(evidence))),
    );
    for fix in each(&healing["fixes"]) {
        lines.push(format!(
            "\nFix: {} ({})",
            text(&fix["title"]),
            proof(&fix["evidence"])
        ));
        lines.push(format!("  {}", text(&fix["reason"])));
        lines.push(format!("  proposal {}", text(&fix["id"])));
    }
    lines.extend(best.map(|best| format!("\n{best}")));
    for fix in each(&healing["needsLiveTry"]) {
        lines.push(format!("\nNeeds a live try: {}", text(&fix["title"])));
        lines.push(format!("  {}", text(&fix["reason"])));
        lines.extend(each(&fix["evidence"]["wouldSend"]).map(sent));
        lines.push(format!("  proposal {}", text(&fix["id"])));
    }
    let tried: Vec<_> = each(&healing["tried"]).collect();
    if !tried.is_empty() {
        lines.push("\nTried, and not good enough:".into());
        lines.extend(
            tried
                .into_iter()
                .map(|tried| format!("  {}: {}", text(&tried["title"]), text(&tried["why"]))),
        );
    }
    lines.push(String::new());
    lines.push(outcome(healing));
    lines.join("\n")
}

fn outcome(healing: &Json) -> String {
    if !healing["applied"].is_null() {
        let mut lines = vec![proposals::applied(&healing["applied"])];
        lines.extend(proposals::recovered_runs(&healing["recovered"]));
        return lines.join("\n");
    }
    let alike = healing["alike"]["count"].as_u64().unwrap_or(0);
    let others = if alike == 0 {
        String::new()
    } else {
        format!(" {alike} other runs failed the same way.")
    };
    if healing["diagnosis"]["policy"] == true {
        "This failed by policy, and is not healed away.".into()
    } else if each(&healing["fixes"]).next().is_some() {
        format!(
            "Nothing is applied. To apply the first fix and go on: flowforge heal {} --apply.{others}",
            text(&healing["run"])
        )
    } else {
        format!("No proven fix was found (heal_exhausted).{others}")
    }
}

/// `fixes 1/1, keeps 40/40, changes 2 outputs`.
fn proof(evidence: &Json) -> String {
    let count = |name: &str| format!("{}/{}", evidence[name]["did"], evidence[name]["of"]);
    let mut proof = format!("fixes {}, keeps {}", count("fixes"), count("keeps"));
    if evidence["downstream"]["of"] != 0 {
        proof += &format!(", downstream {}", count("downstream"));
    }
    match each(&evidence["changes"]).count() {
        0 => proof,
        changes => format!("{proof}, changes {changes} outputs"),
    }
}

fn sent(asked: &Json) -> String {
    let request = &asked["request"];
    match (request["method"].as_str(), request["url"].as_str()) {
        (method, Some(url)) => format!("  would send {} {url}", method.unwrap_or("GET")),
        _ => format!("  would ask for {}", text(&asked["kind"])),
    }
}

fn each(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
