//! Language models: nodes that ask one, and what is asked and answered.
//!
//! The effect `model` is known here as values only; who answers it is decided at the edge.
//! - **Request:** `{model?, messages, tools?, shape?, maxTokens}`. A message is `{role: "system" | "user", text}`,
//!   `{role: "assistant", text, calls?}` or `{role: "tool", call, text}`; a tool is `{name, about, arguments}`
//!   with a JSON Schema; `shape` is a JSON Schema that the answer must fit.
//! - **Outcome:** `{text, value?, calls?, model, usage: {promptTokens, completionTokens, costUsd?}, cut?}`. A call
//!   is `{id, name, arguments}`, the arguments being text as the model wrote it. `value` is the JSON in the
//!   text, when a shape was asked for. A plain text counts as an answer that says just that, so that a
//!   person can put one in its place.
//!
//! Nothing goes to a model but what the author's templates name and what tools answered.

pub(super) mod agent;
mod fence;
pub(super) mod prompt;
mod reply;
mod shape;
mod spent;
mod talk;
mod tool;
mod toolbox;

pub use reply::value_in;
