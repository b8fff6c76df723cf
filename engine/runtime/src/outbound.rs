//! Performs the `Http` effect: the only door through which a workflow reaches the network.
//!
//! Workflows are written by many hands and by models, and their URLs come out of data. So a call goes
//! to public addresses only, unless the operator allowed the host by name, and everything about it is
//! bounded: time, bytes, headers, redirects. Reading order: [`guard`] (where a call may go), [`resolver`]
//! (the addresses of a name), [`redirect`] (what goes along to the next host), [`response`] (what comes
//! back).
//!
//! *Why two clients?* A connection is kept and used again by its host and port. Those that were made
//! under the public rule and those that the operator allowed never mix, and each pool holds only
//! connections that were checked by its own rule when they were made.

mod address;
mod allow;
mod body;
mod guard;
mod redirect;
mod refusal;
mod request;
mod resolver;
mod response;
mod trouble;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flowforge_engine::effect::Outcome;
use flowforge_engine::{Failure, FailureKind, Value};
use reqwest::{Client, ClientBuilder, Response};
use rustls::crypto::aws_lc_rs;
use tokio::sync::Semaphore;
use url::Url;

pub use allow::{AllowedHost, AllowedHostError};

use guard::{Guard, Passage, target};
use refusal::Target;
use request::{Hop, Terms};
use resolver::{Lookup, Resolver, SystemLookup};

/// How long looking up, connecting and shaking hands may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an unused connection is kept. Short, because a server that closes it at the very moment it
/// is used again makes a call fail.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Unused connections kept per host.
const IDLE_MAX: usize = 16;

/// Most headers of a response.
const RESPONSE_HEADERS_MAX: usize = 256;

/// What bounds outbound calls.
#[derive(Clone, Debug)]
pub struct OutboundConfig {
    /// Hosts that may be called whatever their address is.
    pub allow: Vec<AllowedHost>,
    /// Ports that this process listens on; refused on hosts that are not allowed by name.
    pub own_ports: Vec<u16>,
    /// The longest time limit that a call may ask for.
    pub timeout_ms_max: u64,
    /// The largest response that a call may ask for.
    pub bytes_max: u64,
    /// Calls that are performed at once; more wait for their turn before their time limit begins.
    pub calls_max: usize,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            own_ports: Vec::new(),
            timeout_ms_max: 60 * 60 * 1000,
            bytes_max: 64 * 1024 * 1024,
            calls_max: 256,
        }
    }
}

/// Performs HTTP calls under the outbound rules. Cheap to share; connections are kept and used again.
#[derive(Debug)]
pub struct Outbound {
    config: OutboundConfig,
    guard: Guard,
    turns: Semaphore,
    public: Door,
    allowed: Door,
}

impl Outbound {
    /// Calls within these bounds. Opens nothing yet.
    #[must_use]
    pub fn new(config: OutboundConfig) -> Self {
        Self::with_lookup(config, Arc::new(SystemLookup::default()))
    }

    pub(crate) fn with_lookup(config: OutboundConfig, lookup: Arc<dyn Lookup>) -> Self {
        Self {
            guard: Guard {
                allow: config.allow.clone(),
                own_ports: config.own_ports.clone(),
            },
            turns: Semaphore::new(config.calls_max),
            public: Door::new(Resolver::new(lookup.clone(), Passage::Public)),
            allowed: Door::new(Resolver::new(lookup, Passage::Allowed)),
            config,
        }
    }

