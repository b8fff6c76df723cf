//! Which turn answers a call.

use serde_json::Value as Json;

use super::script::Turn;

/// The number of the first turn that fits and was not used up.
pub(super) fn turn(turns: &[Turn], used: &[bool], body: &Json) -> Option<usize> {
    let talk = Talk::read(body);
    let fits = |(at, turn): &(usize, &Turn)| (turn.always || !used[*at]) && talk.fits(turn);
    turns.iter().enumerate().find(fits).map(|(at, _)| at)
}

/// What the person said last, for messages about turns that are missing.
pub(super) fn last_said(body: &Json) -> String {
    Talk::read(body).said.chars().take(200).collect()
}

/// A conversation, as far as turns look at it.
struct Talk {
    all: String,
    said: String,
    /// The last message of the model, when a tool's answer to it is the last of all.
    answered: Option<String>,
}

impl Talk {
    fn read(body: &Json) -> Self {
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let last = |is: fn(&Json) -> bool| messages.iter().rfind(|message| is(message));
        let said = last(|message| message["role"] == "user" && !is_tool_answer(message));
        let model = last(|message| message["role"] == "assistant");
        let answered = messages.last().is_some_and(is_tool_answer);
        Self {
            all: body["messages"].to_string(),
            said: said.map(text).unwrap_or_default(),
            answered: model.filter(|_| answered).map(|model| {
                // Text of a block and the record of a call write the name in the same way.
                model.to_string().replace("\\\"", "\"")
            }),
        }
    }

    fn fits(&self, turn: &Turn) -> bool {
        let has = |text: &str, part: &Option<String>| {
            part.as_ref().is_none_or(|part| text.contains(part))
        };
        let after = turn.after.as_ref().is_none_or(|tool| {
            let called = self.answered.as_ref();
            called.is_some_and(|called| called.contains(&format!("\"{tool}\"")))
        });
        after && has(&self.said, &turn.when) && has(&self.all, &turn.seen)
    }
}

/// A tool's answer: with a role of its own, or as a message of the person for models that know no tools.
fn is_tool_answer(message: &Json) -> bool {
    message["role"] == "tool" || text(message).starts_with("{\"answerOfTool\"")
}

fn text(message: &Json) -> String {
    message["content"].as_str().unwrap_or_default().to_owned()
}
