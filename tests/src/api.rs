//! A case over HTTP: a Markdown file of requests to the real service, and what it must answer.
//!
//! ````text
//! # A workflow is saved and read back
//! Prose for people.
//! ```http request
//! POST /api/v1/workflows
//! Content-Type: application/yaml
//!
//! id: hello
//! ```
//! ```text answer
//! 201
//! { "id": "hello" }
//! ```
//! ````
//!
//! Each file has a service and a data folder of its own; its requests are sent in order, with an API token
//! unless they say `Authorization: none`. What differs from run to run has a name in the answer, `<run-1>` or
//! `<hash-2>`, numbered in order of appearance; a later request may use the name. With `UPDATE_CASES=1` the
//! answers are rewritten, for review.

mod names;
mod service;

use std::path::Path;

pub use names::Names;
pub use service::Service;

use crate::case::CaseError;

/// One request of a case, and where its answer stands in the file.
#[derive(Debug, PartialEq, Eq)]
struct Step<'a> {
    request: &'a str,
    answer: &'a str,
}

/// Sends the requests of the case in this file and compares the answers with those expected.
///
/// # Errors
/// When the file is no case, or something else is answered than it expects.
pub fn run(path: &Path) -> Result<(), CaseError> {
    let text = std::fs::read_to_string(path)?;
    let steps = steps(&text)?;
    let service = Service::start(&[])?;
    let mut names = Names::default();
    let mut updated = text.clone();
    let mut wrong = String::new();
    for step in steps {
        let answer = service.send(&names.replaced(step.request))?;
        let actual = names.report(&answer);
        if actual == step.answer {
            continue;
        }
        let (expected, request) = (step.answer, step.request);
        wrong += &format!("request\n{request}expected\n{expected}answered\n{actual}\n");
        let old = format!(
            "{}{}",
            fence("http request", request),
            between(&text, &step)
        );
        let new = format!("{old}{}", fence("text answer", &actual));
        updated = updated.replacen(&format!("{old}{}", fence("text answer", expected)), &new, 1);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        return Ok(std::fs::write(path, updated)?);
    }
    Err(format!("{wrong}(UPDATE_CASES=1 rewrites the answers)").into())
}

fn fence(info: &str, content: &str) -> String {
    format!("```{info}\n{content}```")
}

/// What stands between a request and its answer.
fn between<'a>(text: &'a str, step: &Step<'_>) -> &'a str {
    let after = text
        .split_once(&fence("http request", step.request))
        .map_or("", |(_, after)| after);
    after
        .split_once("```text answer\n")
        .map_or("", |(between, _)| between)
}

/// The requests, each with the answer that follows it.
fn steps(text: &str) -> Result<Vec<Step<'_>>, CaseError> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut request = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("```") {
        let (info, after) = after.split_once('\n').ok_or("a fence without an end")?;
        let (content, after) = after.split_once("```").ok_or("a fence without an end")?;
        match (info, request.take()) {
            ("http request", None) => request = Some(content),
            ("text answer", Some(request)) => steps.push(Step {
                request,
                answer: content,
            }),
            ("http request", Some(_)) => return Err("a request without ```text answer".into()),
            ("text answer", None) => return Err("an answer without ```http request".into()),
            (_, pending) => request = pending,
        }
        rest = after;
    }
    if request.is_some() || steps.is_empty() {
        return Err("a case has ```http request blocks, each followed by ```text answer".into());
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_followed_by_answers() {
        let text = "# t\n```http request\nGET /a\n```\nso\n```text answer\n200\n```\n";
        let found = steps(text).unwrap();
        let expected = Step {
            request: "GET /a\n",
            answer: "200\n",
        };
        assert_eq!(found, [expected]);
        assert_eq!(between(text, &found[0]), "\nso\n");
    }

    #[test]
    fn a_request_without_an_answer_is_refused() {
        assert!(steps("```http request\nGET /a\n```\n").is_err());
        assert!(steps("prose").is_err());
    }
}
