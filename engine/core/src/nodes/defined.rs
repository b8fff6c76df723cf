//! A node type of a workspace, as the catalogue shows it.

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, NodeSpec, NodeType};
use crate::nodes::built_in::plain;
use crate::workflow::Definition;

/// Shown and searched like any other node type. It runs as the script node that the workflow says it is, so it is
/// never evaluated itself.
pub struct Defined(NodeSpec);

/// The node type that this definition is; `about` is one sentence, `docs` a page in Markdown.
///
/// Its texts live as long as the process, like those of the built-in types: people make few of them.
#[must_use]
pub fn defined(name: &str, about: &str, docs: &str, definition: &Definition) -> Defined {
    let live = |text: &str| -> &'static str { text.to_owned().leak() };
    Defined(NodeSpec {
        icon: "blocks",
        docs: live(docs),
        params: serde_json::json!({ "type": "object", "properties": {} }),
        definition: Some(definition.clone()),
        ..plain(live(name), live(&definition.title), live(about))
    })
}

impl NodeType for Defined {
    fn spec(&self) -> &NodeSpec {
        &self.0
    }

    fn evaluate(&self, _: &dyn Activation) -> Result<Answer, Failure> {
        let message = format!(
            "the workflow does not hold the definition of `{}`",
            self.0.name
        );
        Err(Failure::new(FailureKind::InvalidParameter, message)
            .with_hint("save the workflow again"))
    }
}
