//! A peer in a shared document: a Yjs document of its own, joined to a service's room by a real socket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowforge_collab::document;
use flowforge_collab::wire::{self, Message};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, ReadTxn, StateVector, Transact, Update};

use crate::api::Service;
use crate::case::CaseError;

/// Longest wait for something to come.
const WAIT: Duration = Duration::from_secs(20);
const MINE: &str = "mine";
const THEIRS: &str = "theirs";

/// A peer. It reads only when it is asked to.
pub struct Peer {
    /// Its copy of the document.
    pub doc: Doc,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    unsent: Arc<Mutex<Vec<Vec<u8>>>>,
    runtime: Runtime,
}

impl Peer {
    /// Joins the room of a workflow with the service's own token, and gets what is there.
    ///
    /// # Errors
    /// When it is not let in.
    pub fn join(service: &Service, workflow: &str, client: u64) -> Result<Self, CaseError> {
        Self::with(service, &service.token, workflow, document::open(client))
    }

    /// Joins with this token and what this document holds already.
    ///
    /// # Errors
    /// When it is not let in.
    pub fn with(
        service: &Service,
        token: &str,
        workflow: &str,
        doc: Doc,
    ) -> Result<Self, CaseError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let host = service.address.trim_start_matches("http://");
        let url = format!("ws://{host}/collab/{workflow}?token={token}&name=peer");
        let (socket, _) = runtime.block_on(connect_async(url))?;
        let unsent: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let waiting = Arc::clone(&unsent);
        doc.observe_update_v1(MINE, move |txn, event| {
            let is_theirs = txn
                .origin()
                .is_some_and(|origin| origin.as_ref() == THEIRS.as_bytes());
            if !is_theirs {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push(event.update.clone());
            }
        })?;
        let mut peer = Self {
            doc,
            socket,
            unsent,
            runtime,
        };
        peer.sync()?;
        Ok(peer)
    }

    /// Sends what was changed here, and waits until the service has said that it keeps it; hears what others did.
    ///
    /// # Errors
    /// When the connection ends.
    pub fn sync(&mut self) -> Result<(), CaseError> {
        self.send_changes()?;
        let has = self.doc.transact().state_vector().encode_v1();
        self.send(wire::step_1(&has))?;
        while !self.hear()? {}
        Ok(())
    }

    /// Sends what was changed here, and waits for nothing.
    ///
    /// # Errors
    /// When the connection ends.
    pub fn send_changes(&mut self) -> Result<(), CaseError> {
        let changes = {
            let mut unsent = self.unsent.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *unsent)
        };
        for change in changes {
            self.send(wire::update(&change))?;
        }
        Ok(())
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn send(&mut self, message: Vec<u8>) -> Result<(), CaseError> {
        self.send_frame(Frame::Binary(message.into()))
    }

    /// Sends this frame as it is.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn send_frame(&mut self, frame: Frame) -> Result<(), CaseError> {
        Ok(self.runtime.block_on(self.socket.send(frame))?)
    }

    /// Hears what others do until this holds.
    ///
    /// # Errors
    /// When it does not come to that.
    pub fn until(&mut self, mut holds: impl FnMut(&Doc) -> bool) -> Result<(), CaseError> {
        while !holds(&self.doc) {
            self.hear()?;
        }
        Ok(())
    }

    /// Reads until the service closes the socket; the close frame.
    ///
    /// # Errors
    /// When it stays open.
    pub fn closed(&mut self) -> Result<Option<CloseFrame>, CaseError> {
        loop {
            match self.next()? {
                Some(Frame::Close(frame)) => return Ok(frame),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// The whole document, to compare with another's.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let txn = self.doc.transact();
        txn.encode_state_as_update_v1(&StateVector::default())
    }

    /// Takes in one frame. Whether it was the answer to a step 1.
    fn hear(&mut self) -> Result<bool, CaseError> {
        let frame = self.next()?.ok_or("the service closed the socket")?;
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            Frame::Close(frame) => return Err(format!("closed: {frame:?}").into()),
            _ => return Ok(false),
        };
        let (message, _) = wire::read(&bytes)?;
        match message {
            Message::Step1(has) => {
                let has = StateVector::decode_v1(has)?;
                let missing = self.doc.transact().encode_state_as_update_v1(&has);
                self.send(wire::step_2(&missing))?;
            }
            Message::Step2(update) | Message::Update(update) => {
                let mut txn = self.doc.transact_mut_with(THEIRS);
                txn.apply_update(Update::decode_v1(update)?)?;
            }
            _ => {}
        }
        Ok(matches!(message, Message::Step2(_)))
    }

    fn next(&mut self) -> Result<Option<Frame>, CaseError> {
        let next = self
            .runtime
            .block_on(async { timeout(WAIT, self.socket.next()).await });
        match next.map_err(|_| "nothing came for twenty seconds")? {
            Some(Ok(frame)) => Ok(Some(frame)),
            None | Some(Err(tungstenite::Error::ConnectionClosed)) => Ok(None),
            Some(Err(tungstenite::Error::Io(_) | tungstenite::Error::Protocol(_))) => Ok(None),
            Some(Err(error)) => Err(error.into()),
        }
    }
}
