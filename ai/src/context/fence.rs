//! Data inside a prompt: named as data, and unable to end its fence or to play a role.

use crate::proposal::visible;

/// Markers that chat templates give a meaning.
const MARKERS: [&str; 8] = [
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "### Instruction",
    "### System",
    "<s>",
    "</s>",
];

/// Data under a name. Nothing in it can end the fence, look like a role, or hide.
#[must_use]
pub fn fence(name: &str, text: &str) -> String {
    format!("<data name=\"{name}\">\n{}\n</data>", plain(text))
}

/// The text with tags, role markers and hidden characters written out.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut text = visible(text);
    for marker in MARKERS {
        if text.contains(marker) {
            text = text.replace(
                marker,
                &marker
                    .replace('[', "\\u005b")
                    .replace('#', "\\u0023")
                    .replace('<', "\\u003c"),
            );
        }
    }
    let mut told = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        let after = rest[at + 1..].chars().next().unwrap_or(' ');
        told.push_str(&rest[..at]);
        told.push_str(if after.is_ascii_alphabetic() || "/|!<".contains(after) {
            "\\u003c"
        } else {
            "<"
        });
        rest = &rest[at + 1..];
    }
    told.push_str(rest);
    told.lines().map(role).collect::<Vec<_>>().join("\n")
}

/// A line that begins like a turn of a conversation.
fn role(line: &str) -> String {
    let lower = line.trim_start().to_ascii_lowercase();
    let is_role = ["system:", "assistant:", "human:", "user:", "tool:"]
        .iter()
        .any(|role| lower.starts_with(role));
    if is_role {
        line.replacen(':', "\\u003a", 1)
    } else {
        line.to_owned()
    }
}
