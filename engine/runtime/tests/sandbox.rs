//! The pool of sandbox processes, against real processes.
//!
//! This program is both: the sandbox process when it is called as one, and the runner of the tests
//! otherwise. So nothing has to be built or found beforehand, under `cargo test` and nextest alike.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[path = "../../../tests/hostile/table.rs"]
mod table;

mod sandbox {
    pub(crate) mod broken;
    pub(crate) mod hostile;
    pub(crate) mod isolation;
    pub(crate) mod pool;
    pub(crate) mod speed;
    pub(crate) mod support;
}

use sandbox::{broken, hostile, isolation, pool, speed};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(flowforge_runtime::sandbox::worker::ARGUMENT) => {
            flowforge_runtime::sandbox::worker::main()
        }
        Some(broken::ARGUMENT) => broken::main(),
        Some(isolation::ARGUMENT) => isolation::main(),
        Some(speed::ARGUMENT) => speed::main(),
        _ => {
            let suites = [
                pool::trials(),
                broken::trials(),
                isolation::trials(),
                hostile::trials(),
            ];
            let trials: Vec<Trial> = suites.into_iter().flatten().collect();
            let mut arguments = Arguments::from_args();
            // They count the children and the open files of this process.
            arguments.test_threads.get_or_insert(1);
            libtest_mimic::run(&arguments, trials).exit_code()
        }
    }
}
