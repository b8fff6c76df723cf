//! Times in words become cron expressions.

/// A schedule as cron, and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) cron: String,
    pub(super) words: String,
}

const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// A schedule at the beginning of the words (in small letters), and how many words it takes.
pub(super) fn schedule(words: &[String]) -> Option<(Schedule, usize)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let (unit, every, mut taken) = match (word(0), word(1).parse()) {
        ("hourly", _) => ("hour", 1, 1),
        ("daily", _) => ("day", 1, 1),
        ("weekly", _) => ("week", 1, 1),
        ("every", Ok(every)) => (word(2), every, 3),
        ("every", Err(_)) => (word(1), 1, 2),
        _ => return None,
    };
    let (hour, minute, more) = clock(&words[taken.min(words.len())..]).unwrap_or((0, 0, 0));
    taken += more;
    let cron = cron(unit.trim_end_matches('s'), every, hour, minute)?;
    let words = words[..taken].join(" ");
    Some((Schedule { cron, words }, taken))
}

fn cron(unit: &str, every: u32, hour: u32, minute: u32) -> Option<String> {
    let step = match every {
        0 => return None,
        1 => "*".to_owned(),
        every => format!("*/{every}"),
    };
    Some(match unit {
        "minute" if every < 60 => format!("{step} * * * *"),
        "hour" if every < 24 => format!("{minute} {step} * * *"),
        "day" if every < 31 => format!("{minute} {hour} {step} * *"),
        "weekday" if every == 1 => format!("{minute} {hour} * * 1-5"),
        "week" if every == 1 => format!("{minute} {hour} * * 1"),
        _ => {
            let day = DAYS.iter().position(|day| *day == unit)?;
            format!("{minute} {hour} * * {day}")
        }
    })
}

/// `at 9:30`, `at 9 am`: hour, minute, and how many words.
fn clock(words: &[String]) -> Option<(u32, u32, usize)> {
    let text = words.get(1).filter(|_| words[0] == "at")?.as_str();
    let next = words.get(2).map_or("", String::as_str);
    let bare = text.trim_end_matches("am").trim_end_matches("pm");
    let (half, taken) = match (&text[bare.len()..], next) {
        ("", "am" | "pm") => (next, 3),
        (half, _) => (half, 2),
    };
    let (hour, minute) = bare.split_once(':').unwrap_or((bare, "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        "pm" if hour < 12 => hour + 12,
        "am" if hour == 12 => 0,
        _ => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, cron: Option<&str>) {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let found = schedule(&words).map(|(schedule, _)| schedule.cron);
        assert_eq!(found.as_deref(), cron, "{text}");
    }

    #[test]
    fn times_become_cron() {
        check("every hour", Some("0 * * * *"));
        check("every 5 minutes", Some("*/5 * * * *"));
        check("every day at 9:30", Some("30 9 * * *"));
        check("daily at 9 pm", Some("0 21 * * *"));
        check("every weekday at 8am", Some("0 8 * * 1-5"));
        check("every monday", Some("0 0 * * 1"));
        check("every order", None);
        check("each item", None);
        check("every 30 seconds", None);
        check("every 0 minutes", None);
    }
}
