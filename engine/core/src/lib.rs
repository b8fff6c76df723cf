//! The model and the machine, pure and synchronous.
//!
//! This crate refuses to know tokio, sockets, disk, the clock, chance, threads and the environment:
//! time, ids and chance come in as arguments, effects go out as data. Given the same events it gives
//! the same bytes.
//!
//! Reading order: [`value`] (what flows), [`workflow`] (the document), [`check`](mod@check) (what is
//! wrong with it), [`node_type`] and [`nodes`] (the catalogue), [`script`] (Rhai and `{{ }}`),
//! [`effect`] and [`event`] (what goes out, what is recorded), [`machine`] (run + arrival -> events +
//! effects), [`frame`] (what a person looks at), [`fold`] (events -> frames and snapshots).

pub mod check;
pub mod edit;
pub mod effect;
pub mod event;
pub mod failure;
pub mod fold;
pub mod frame;
pub mod id;
pub mod machine;
pub mod node_type;
pub mod nodes;
pub mod problem;
pub mod script;
pub mod time;
pub mod value;
pub mod workflow;

pub use failure::{Failure, FailureKind};
pub use id::{FrameId, NodeId, Path, PathStep, RunId, ScopeId, Seq, WorkflowId};
pub use problem::{Place, Problem, Severity};
pub use time::{Clock, Timestamp};
pub use value::{Address, Value};
pub use workflow::Workflow;
