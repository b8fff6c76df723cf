//! Times in words become cron expressions and milliseconds.

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
    let (unit, every, mut taken) = match word(0) {
        "hourly" => ("hour".to_owned(), 1, 1),
        "daily" => ("day".to_owned(), 1, 1),
        "weekly" => ("week".to_owned(), 1, 1),
        "monthly" => ("month".to_owned(), 1, 1),
        "every" | "each" | "once" => {
            let skip = if word(0) == "once" { 2 } else { 1 };
            match number(word(skip)) {
                Some(every) => (word(skip + 1).to_owned(), every, skip + 2),
                None if word(skip) == "other" => (word(skip + 1).to_owned(), 2, skip + 2),
                None => (word(skip).to_owned(), 1, skip + 1),
            }
        }
        "on" if day(word(1)).is_some() => (word(1).to_owned(), 1, 2),
        _ => return None,
    };
    let time = clock(&words[taken.min(words.len())..]);
    if let Some((_, _, count)) = time {
        taken += count;
    }
    let (hour, minute, _) = time.unwrap_or((0, 0, 0));
    let cron = cron(unit.trim_end_matches('s'), every, hour, minute)?;
    let words = words[..taken].join(" ");
    Some((Schedule { cron, words }, taken))
}

fn cron(unit: &str, every: u64, hour: u64, minute: u64) -> Option<String> {
    let step = |every: u64| {
        if every == 1 {
            "*".to_owned()
        } else {
            format!("*/{every}")
        }
    };
    Some(match unit {
        "minute" | "min" if every < 60 => format!("{} * * * *", step(every)),
        "hour" if every < 24 => format!("{minute} {} * * *", step(every)),
        "day" | "morning" if every < 31 => {
            let hour = if unit == "morning" && hour == 0 {
                8
            } else {
                hour
            };
            format!("{minute} {hour} {} * *", step(every))
        }
        "night" => format!("{minute} {hour} * * *"),
        "weekday" | "workday" => format!("{minute} {hour} * * 1-5"),
        "weekend" => format!("{minute} {hour} * * 0,6"),
        "week" if every == 1 => format!("{minute} {hour} * * 1"),
        "month" if every < 12 => format!("{minute} {hour} 1 {} *", step(every)),
        _ => format!("{minute} {hour} * * {}", day(unit)?),
    })
}

fn day(word: &str) -> Option<usize> {
    let word = word.trim_end_matches('s');
    DAYS.iter()
        .position(|day| *day == word || (word.len() >= 3 && day.starts_with(word)))
}

/// `at 9:30`, `at 9 am`, `at noon`: hour, minute, and how many words.
fn clock(words: &[String]) -> Option<(u64, u64, usize)> {
    if words.first()? != "at" {
        return None;
    }
    let text = words.get(1)?.as_str();
    match text {
        "noon" => return Some((12, 0, 2)),
        "midnight" => return Some((0, 0, 2)),
        _ => {}
    }
    let next = words.get(2).map_or("", String::as_str);
    let bare = text.trim_end_matches("am").trim_end_matches("pm");
    let (half, taken) = match (text.len() > bare.len(), next) {
        (true, _) => (&text[bare.len()..], 2),
        (false, "am" | "pm") => (next, 3),
        (false, "o'clock") => ("", 3),
        _ => ("", 2),
    };
    let (hour, minute) = bare.split_once([':', '.']).unwrap_or((bare, "0"));
    let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        "pm" if hour < 12 => hour + 12,
        "am" if hour == 12 => 0,
        _ => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute, taken))
}

/// A length of time, `5 seconds`, in milliseconds.
pub(super) fn duration_ms(words: &[String]) -> Option<u64> {
    words.iter().enumerate().find_map(|(at, word)| {
        let split = word
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(word.len());
        let (count, unit) = match word[..split].parse() {
            Ok(count) => (count, word[split..].to_owned()),
            Err(_) => (number(word)?, String::new()),
        };
        let unit = if unit.is_empty() {
            words.get(at + 1)?.clone()
        } else {
            unit
        };
        Some(count * unit_ms(&unit)?)
    })
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "week" | "weeks" => 7 * 86_400_000,
        _ => return None,
    })
}

/// A small number, in digits or in words.
pub(super) fn number(word: &str) -> Option<u64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    match word {
        "a" | "an" => Some(1),
        "fifteen" => Some(15),
        "twenty" => Some(20),
        "thirty" => Some(30),
        "hundred" => Some(100),
        _ => word
            .parse()
            .ok()
            .filter(|number| *number < 1_000_000)
            .or_else(|| {
                WORDS
                    .iter()
                    .position(|name| *name == word)
                    .map(|at| at as u64)
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn check(text: &str, cron: Option<&str>) {
        let found = schedule(&words(text)).map(|(schedule, _)| schedule.cron);
        assert_eq!(found.as_deref(), cron, "{text}");
    }

    #[test]
    fn times_become_cron() {
        check("every hour", Some("0 * * * *"));
        check("every 5 minutes", Some("*/5 * * * *"));
        check("every two hours", Some("0 */2 * * *"));
        check("every day at 9:30", Some("30 9 * * *"));
        check("daily at 9 pm", Some("0 21 * * *"));
        check("every weekday at 8am", Some("0 8 * * 1-5"));
        check("every monday at noon", Some("0 12 * * 1"));
        check("every month", Some("0 0 1 * *"));
        check("every order", None);
        check("each item", None);
        check("every 30 seconds", None);
    }

    #[test]
    fn durations_are_milliseconds() {
        let check =
            |text: &str, expected| assert_eq!(duration_ms(&words(text)), expected, "{text}");
        check("wait 5 seconds", Some(5_000));
        check("wait for an hour", Some(3_600_000));
        check("wait 250ms", Some(250));
        check("wait for it", None);
    }
}
