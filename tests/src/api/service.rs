//! The real service as a process, with a data folder and a token of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value as JsonValue;

use crate::case::CaseError;
use crate::process::Home;

/// Longest wait for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(20);
/// Where a service logs to, beside its data folder.
const LOG: &str = "service.log";
/// Headers of an answer that cases show, when they are there.
const SHOWN: &[&str] = &[
    "location",
    "etag",
    "allow",
    "retry-after",
    "www-authenticate",
];

/// A running service. It is ended when this is dropped.
#[derive(Debug)]
pub struct Service {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub address: String,
    /// An API token.
    pub token: String,
    /// Its data folder.
    pub home: Home,
    child: Child,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers that cases show, and the content type unless it is JSON.
    pub shown: Vec<(String, String)>,
    /// The whole body.
    pub body: String,
}

impl Service {
    /// Starts the binary under test as a service on a port of its own.
    ///
    /// # Errors
    /// When it does not say that it is ready.
    pub fn start(arguments: &[&str]) -> Result<Self, CaseError> {
        Self::on(Home::new(), arguments)
    }

    /// Starts it on a data folder that may have been used before.
    ///
    /// # Errors
    /// When it does not say that it is ready.
    pub fn on(home: Home, arguments: &[&str]) -> Result<Self, CaseError> {
        let token = home.ok(&["token", "create", "tests"]);
        let (child, address) = serve(&home, arguments)?;
        Ok(Self {
            address,
            token: text_of(&token, "token")?,
            home,
            child,
            client: Client::builder().no_proxy().timeout(ANSWER_WAIT).build()?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        })
    }

    /// Sends a request as cases write it: a line with method and path, headers, an empty line, the body.
    ///
    /// # Errors
    /// When it is no request, or there is no answer.
    pub fn send(&self, request: &str) -> Result<Answer, CaseError> {
        let request = self.request(request)?;
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let shown = shown(response.headers());
            let body = response.text().await?;
            Ok(Answer {
                status,
                shown,
                body,
            })
        })
    }

    /// Kills the process as a power cut would, and starts another on the same folder.
    ///
    /// # Errors
    /// When that does not say that it is ready.
    pub fn restart_after_kill(&mut self, arguments: &[&str]) -> Result<(), CaseError> {
        self.kill()?;
        (self.child, self.address) = serve(&self.home, arguments)?;
        Ok(())
    }

    /// Ends the process, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> Result<(), CaseError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// What the processes have logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String, CaseError> {
        Ok(std::fs::read_to_string(self.home.path(LOG))?)
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn request(&self, text: &str) -> Result<RequestBuilder, CaseError> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let (method, path) = first
            .split_once(' ')
            .ok_or("a request starts with METHOD PATH")?;
        let url = format!("{}{}", self.address, path.trim());
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {}", self.token).parse()?);
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for line in lines {
            let (name, value) = line.split_once(':').ok_or("a header is NAME: VALUE")?;
            let name: HeaderName = name.trim().parse()?;
            match value.trim() {
                "none" => drop(headers.remove(name)),
                value => drop(headers.insert(name, value.parse()?)),
            }
        }
        let request = self
            .client
            .request(Method::from_bytes(method.as_bytes())?, url);
        Ok(request.headers(headers).body(body.to_owned()))
    }
}

/// Starts the service; the process, and its address once it is ready.
fn serve(home: &Home, arguments: &[&str]) -> Result<(Child, String), CaseError> {
    let serve = [
        "--json",
        "serve",
        "--no-examples",
        "--listen",
        "127.0.0.1:0",
    ];
    let mut command = home.command(&[&serve, arguments].concat());
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.path(LOG))?;
    command.stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("no stdout")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let ready: JsonValue = serde_json::from_str(&line)?;
    let address = text_of(&ready, "address")?.trim_end_matches('/').to_owned();
    Ok((child, address))
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shown(headers: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let content_type = text("content-type").filter(|kind| !kind.starts_with("application/json"));
    let content_type = content_type.map(|kind| ("content-type".to_owned(), kind));
    let others = SHOWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), text(name)?)));
    content_type.into_iter().chain(others).collect()
}

fn text_of(json: &JsonValue, field: &str) -> Result<String, CaseError> {
    let text = json[field]
        .as_str()
        .ok_or_else(|| format!("no `{field}` in {json}"))?;
    Ok(text.to_owned())
}
