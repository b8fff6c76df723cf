//! The node types of the workspace that the document defines: whether they can be read, and are the newest.

use crate::node_type::Catalogue;
use crate::problem::{Place, Problem};
use crate::value::Value;
use crate::workflow::{NODE_TYPES, Workflow};

use super::{Report, short, step};

pub(super) fn check(workflow: &Workflow, catalogue: &Catalogue, report: &mut Report<'_>) {
    let Some(held) = workflow.extra.get(NODE_TYPES) else {
        return;
    };
    let Value::Record(held) = held else {
        let message = format!("`{NODE_TYPES}` holds no definitions by name");
        report.add(Problem::error(WRONG, message).at(Place::field(format!("/{NODE_TYPES}"))));
        return;
    };
    for name in held.keys() {
        let place = Place::field(format!("/{NODE_TYPES}/{}", step(name)));
        match workflow.definition(name) {
            None => {
                let message = format!("the definition of `{}` cannot be read", short(name));
                let hint = "it has a `version`, a `title` and a `code`".to_owned();
                report.add(Problem::error(WRONG, message).at(place).with_hint(hint));
            }
            Some(found) => older(name, found.version, catalogue, place, report),
        }
    }
}

const WRONG: &str = "wrong-definition";

fn older(name: &str, held: u64, catalogue: &Catalogue, place: Place, report: &mut Report<'_>) {
    let newest = catalogue
        .get(name)
        .and_then(|known| known.spec().definition.as_ref());
    if let Some(newest) = newest.filter(|newest| newest.version > held) {
        let message = format!(
            "`{}` is version {held} here, and version {} in the workspace",
            short(name),
            newest.version
        );
        let hint = format!("take `{NODE_TYPES}/{}` out to have the newest", short(name));
        report.add(
            Problem::warning("older-type", message)
                .at(place)
                .with_hint(hint),
        );
    }
}
