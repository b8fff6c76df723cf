//! `trigger.schedule`: a run that begins at set times.

use serde_json::{Value as Json, json};

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "calendar-clock",
        words: &[
            "cron",
            "timer",
            "every hour",
            "daily",
            "hourly",
            "weekly",
            "interval",
            "periodic",
            "clock",
            "recurring",
        ],
        role: Role::Trigger,
        inputs: Vec::new(),
        outputs: vec![port(
            "out",
            "any",
            "The run's input; null when a schedule starts it.",
        )],
        params: params(),
        errors: &[(
            FailureKind::InvalidParameter,
            "`cron` does not have five fields of digits, names and `* , - /`",
        )],
        examples: examples(),
        ..plain(
            "trigger.schedule",
            "Schedule",
            "Starts the workflow at set times, written as a cron expression.",
        )
    }
}

fn params() -> Json {
    record([
        Property::text("cron", "Times", CRON)
            .required()
            .filled()
            .such_as(json!("0 * * * *")),
        Property::text(
            "timezone",
            "Time zone",
            "The time zone of the times, by its name in the IANA list.",
        )
        .or(json!("UTC"))
        .such_as(json!("Europe/Oslo")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new("Every hour", json!({ "cron": "0 * * * *" }), json!(null)).gives(json!(null)),
        Example::new(
            "Workdays at nine in Oslo",
            json!({ "cron": "0 9 * * 1-5", "timezone": "Europe/Oslo" }),
            json!({ "reason": "by hand" }),
        )
        .gives(json!({ "reason": "by hand" })),
    ]
}

const CRON: &str = "Five fields: minute, hour, day of the month, month, day of the week (0 is Sunday). \
    `0 * * * *` is every hour, `*/5 * * * *` every five minutes.";

const DOCS: &str = r#"
The node to begin with when nobody is there to start the run. The five fields of `cron` are minute (0-59), hour (0-23), day of the month (1-31),
month (1-12) and day of the week (0-6, 0 is Sunday); each is `*`, a number, a list `1,15`, a range `1-5`, or a step `*/10`.

**For now nothing starts it by itself:** this version has no scheduler yet. A workflow with this node is started by hand, by command or by a call,
like one with `trigger.manual`; the input given then leaves by `out`. The times are kept for the scheduler to come.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let cron = params.need("cron")?;
    let is_field = |field: &str| {
        field
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "*,-/".contains(c))
    };
    let text = cron.text()?;
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 || !fields.iter().all(|field| is_field(field)) {
        return Err(cron.expected("a cron expression of five fields, such as `0 * * * *`"));
    }
    Ok(Answer::out(node.input().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    #[test]
    fn the_input_passes_when_started_by_hand() {
        check_node(
            "trigger.schedule",
            json!({ "cron": "*/5 * * * *" }),
            json!({ "a": 1 }),
            r#"out {"a":1}"#,
        );
    }

    #[test]
    fn times_that_are_no_cron_fail() {
        check_node(
            "trigger.schedule",
            json!({ "cron": "every hour" }),
            json!(null),
            "failed invalidParameter /cron: `cron` must be a cron expression of five fields, such as `0 * * * *`, found text",
        );
    }
}
