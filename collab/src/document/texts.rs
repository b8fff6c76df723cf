//! Which parameters are text that several people may write in at once.

use std::collections::BTreeMap;

use flowforge_engine::node_type::Catalogue;

/// The parameters, by node type, that hold code or a prompt.
#[derive(Clone, Debug, Default)]
pub struct Texts(BTreeMap<String, Vec<String>>);

impl Texts {
    /// Whether this parameter of this node type is shared text.
    #[must_use]
    pub fn is_text(&self, kind: &str, param: &str) -> bool {
        let params = self.0.get(kind);
        params.is_some_and(|params| params.iter().any(|name| name == param))
    }
}

impl From<&Catalogue> for Texts {
    fn from(catalogue: &Catalogue) -> Self {
        let code_of = |code: &[&str]| code.iter().map(|name| (*name).to_owned()).collect();
        let types = catalogue.iter().map(|node_type| {
            let spec = node_type.spec();
            (spec.name.to_owned(), code_of(spec.code))
        });
        Self(types.collect())
    }
}
