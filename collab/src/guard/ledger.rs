//! Where every item of a document lies: what an update must fit to be let in.
//!
//! yrs trusts the neighbours and parents that an update names. Items put between neighbours of two different lists,
//! or into what holds nothing, make it walk in circles or leave things alive in a parent that is gone; and what comes
//! before what it stands on is merged later, by code that trusts even more. So a room keeps this ledger beside its
//! document, lets in only what fits, and keeps what comes too early outside until it fits.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use super::DEPTH_MAX;
use super::outline::{Id, Outline, Parent, Section, Step};

/// Why an update is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It stands on something that is not there yet; it may fit later.
    #[error("the change stands on clock {clock} of client {client}, which is not there yet")]
    Early {
        /// Whose.
        client: u64,
        /// The clock.
        clock: u32,
    },
    /// It says of an item what cannot be.
    #[error(
        "clock {clock} of client {client} lies between neighbours of two lists, in what holds nothing, or deeper than {DEPTH_MAX} levels"
    )]
    Forged {
        /// Whose.
        client: u64,
        /// The clock.
        clock: u32,
    },
}

/// The number of a place: a list, or a key of a map. Of what is gone, the place is not known.
type Place = Option<u32>;

/// Items of one client, up to a clock, that lie in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    end: u32,
    place: Place,
    is_type: bool,
    is_gone: bool,
}

impl Run {
    fn is_like(self, other: Self) -> bool {
        Self { end: 0, ..self } == Self { end: 0, ..other }
    }
}

/// Where every item of a document lies. In order and not hashed: strangers choose the keys, and a hash that bears with that
/// takes longer than to find one among a few, which is done for every keystroke.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    places: BTreeMap<(Parent, Option<String>), u32>,
    /// How deep each place lies, by its number: what is deleted is walked through as deep.
    depths: Vec<u8>,
    clients: BTreeMap<u64, Vec<Run>>,
}

impl Ledger {
    /// Lets an update in: from now on its items are there.
    ///
    /// # Errors
    /// When it does not fit; then nothing has changed.
    pub(super) fn admit(&mut self, outline: &Outline) -> Result<(), Unfit> {
        let before = self.lasts(outline);
        let admitted = self.admit_all(outline);
        if admitted.is_err() {
            for (client, len, last) in before {
                self.take_back(client, len, last);
            }
        }
        admitted
    }

    /// Of each client in the outline, how many runs there are, and the last.
    fn lasts(&self, outline: &Outline) -> Vec<(u64, usize, Option<Run>)> {
        let last = |section: &Section| {
            let runs = self
                .clients
                .get(&section.client)
                .map_or(&[][..], Vec::as_slice);
            (section.client, runs.len(), runs.last().copied())
        };
        outline.sections.iter().map(last).collect()
    }

    fn take_back(&mut self, client: u64, len: usize, last: Option<Run>) {
        if let Some(runs) = self.clients.get_mut(&client) {
            runs.truncate(len);
            if let (Some(run), Some(last)) = (runs.last_mut(), last) {
                *run = last;
            }
        }
    }

    fn admit_all(&mut self, outline: &Outline) -> Result<(), Unfit> {
        let mut left: VecDeque<(&Section, usize)> = outline
            .sections
            .iter()
            .map(|section| (section, 0))
            .collect();
        let mut waiting = 0;
        while let Some((section, from)) = left.pop_front() {
            let (done, early) = match self.advance(section, from) {
                ControlFlow::Continue(()) => {
                    waiting = 0;
                    continue;
                }
                ControlFlow::Break((_, forged @ Unfit::Forged { .. })) => return Err(forged),
                ControlFlow::Break((done, early)) => (done, early),
            };
            left.push_back((section, done));
            waiting = if done > from { 0 } else { waiting + 1 };
            if waiting >= left.len() {
                return Err(early);
            }
        }
        self.covers(&outline.deletions)
    }

    /// Whether all that is deleted is there.
    fn covers(&self, deletions: &[Id]) -> Result<(), Unfit> {
        let lacking = deletions
            .iter()
            .find(|(client, end)| *end > self.clock(*client));
        match lacking {
            Some((client, end)) => Err(Unfit::Early {
                client: *client,
                clock: end - 1,
            }),
            None => Ok(()),
        }
    }

