//! Reads `scripts.md`; shared by the tests of the engine and of the sandbox.

/// One hostile script.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    #[allow(dead_code, reason = "evaluating does not look at it")]
    pub(crate) parses: bool,
    /// The endings that are right.
    #[allow(dead_code, reason = "compiling does not look at it")]
    pub(crate) ends: Vec<String>,
    pub(crate) script: String,
}

/// Every row of the table.
pub(crate) fn rows() -> Vec<Row> {
    let table = include_str!("scripts.md");
    table
        .lines()
        .filter(|line| line.starts_with("| RH-"))
        .map(row)
        .collect()
}

fn row(line: &str) -> Row {
    let line = line.replace("\\|", "\u{1}");
    let cells: Vec<&str> = line
        .trim_matches('|')
        .splitn(4, '|')
        .map(str::trim)
        .collect();
    let [id, parses, ends, script] = cells[..] else {
        panic!("four cells in {line}")
    };
    let script = script.replace('\u{1}', "|");
    let ticks = script.chars().take_while(|c| *c == '`').count();
    let script = &script[ticks..script.len() - ticks];
    Row {
        id: id.to_owned(),
        parses: parses == "yes",
        ends: ends.split(", ").map(str::to_owned).collect(),
        script: expand(script),
    }
}

/// Writes out every `<<N * text>>`.
fn expand(script: &str) -> String {
    let mut expanded = String::new();
    let mut rest = script;
    while let Some((before, times, text, after)) = repetition(rest) {
        expanded.push_str(before);
        if text.contains('№') {
            (0..times)
                .for_each(|number| expanded.push_str(&text.replace('№', &number.to_string())));
        } else {
            expanded.push_str(&text.repeat(times));
        }
        rest = after;
    }
    expanded + rest
}

fn repetition(script: &str) -> Option<(&str, usize, &str, &str)> {
    let (start, times, text) = script.match_indices("<<").find_map(|(start, _)| {
        let (times, text) = script[start + 2..].split_once(" * ")?;
        Some((start, times.parse().ok()?, text))
    })?;
    let (text, after) = text.split_once(">>")?;
    Some((&script[..start], times, text, after))
}
