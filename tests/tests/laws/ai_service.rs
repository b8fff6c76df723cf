//! What a person is promised about the AI, held against the real service and a model that says what a script says.
//!
//! The model may be wrong, slow, broken or hijacked: what it can bring about is a proposal, and words.

mod decide;
mod faults;
mod healed;
mod hijacked;
mod injected;
mod planned;
mod prompts;
mod settings;
mod stage;
