//! Fields that nobody knows but that look like one that was meant. Other unknown fields are kept and
//! say nothing: they belong to somebody else.

use crate::problem::{Place, Problem};
use crate::workflow::{Extra, Retry};

use super::{Report, Subject, short, step};

const WORKFLOW: &[&str] = &["id", "name", "version", "config", "graph"];
const GRAPH: &[&str] = &["nodes", "edges"];
const CONFIG: &[&str] = &[
    "maxParallel",
    "errorHandling",
    "retry",
    "memo",
    "vars",
    "healing",
    "limits",
];
/// What the editor keeps there, too.
const OF_THE_EDITOR: &[&str] = &["notes", "groups"];
const LIMITS: &[&str] = &["maxFrames", "maxDepth", "maxValueBytes"];
const RETRY: &[&str] = &[
    "maxAttempts",
    "delayMs",
    "backoffMultiplier",
    "jitter",
    "maxDelayMs",
];
const EDGE: &[&str] = &["source", "sourcePort", "target", "targetPort"];
const NODE: &[&str] = &[
    "id",
    "type",
    "name",
    "params",
    "parent",
    "disabled",
    "retry",
    "timeoutMs",
    "onError",
    "memo",
    "pinned",
];
/// A shorter beginning of a field's name is too likely to be a field of somebody else.
const BEGINNING_CHARS_MIN: usize = 4;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let workflow = subject.workflow;
    let config = &workflow.config;
    let document = Place::default();
    level(report, &document, "", &workflow.extra, WORKFLOW);
    level(report, &document, "/config", &config.extra, CONFIG);
    level(
        report,
        &document,
        "/config/limits",
        &config.limits.extra,
        LIMITS,
    );
    retry(report, &document, "/config", config.retry.as_ref());
    level(report, &document, "/graph", &workflow.graph.extra, GRAPH);
    for (position, node) in subject.nodes() {
        let path = format!("/graph/nodes/{position}");
        let place = subject.place(position);
        level(report, &place, &path, &node.extra, NODE);
        retry(report, &place, &path, node.retry.as_ref());
    }
    for (position, edge) in workflow.graph.edges.iter().enumerate() {
        let path = format!("/graph/edges/{position}");
        level(report, &Place::edge(position), &path, &edge.extra, EDGE);
    }
}

fn retry(report: &mut Report<'_>, place: &Place, path: &str, retry: Option<&Retry>) {
    if let Some(retry) = retry {
        level(report, place, &format!("{path}/retry"), &retry.extra, RETRY);
    }
}

fn level(report: &mut Report<'_>, place: &Place, path: &str, extra: &Extra, known: &[&str]) {
    let unknown = extra
        .keys()
        .filter(|name| !OF_THE_EDITOR.contains(&name.as_str()));
    for name in unknown {
        let hint =
            beginning(name, known).or_else(|| report.did_you_mean(name, known.iter().copied()));
        if hint.is_some() {
            report.add(
                Problem::warning(
                    "unknown-field",
                    format!("the field `{}` is not known", short(name)),
                )
                .at(place.clone().in_field(format!("{path}/{}", step(name))))
                .with_hint(hint),
            );
        }
    }
}

fn beginning(name: &str, known: &[&str]) -> Option<String> {
    let meant = known.iter().find(|known| known.starts_with(name))?;
    (name.len() >= BEGINNING_CHARS_MIN).then(|| format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{Workflow, file};
    use serde_json::{Value as Json, json};

    fn known(json: &Json, names: &[&str]) {
        let found: Vec<&String> = json.as_object().unwrap().keys().collect();
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(found, names);
    }

    #[test]
    fn the_known_fields_are_those_of_the_document() {
        let node = json!({
            "id": "a", "type": "t", "name": "A", "params": {"p": 1}, "parent": "l", "disabled": true,
            "retry": {}, "timeoutMs": 1, "onError": "stop", "memo": true, "pinned": 1,
        });
        let edge = json!({"source": "a", "sourcePort": "x", "target": "b", "targetPort": "y"});
        let config = json!({"retry": {}, "vars": {"v": 1}, "memo": false, "healing": "propose"});
        let text = json!({
            "id": "w", "name": "W", "config": config, "graph": {"nodes": [node], "edges": [edge]},
        });
        let workflow: Workflow = file::parse(&text.to_string()).unwrap();
        let json = serde_json::to_value(&workflow).unwrap();
        known(&json, WORKFLOW);
        known(&json["graph"], GRAPH);
        known(&json["config"], CONFIG);
        known(&json["config"]["limits"], LIMITS);
        known(&json["config"]["retry"], RETRY);
        known(&json["graph"]["nodes"][0], NODE);
        known(&json["graph"]["edges"][0], EDGE);
    }
}
