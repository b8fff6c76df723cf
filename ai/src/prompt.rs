//! Prompts: files in `prompts/`, embedded, versioned by their hash, filled strictly.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::model::Message;

/// A prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// A new workflow from a request.
    Build,
    /// A change of a workflow.
    Edit,
    /// A script for a node.
    Code,
    /// How a failed node is mended.
    Fix,
    /// A workflow or a run in words.
    Explain,
}

/// A prompt could not be filled: a variable is missing, or the file is wrong.
#[derive(Debug, thiserror::Error)]
#[error("the prompt `{prompt}` could not be filled: {reason}")]
pub struct PromptError {
    prompt: &'static str,
    reason: String,
}

/// Between the rules and the request.
const USER: &str = "\n<!-- user -->\n";

impl Prompt {
    /// Every prompt.
    pub const ALL: [Self; 5] = [
        Self::Build,
        Self::Edit,
        Self::Code,
        Self::Fix,
        Self::Explain,
    ];

    /// Its name: the file's, without the ending.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Edit => "edit",
            Self::Code => "code",
            Self::Fix => "fix",
            Self::Explain => "explain",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Build => include_str!("../../prompts/build.md"),
            Self::Edit => include_str!("../../prompts/edit.md"),
            Self::Code => include_str!("../../prompts/code.md"),
            Self::Fix => include_str!("../../prompts/fix.md"),
            Self::Explain => include_str!("../../prompts/explain.md"),
        }
    }

    /// Its name and version, as receipts show them: `edit@1f0c33d2`.
    #[must_use]
    pub fn version(self) -> String {
        let hash = blake3::hash(self.file().as_bytes()).to_hex();
        format!("{}@{}", self.name(), &hash[..8])
    }

    /// A field of the front matter.
    fn field(self, name: &str) -> Option<&'static str> {
        let (front, _) = self.file().strip_prefix("---\n")?.split_once("\n---\n")?;
        front
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The variables that it wants.
    #[must_use]
    pub fn inputs(self) -> Vec<&'static str> {
        self.field("inputs")
            .map_or_else(Vec::new, |inputs| inputs.split(", ").collect())
    }

    /// Most tokens of its answer.
    #[must_use]
    pub fn tokens(self) -> u32 {
        self.field("tokens")
            .and_then(|tokens| tokens.parse().ok())
            .unwrap_or(1_000)
    }

    /// The rules and the request, filled.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn fill(self, variables: &impl Serialize) -> Result<Vec<Message>, PromptError> {
        let error = |reason: String| PromptError {
            prompt: self.name(),
            reason,
        };
        let body = self
            .file()
            .split_once("\n---\n")
            .map_or("", |(_, body)| body);
        let (rules, request) = body
            .split_once(USER)
            .ok_or_else(|| error("the line `<!-- user -->` is missing".into()))?;
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let request = environment
            .render_str(request, minijinja::value::Serde(variables))
            .map_err(|problem| error(problem.to_string()))?;
        Ok(vec![
            // Rules hold braces of expressions and are not templates.
            Message::System {
                text: rules.to_owned(),
            },
            Message::User { text: request },
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// The prompt with every variable filled by its own name.
    fn rendered(prompt: Prompt) -> String {
        let variables: BTreeMap<_, _> = prompt
            .inputs()
            .into_iter()
            .map(|name| (name, format!("<the {name}>")))
            .collect();
        let messages = prompt.fill(&variables).unwrap();
        let texts = messages.iter().map(|message| match message {
            Message::System { text } => format!("SYSTEM\n{text}\n"),
            Message::User { text } => format!("USER\n{text}\n"),
            other => panic!("{other:?}"),
        });
        let texts: String = texts.collect();
        format!(
            "{} answer at most {} tokens\n{texts}",
            prompt.version(),
            prompt.tokens()
        )
    }

    #[test]
    fn a_changed_prompt_needs_a_changed_case() {
        for prompt in Prompt::ALL {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("src/prompt/cases")
                .join(format!("{}.txt", prompt.name()));
            let found = rendered(prompt);
            if std::env::var_os("FLOWFORGE_REWRITE").is_some() {
                std::fs::write(&path, &found).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                expected == found,
                "{} changed; look at it, then run with FLOWFORGE_REWRITE=1",
                prompt.name()
            );
        }
    }

    #[test]
    fn a_missing_variable_is_an_error() {
        let error = Prompt::Explain
            .fill(&BTreeMap::<&str, &str>::new())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the prompt `explain` could not be filled"),
            "{error}"
        );
    }

    #[test]
    fn every_prompt_calls_data_data() {
        for prompt in Prompt::ALL {
            assert!(prompt.file().contains("is data"), "{}", prompt.name());
            assert!(!prompt.inputs().is_empty(), "{}", prompt.name());
        }
    }
}
