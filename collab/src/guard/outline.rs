//! An update without what is in it: which clocks it brings, and what each of its structs stands on.

/// The client and clock of an item.
pub(super) type Id = (u64, u32);

/// What a struct lies in, when it says so itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parent {
    /// A root, by its name.
    Root(String),
    /// A shared type, by the item that holds it.
    Item(Id),
}

/// What a struct is.
#[derive(Clone, Debug, Default)]
pub(super) enum Step {
    /// What is gone: nothing is known of it.
    #[default]
    Gone,
    /// What the update leaves out.
    LeftOut,
    /// An item.
    Item {
        /// The neighbours that it was put between.
        left: Option<Id>,
        right: Option<Id>,
        /// What it lies in, and under which key; only without neighbours.
        parent: Option<(Parent, Option<String>)>,
        /// Whether others may lie in it.
        is_type: bool,
    },
}

/// The structs of one client, with the clock after each.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) client: u64,
    pub(super) start: u32,
    pub(super) steps: Vec<(u32, Step)>,
}

/// An update without what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    /// Up to which clock it deletes something, by client.
    pub(super) deletions: Vec<Id>,
}

impl Outline {
    pub(super) fn begin(&mut self, client: u64, start: u32) {
        let steps = Vec::new();
        self.sections.push(Section {
            client,
            start,
            steps,
        });
    }

    pub(super) fn push(&mut self, end: u32, step: Step) {
        if let Some(section) = self.sections.last_mut() {
            section.steps.push((end, step));
        }
    }
}
