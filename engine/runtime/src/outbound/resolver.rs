//! Looks names up, and gives out only what may be connected to.
//!
//! The addresses that are checked here are the very ones that the connection is made to: a name that
//! answers with a public address first and with a private one a moment later gains nothing.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::{Class, class_of};
use super::guard::Passage;

/// Names that are looked up at once. The system's resolver holds a thread for each, for as long as a
/// dead name server makes it wait, also when nobody waits for the answer any more.
const LOOKUPS_MAX: usize = 64;

/// The addresses of a name, to come. Their port is 0.
pub(crate) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Finds the addresses of a name.
pub(crate) trait Lookup: Send + Sync {
    fn lookup(&self, name: &str) -> Looking;
}

/// Asks the operating system.
#[derive(Debug)]
pub(crate) struct SystemLookup {
    permits: Arc<Semaphore>,
}

impl Default for SystemLookup {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> Looking {
        let (name, permits) = (name.to_owned(), self.permits.clone());
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let find = move || {
                let _until_the_thread_is_free = permit;
                Ok((name.as_str(), 0).to_socket_addrs()?.collect())
            };
            tokio::task::spawn_blocking(find)
                .await
                .map_err(io::Error::other)?
        })
    }
}

/// A name has an address that is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to {0}")]
pub(crate) struct NotPublic(pub(crate) Class);

/// The name has no address, or nobody could say.
#[derive(Debug, thiserror::Error)]
#[error("the name was not found")]
pub(crate) struct Unknown(#[source] io::Error);

/// What reqwest asks before it connects to a name.
pub(crate) struct Resolver {
    lookup: Arc<dyn Lookup>,
    passage: Passage,
}

impl Resolver {
    pub(crate) fn new(lookup: Arc<dyn Lookup>, passage: Passage) -> Self {
        Self { lookup, passage }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("passage", &self.passage)
            .finish_non_exhaustive()
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (looking, passage) = (self.lookup.lookup(name.as_str()), self.passage);
        Box::pin(async move {
            let addresses = looking.await.map_err(Unknown)?;
            if passage == Passage::Public {
                check_public(&addresses)?;
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// Refuses when any answer is not public. Why not only those? A name that has both is either an attack or a mistake.
fn check_public(addresses: &[SocketAddr]) -> Result<(), NotPublic> {
    match addresses.iter().find_map(|address| class_of(address.ip())) {
        Some(class) => Err(NotPublic(class)),
        None => Ok(()),
    }
}
