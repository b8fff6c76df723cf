//! The counting server as a program, to try the README by hand: `test-server [PORT] [LOG]`.
//!
//! Prints its address and stays until it is ended. `/count` tells how many requests came.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use flowforge_tests::TestServer;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let port = arguments
        .next()
        .map_or(Ok(0), |port| port.parse())
        .map_err(io::Error::other)?;
    let log = arguments.next().map(PathBuf::from);
    let server = TestServer::serve(port, log.as_deref())?;
    writeln!(io::stdout(), "{}", server.url(""))?;
    server.wait();
    Ok(())
}
