//! Many hands, one document: a workflow as Yjs types and back, rooms, presence.
//!
//! This crate refuses to know sockets, HTTP, models and the disk: a room takes bytes and gives bytes, and says
//! what must be kept before they are passed on. It asks neither the clock nor chance.
//!
//! Reading order: [`document`] (a workflow as shared types), [`project`] (and back), [`touched`] (what a change was
//! about), [`room`] (who is in it, and what a message does), [`wire`] (the messages), [`guard`] (a look at bytes of
//! strangers before anything is built from them), [`presence`] (who is where),
//! [`pace`] (how much one peer may send), [`authored`] (changes that one browser can take back).

pub mod authored;
pub mod document;
pub mod guard;
pub mod pace;
pub mod presence;
pub mod project;
pub mod proposals;
pub mod room;
pub mod touched;
pub mod wire;
