//! What a call used: as the endpoint tells, else estimated and marked as such.

use serde_json::Value as Json;

use super::{ChatRequest, Message, Usage};

/// Characters per token, about, over the languages and code that models read.
const CHARS_PER_TOKEN: u64 = 4;
/// Tokens that each message costs besides its words.
const MESSAGE_TOKENS: u64 = 4;

/// What the `usage` field of an answer tells; `None` when it tells no tokens.
pub(crate) fn read(usage: &Json) -> Option<Usage> {
    let tokens = |name| usage.get(name).and_then(whole_number);
    Some(Usage {
        prompt_tokens: tokens("prompt_tokens")?,
        completion_tokens: tokens("completion_tokens").unwrap_or(0),
        cost_usd: usage.get("cost").and_then(dollars),
        estimated: false,
    })
}

/// Some servers write counts as floating point.
fn whole_number(value: &Json) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates"
    )]
    let rounded = |number: f64| number as u64;
    value.as_u64().or_else(|| value.as_f64().map(rounded))
}

pub(crate) fn dollars(value: &Json) -> Option<f64> {
    let number = value
        .as_f64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// What two calls used together.
pub(crate) fn both(a: Usage, b: Usage) -> Usage {
    let cost = [a.cost_usd, b.cost_usd];
    Usage {
        prompt_tokens: a.prompt_tokens.saturating_add(b.prompt_tokens),
        completion_tokens: a.completion_tokens.saturating_add(b.completion_tokens),
        cost_usd: cost
            .iter()
            .any(Option::is_some)
            .then(|| cost.iter().flatten().sum()),
        estimated: a.estimated || b.estimated,
    }
}

/// An estimate from the lengths of what was sent and of what came back.
pub(crate) fn estimate(request: &ChatRequest, answer_chars: usize) -> Usage {
    Usage {
        prompt_tokens: prompt_tokens(request),
        completion_tokens: tokens(answer_chars),
        cost_usd: None,
        estimated: true,
    }
}

/// About how many tokens a request has.
#[must_use]
pub fn prompt_tokens(request: &ChatRequest) -> u64 {
    let message = |message: &Message| {
        let chars = match message {
            Message::System { text } | Message::User { text } | Message::Tool { text, .. } => {
                text.chars().count()
            }
            Message::Assistant { text, calls } => {
                let calls = calls
                    .iter()
                    .map(|call| call.name.len() + call.arguments.chars().count());
                text.chars().count() + calls.sum::<usize>()
            }
        };
        tokens(chars) + MESSAGE_TOKENS
    };
    let tools = request.tools.iter().map(|tool| {
        tokens(tool.name.len() + tool.about.chars().count() + tool.arguments.to_string().len())
    });
    let shape = request
        .shape
        .as_ref()
        .map_or(0, |shape| tokens(shape.to_string().len()));
    request.messages.iter().map(message).sum::<u64>() + tools.sum::<u64>() + shape
}

fn tokens(chars: usize) -> u64 {
    (chars as u64).div_ceil(CHARS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn usage_is_read_from_what_servers_write() {
        let read =
            |json: Json| read(&json).map(|u| (u.prompt_tokens, u.completion_tokens, u.cost_usd));
        assert_eq!(
            read(json!({"prompt_tokens": 12, "completion_tokens": 3.0, "cost": 0.002})),
            Some((12, 3, Some(0.002)))
        );
        assert_eq!(
            read(json!({"prompt_tokens": 1, "cost": "0.5"})),
            Some((1, 0, Some(0.5)))
        );
        assert_eq!(
            read(json!({"prompt_tokens": 1, "cost": -1})),
            Some((1, 0, None))
        );
        assert_eq!(read(json!({})), None);
        assert_eq!(read(Json::Null), None);
    }
}
