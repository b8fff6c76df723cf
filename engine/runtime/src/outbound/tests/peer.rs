//! A server of a few lines that counts who comes, and misbehaves on request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a peer sends: some bytes, and then others again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) start: Vec<u8>,
    pub(super) repeated: Vec<u8>,
    pub(super) times: usize,
    pub(super) pause: Duration,
}

impl Answer {
    /// A whole response with this head (after the version) and body.
    pub(super) fn whole(head: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
        Self {
            start: [head.as_bytes(), body].concat(),
            ..Self::default()
        }
    }

    pub(super) fn ok() -> Self {
        Self::whole("200 OK", b"")
    }

    /// A redirect with this status.
    pub(super) fn redirect(status: u16, location: &str) -> Self {
        Self::whole(&format!("{status} Moved\r\nlocation: {location}"), b"")
    }

    pub(super) fn raw(bytes: &[u8]) -> Self {
        Self {
            start: bytes.to_vec(),
            ..Self::default()
        }
    }

    /// The same answer, followed by these bytes without end.
    pub(super) fn endless(mut self, repeated: &[u8]) -> Self {
        (self.repeated, self.times) = (repeated.to_vec(), usize::MAX);
        self
    }
}

/// What a peer was sent.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    requests: Vec<String>,
}

/// A listening server; it stops when it is dropped.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    serving: Vec<JoinHandle<()>>,
}

impl Peer {
    /// Answers each request by its whole text.
    pub(super) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut peer = Self {
            address,
            seen: Arc::default(),
            serving: Vec::new(),
        };
        let answer: Arc<AnswerFn> = Arc::new(answer);
        // The same port of the IPv6 loopback, where there is one.
        if let Ok(other) = TcpListener::bind(("::1", address.port())).await {
            peer.serve(other, answer.clone());
        }
        peer.serve(listener, answer);
        peer
    }

    pub(super) async fn always(answer: Answer) -> Self {
        Self::start(move |_| answer.clone()).await
    }

    fn serve(&mut self, listener: TcpListener, answer: Arc<AnswerFn>) {
        let seen = self.seen.clone();
        self.serving.push(tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                seen.lock().expect("lock").connections += 1;
                tokio::spawn(converse(socket, seen.clone(), answer.clone()));
            }
        }));
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.lock().expect("lock").connections
    }

    /// The requests so far, each with head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.lock().expect("lock").requests.clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

type AnswerFn = dyn Fn(&str) -> Answer + Send + Sync;

async fn converse(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    seen: Arc<Mutex<Seen>>,
    answer: Arc<AnswerFn>,
) {
    while let Some(request) = read(&mut socket).await {
        seen.lock().expect("lock").requests.push(request.clone());
        if send(&mut socket, &answer(&request)).await.is_err() {
            return;
        }
    }
}

/// One request with its body; none when the other side hangs up.
pub(super) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text
            .split_once("\r\n\r\n")
            .is_some_and(|(head, body)| body.len() >= length(head))
        {
            return Some(text);
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn length(head: &str) -> usize {
    let line = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length:")
            .map(str::to_owned)
    });
    line.map_or(0, |number| number.trim().parse().expect("a length"))
}

pub(super) async fn send(
    socket: &mut (impl AsyncWrite + Unpin),
    answer: &Answer,
) -> std::io::Result<()> {
    socket.write_all(&answer.start).await?;
    for _ in 0..answer.times {
        socket.write_all(&answer.repeated).await?;
        socket.flush().await?;
        if !answer.pause.is_zero() {
            tokio::time::sleep(answer.pause).await;
        }
    }
    socket.flush().await
}
