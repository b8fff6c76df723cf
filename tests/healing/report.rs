//! What the benchmark found, by kind.

use std::collections::BTreeMap;

use super::arena::Played;
use super::table::{Case, Ends};

/// What the benchmark found.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<(Case, Played)>,
}

#[derive(Default)]
struct Sum {
    cases: usize,
    fixed: usize,
    live: usize,
    kept: usize,
    hidden: usize,
    false_green: usize,
    took_ms: u64,
}

impl Report {
    pub(crate) fn add(&mut self, case: &Case, played: Played) {
        self.rows.push((case.clone(), played));
    }

    pub(crate) fn kinds(&self) -> usize {
        self.sums().len()
    }

    #[expect(clippy::cast_precision_loss, reason = "a hundred cases")]
    pub(crate) fn fixed_share(&self) -> f64 {
        let fixed = self
            .rows
            .iter()
            .filter(|(_, played)| played.fixed && played.false_green.is_none());
        fixed.count() as f64 / self.rows.len() as f64
    }

    pub(crate) fn false_green(&self) -> Vec<String> {
        let wrong = self.rows.iter().filter_map(|(case, played)| {
            let why = played.false_green.as_ref()?;
            Some(format!("{}: {why}", case.name))
        });
        wrong.collect()
    }

    /// Cases that end otherwise than their file says, so that the table stays honest in both directions.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        let found = |played: &Played| match (played.fixed, played.fixed_live) {
            (true, _) => Ends::Fixed,
            (_, true) => Ends::Live,
            _ => Ends::Open,
        };
        let other = self
            .rows
            .iter()
            .filter(|(case, played)| found(played) != case.ends);
        other
            .map(|(case, played)| {
                format!(
                    "{}: expected {:?}, found {:?}, {played:?}",
                    case.name,
                    case.ends,
                    found(played)
                )
            })
            .collect()
    }

    pub(crate) fn print(&self) {
        println!(
            "{:<22} {:>5} {:>5} {:>8} {:>9} {:>11} {:>7}",
            "kind", "cases", "fixed", "by live", "kept", "false-green", "ms"
        );
        let mut all = Sum::default();
        for (kind, sum) in self.sums() {
            line(&kind, &sum);
            all.add(&sum);
        }
        line("all", &all);
        let share = self.fixed_share() * 100.0;
        println!(
            "fixed by rules alone, proven by replay: {share:.1} %; false-green: {}",
            all.false_green
        );
    }

    fn sums(&self) -> BTreeMap<String, Sum> {
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for (case, played) in &self.rows {
            let is_helped = played.fixed || played.fixed_live;
            sums.entry(case.kind.clone()).or_default().add(&Sum {
                cases: 1,
                fixed: usize::from(played.fixed),
                live: usize::from(played.fixed_live),
                kept: if is_helped { played.kept } else { 0 },
                hidden: if is_helped { case.hidden.len() } else { 0 },
                false_green: usize::from(played.false_green.is_some()),
                took_ms: played.took_ms,
            });
        }
        sums
    }
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.fixed += other.fixed;
        self.live += other.live;
        self.kept += other.kept;
        self.hidden += other.hidden;
        self.false_green += other.false_green;
        self.took_ms += other.took_ms;
    }
}

fn line(name: &str, sum: &Sum) {
    let kept = format!("{}/{}", sum.kept, sum.hidden);
    println!(
        "{name:<22} {:>5} {:>5} {:>8} {kept:>9} {:>11} {:>7}",
        sum.cases, sum.fixed, sum.live, sum.false_green, sum.took_ms
    );
}
