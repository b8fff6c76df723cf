//! Many hands, one document: a workflow as Yjs types and back, rooms, presence.
//!
//! This crate refuses to know sockets, HTTP, models and the disk: a room takes bytes and gives bytes, and says
//! what must be kept before they are passed on. It asks neither the clock nor chance.

pub mod document;
pub mod guard;
pub mod project;
pub mod room;
pub mod touched;
