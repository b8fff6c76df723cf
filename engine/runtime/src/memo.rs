//! Equal pure work is not repeated: replies to evaluations, by the address of what was evaluated.

use std::collections::HashMap;
use std::sync::Mutex;

use flowforge_engine::Address;
use flowforge_engine::script::{EvaluateReply, Evaluated};

/// Most replies kept.
const REPLIES_MAX: usize = 4096;
/// Largest reply kept, by the encoded size of its values.
const REPLY_BYTES_MAX: u64 = 64 * 1024;

/// Replies by request. When it is full it starts over: what is still needed comes back soon.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    replies: Mutex<HashMap<Address, EvaluateReply>>,
}

impl Memo {
    pub(crate) fn get(&self, request: &Address) -> Option<EvaluateReply> {
        self.replies
            .lock()
            .expect("no holder of this lock panics")
            .get(request)
            .cloned()
    }

    /// Keeps a reply that depends on nothing but its request: a failure may depend on the machine's load.
    pub(crate) fn put(&self, request: Address, reply: &EvaluateReply) {
        let Evaluated::Done(values) = &reply.result else {
            return;
        };
        if values
            .iter()
            .map(flowforge_engine::Value::size_bytes)
            .sum::<u64>()
            > REPLY_BYTES_MAX
        {
            return;
        }
        let mut replies = self.replies.lock().expect("no holder of this lock panics");
        if replies.len() >= REPLIES_MAX {
            replies.clear();
        }
        replies.insert(request, reply.clone());
    }
}
