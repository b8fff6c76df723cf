//! Drives runs on tokio: asks the machine for effects, performs them, records outcomes.
//!
//! This crate refuses to know axum, yrs and HTTP routes. It decides nothing about a workflow: what
//! happens next is the machine's business (`flowforge_engine::machine`); how it is kept is the
//! journal's (`flowforge_snapshots`). What is here are the laws of doing: recorded before relied on, done is
//! done, in doubt say so.
//!
//! Reading order: [`Runtime`] (start, resume, cancel, signal), `drive` (one run's loop), `perform` (effects for
//! real), [`outbound`] (HTTP that goes to public addresses only), `models` (who answers questions), [`sandbox`]
//! (hostile code in processes of its own), `recordings` (effects from the past), [`fork`] and [`replay`] (time
//! travel), [`trial`] (what a changed workflow would have done, in memory) and [`mend`] (a failed run goes on with it).

mod clock;
mod counts;
mod drive;
mod error;
pub mod fork;
mod load;
mod memo;
pub mod mend;
mod models;
pub mod outbound;
mod perform;
mod recorder;
mod recordings;
pub mod replay;
mod runtime;
pub mod sandbox;
pub mod trial;

pub use clock::SystemClock;
pub use counts::Counts;
pub use drive::{RunEnd, Wait};
pub use error::RuntimeError;
pub use models::{Answering, Hear, Models, NoModels, Piece, Question};
pub use runtime::{RunHandle, Runtime, RuntimeConfig, StartRun};