    /// Performs the call that the request of an `Http` effect asks for.
    ///
    /// The request is `{method, url, headers, body, responseAs, bytesMax, redirectsMax, timeoutMs,
    /// idempotencyKey}`; all but `url` may be absent. The outcome is `{status, headers, body, url}`, for
    /// every status; with `redirectsMax: 0` also for a redirect. Dropping the future ends the call.
    ///
    /// # Errors
    /// `BlockedAddress` when the call, or a redirect, may not go there; `InvalidParameter` when the
    /// request cannot be sent; `Connection`, `Timeout` and `Limit` when the exchange does not end well;
    /// `InvalidInput` when a success should be JSON and is not.
    pub async fn call(&self, request: &Value) -> Outcome {
        let (hop, terms) = request::parse(request, &self.config)?;
        let host = hop.url.host_str().unwrap_or_default().to_owned();
        let _turn = self
            .turns
            .acquire()
            .await
            .expect("the turns are never closed");
        match tokio::time::timeout(terms.timeout, self.follow(hop, terms)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(trouble::late(&host, terms.timeout)),
        }
    }

    /// A client for a library that calls this URL's host itself, under the same rules: every name that it looks up
    /// is checked, and it follows no redirect.
    ///
    /// # Errors
    /// `BlockedAddress` when calls may not go there.
    pub fn client_for(&self, url: &Url) -> Result<Client, Failure> {
        let passage = self
            .guard
            .check(url)
            .map_err(|refusal| refusal.into_failure(false))?;
        self.door(passage).client().cloned()
    }

    fn door(&self, passage: Passage) -> &Door {
        match passage {
            Passage::Public => &self.public,
            Passage::Allowed => &self.allowed,
        }
    }

    /// Sends the request, and what each redirect asks for, until there is a response.
    async fn follow(&self, mut hop: Hop, terms: Terms) -> Outcome {
        for redirects in 0..=terms.redirects_max {
            let (response, target) = self.send(&hop, redirects > 0).await?;
            match redirect::location(&response) {
                Some(location) if terms.redirects_max > 0 => {
                    hop = redirect::follow(hop, response.status(), location)?;
                }
                _ => return response::read(response, &target, terms).await,
            }
        }
        Err(redirect::too_many(terms.redirects_max))
    }

    /// Sends one request, if it may go there.
    async fn send(&self, hop: &Hop, redirected: bool) -> Result<(Response, Target), Failure> {
        let passage = self
            .guard
            .check(&hop.url)
            .map_err(|refusal| refusal.into_failure(redirected))?;
        let target = target(&hop.url).map_err(|refusal| refusal.into_failure(redirected))?;
        let mut request = self
            .door(passage)
            .client()?
            .request(hop.method.clone(), hop.url.clone())
            .headers(hop.headers.clone());
        if let Some(body) = &hop.body {
            request = request.body(body.clone());
        }
        match request.send().await {
            Ok(response) => Ok((response, target)),
            Err(error) => Err(trouble::unanswered(&error, &target, redirected)),
        }
    }
}

/// A client that is made when it is first needed: reading the system's certificates takes a while,
/// and most runs call nobody.
#[derive(Debug)]
struct Door {
    resolver: Arc<Resolver>,
    client: OnceLock<Client>,
}

impl Door {
    fn new(resolver: Resolver) -> Self {
        Self {
            resolver: Arc::new(resolver),
            client: OnceLock::new(),
        }
    }

    fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.open()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Without any certificates to trust, https is refused by each host's certificate, and http still works.
    fn open(&self) -> Result<Client, Failure> {
        install_provider();
        let opened = self.builder().build().or_else(|_| {
            tracing::warn!("no certificates of the system can be read: https calls will fail");
            self.builder().tls_certs_only([]).build()
        });
        opened.map_err(|_| Failure::new(FailureKind::Internal, "the HTTP client could not be made"))
    }

    /// No proxy is taken from the environment: it would connect to addresses that were not checked.
    /// Brotli is not asked for: its streams may demand a window of a gigabyte.
    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .dns_resolver(self.resolver.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_brotli()
            .referer(false)
            .user_agent(concat!("flowforge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .http1_max_headers(RESPONSE_HEADERS_MAX)
            .http2_max_header_list_size(response::HEADER_BYTES_MAX as u32)
    }
}

/// Chooses one cryptography for the whole process, so that a second one in the dependencies cannot
/// make it ambiguous. An earlier choice stands.
fn install_provider() {
    drop(aws_lc_rs::default_provider().install_default());
}
