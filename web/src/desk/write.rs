//! Node code from a sentence, and explanations.

use flowforge_ai::code::{self, Expect, Order};
use flowforge_ai::context::Redaction;
use flowforge_ai::draft::Hear;
use flowforge_ai::explain::{self, Explained};
use flowforge_engine::{Clock, NodeId, RunId, Seq, Value, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;

use super::chats::Chat;
use super::error::DeskError;
use super::{Asking, Desk, Heard, new_id};

/// What a script should do, besides the words.
pub(crate) struct CodeOrder {
    /// The script node to rewrite; a new one when absent.
    pub(crate) node: Option<NodeId>,
    /// The node behind which a new one goes.
    pub(crate) after: Option<NodeId>,
    /// A value that comes in, when no recorded frame is named.
    pub(crate) sample: Option<Value>,
    /// What must come out: an output for the sample, or a JSON Schema.
    pub(crate) expect: Option<Value>,
}

/// What to explain.
pub(crate) enum Subject {
    Workflow(WorkflowId, Option<Box<Workflow>>),
    Frame(RunId, Seq),
    Difference(RunId, RunId),
}

impl Desk {
    /// Writes a script node as one turn of a conversation.
    pub(crate) async fn write_code(
        &self,
        chat: Chat,
        asking: &Asking,
        order: &CodeOrder,
        hear: Hear<'_>,
    ) -> Result<Heard, DeskError> {
        let workflow = self.seen(asking)?;
        let recorded = match (asking.run, asking.frame) {
            (Some(run), Some(frame)) => self.journal().frame(run, frame)?,
            _ => None,
        };
        // Of a frame of the node itself, what came in; of the node before it, what it gave.
        let of_itself = recorded.filter(|frame| {
            order
                .node
                .as_ref()
                .is_none_or(|node| *node == frame.node_id)
        });
        let recorded = of_itself.and_then(|frame| match order.node {
            Some(_) => frame.input,
            None => frame.output.map(|output| output.to_value()),
        });
        let inputs: Vec<Value> = order.sample.clone().or(recorded).into_iter().collect();
        let now = SystemClock.now();
        let order = Order {
            workflow: &workflow,
            node: order.node.as_ref(),
            after: order.after.as_ref(),
            sentence: &asking.text,
            inputs: &inputs,
            expect: order.expect.as_ref().map(Expect::of),
            chat: Some(&chat.id),
            id: new_id(),
            now,
        };
        let (lab, model) = (self.lab(), self.models.current(None));
        let catalogue = self.runtime.catalogue();
        let drafted = code::turn(&order, model.as_deref(), &lab, &catalogue, hear).await;
        self.kept_turn(chat, asking, now, drafted)
    }

    /// Explains in sentences: by rules, and in a model's words when there is one.
    pub(crate) async fn explain(&self, subject: Subject) -> Result<Explained, DeskError> {
        let (explained, question) = self.explained(subject)?;
        match self.models.current(None) {
            Some(model) => Ok(explain::in_words(explained, question, &*model, &mut |_| {}).await),
            None => Ok(explained),
        }
    }

    fn explained(&self, subject: Subject) -> Result<(Explained, &'static str), DeskError> {
        Ok(match subject {
            Subject::Workflow(id, draft) => {
                let workflow = match draft {
                    Some(draft) => *draft,
                    None => self.current(&id)?,
                };
                let explained = explain::workflow(&workflow, &self.runtime.catalogue());
                (explained, "What does this workflow do?")
            }
            Subject::Frame(run, seq) => {
                let frame = self.journal().frame(run, seq)?;
                let frame = frame.ok_or(DeskError::NoFrame { run, seq })?;
                let redaction = self.redaction(run)?;
                (explain::frame(&frame, &redaction), "What happened here?")
            }
            Subject::Difference(a, b) => {
                let diff = self.journal().diff(a, None, b, None)?;
                let explained = explain::difference(&diff, &self.redaction(a)?);
                (explained, "What is different, and why?")
            }
        })
    }

    /// What must not be shown of a run's values.
    fn redaction(&self, run: RunId) -> Result<Redaction, DeskError> {
        let row = self.journal().run(run)?.ok_or(DeskError::NoRun(run))?;
        let hash = row.workflow.hash;
        let workflow = self.journal().workflow(hash)?;
        let workflow = workflow.ok_or(DeskError::NoVersion(hash))?;
        Ok(Redaction::new(&workflow))
    }
}
