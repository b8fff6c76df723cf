//! Proposes, never performs: chat to patch, node code, diagnoses, and fixes with proof.
//!
//! This crate refuses to know axum and yrs, and anything that can save a workflow, start a run or send a
//! call: what it makes is a [`Proposal`], and a person (or a policy that a person set) accepts it elsewhere.
//! What it may look at comes through the journal; what it may try comes through [`lab`], whose trials
//! run in memory on recorded outcomes.
//!
//! Reading order: [`model`] (the endpoint), [`proposal`] (what comes out), [`lab`] (what may be tried),
//! [`prompt`] and [`context`] (what a model is told), [`draft`] (a turn of a chat with a model), [`planner`]
//! (the same without one), [`code`] (a script for a node), [`explain`] (in words what is there), [`heal`] (fixes with proof).

pub mod code;
pub mod context;
pub mod draft;
pub mod explain;
pub mod heal;
pub mod lab;
pub mod model;
pub mod planner;
pub mod prompt;
pub mod proposal;

pub use proposal::Proposal;