    /// Lets in the structs of a client until one does not fit: that one, and why.
    fn advance(&mut self, section: &Section, from: usize) -> ControlFlow<(usize, Unfit)> {
        for (at, (end, step)) in section.steps.iter().enumerate().skip(from) {
            let start = at
                .checked_sub(1)
                .map_or(section.start, |before| section.steps[before].0);
            let clock = self.clock(section.client);
            if *end <= clock {
                continue;
            }
            if start > clock {
                let client = section.client;
                return ControlFlow::Break((at, Unfit::Early { client, clock }));
            }
            let known = start < clock;
            let before = known.then(|| (section.client, clock - 1));
            match self.run((section.client, start), before, *end, step) {
                Ok(run) => self.push(section.client, run),
                Err(unfit) => return ControlFlow::Break((at, unfit)),
            }
        }
        ControlFlow::Continue(())
    }

    fn clock(&self, client: u64) -> u32 {
        let last = self.clients.get(&client).and_then(|runs| runs.last());
        last.map_or(0, |run| run.end)
    }

    fn push(&mut self, client: u64, run: Run) {
        let runs = self.clients.entry(client).or_default();
        match runs.last_mut() {
            // Keystrokes of one hand in one text are one run.
            Some(last) if last.is_like(run) => last.end = run.end,
            _ => runs.push(run),
        }
    }

    /// What a struct is, and where. Of one that is known in part, the rest comes to stand behind that part.
    fn run(&mut self, id: Id, known: Option<Id>, end: u32, step: &Step) -> Result<Run, Unfit> {
        let (client, clock) = id;
        let gone = Run {
            end,
            place: None,
            is_type: false,
            is_gone: true,
        };
        let (left, right, parent, is_type) = match step {
            Step::Gone => return Ok(gone),
            Step::LeftOut => return Err(Unfit::Early { client, clock }),
            Step::Item {
                left,
                right,
                parent,
                is_type,
            } => (*left, *right, parent, *is_type),
        };
        self.neighbour(left)?;
        let before = self.neighbour(known.or(left))?.and_then(|run| run.place);
        let after = self.neighbour(right)?.and_then(|run| run.place);
        let own = parent.as_ref().map(|parent| self.place_in(id, parent));
        let own = own.transpose()?;
        let told = [before, after, own.flatten()];
        let mut told = told.into_iter().flatten();
        let place = told.next();
        if told.any(|other| Some(other) != place) {
            return Err(Unfit::Forged { client, clock });
        }
        Ok(Run {
            end,
            place: own.unwrap_or(place),
            is_type,
            is_gone: false,
        })
    }

    /// The place that an item names itself; nowhere when what it would lie in is gone.
    fn place_in(
        &mut self,
        (client, clock): Id,
        named: &(Parent, Option<String>),
    ) -> Result<Place, Unfit> {
        let forged = Unfit::Forged { client, clock };
        let depth = match &named.0 {
            Parent::Root(_) => 0,
            Parent::Item(holder) => {
                let holder = self.found(*holder)?;
                match holder.place {
                    _ if holder.is_gone => return Ok(None),
                    _ if !holder.is_type => return Err(forged),
                    None => return Ok(None),
                    Some(place) => self.depths[place as usize] + 1,
                }
            }
        };
        if usize::from(depth) > DEPTH_MAX {
            return Err(forged);
        }
        if let Some(known) = self.places.get(named) {
            return Ok(Some(*known));
        }
        let next = u32::try_from(self.depths.len()).map_err(|_| forged)?;
        self.places.insert(named.clone(), next);
        self.depths.push(depth);
        Ok(Some(next))
    }

    fn neighbour(&self, id: Option<Id>) -> Result<Option<Run>, Unfit> {
        id.map(|id| self.found(id)).transpose()
    }

    /// What is known of an item.
    fn found(&self, (client, clock): Id) -> Result<Run, Unfit> {
        let runs = self.clients.get(&client).map_or(&[][..], Vec::as_slice);
        let at = runs.partition_point(|run| run.end <= clock);
        runs.get(at).copied().ok_or(Unfit::Early { client, clock })
    }
}
