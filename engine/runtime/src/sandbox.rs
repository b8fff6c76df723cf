//! Scripts run in child processes of the same binary, because they are hostile.
//!
//! Rhai's own limits do not hold against everything: a native call can outlast them, a deep value can
//! overflow the stack, an allocation can be too large. So a script runs in a process that has nothing to
//! lose: no environment, no files, no network, little memory, and it is killed when its time is over. A
//! crash there is a failed frame here.
//!
//! Reading order: [`Pool`] (what the rest of the runtime asks), `process` (one child, seen from the
//! parent), [`worker`] (the child itself), `confine` (what the child gives up), `wire` (what they say).

mod confine;
mod memory;
mod pool;
mod process;
mod wire;
pub mod worker;

pub use pool::{Pool, PoolConfig};
