//! Conditions and policy variables.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    Answer, Condition, Context, Effect, Key,
    glob::{LITERAL_QUESTION_MARK, LITERAL_STAR, covers},
};

/// Whether a condition holds. The caller of a Deny avoids it where it may choose the key.
pub(super) fn holds(
    condition: &Condition,
    resolves_variables: bool,
    effect: Effect,
    context: &Context,
) -> Answer {
    let known = context.get(&condition.key);
    if condition.operator == "null" {
        return is_null(condition, &known, effect);
    }
    let Some(operator) = Operator::of(&condition.operator) else { return Answer::Maybe };
    match known {
        Key::Unknown => Answer::Maybe,
        Key::Chosen if effect == Effect::Deny => Answer::No,
        Key::Chosen => Answer::from(operator.negated() || !condition.values.is_empty()),
        Key::Absent => when_absent(condition, operator),
        Key::Values(values) if values.is_empty() => when_absent(condition, operator),
        Key::Values(values) => on_values(condition, operator, &values, resolves_variables, context),
        Key::NeverTrue => {
            let values = ["false".to_owned()];
            let value = on_values(condition, operator, &values, resolves_variables, context);
            let absent = when_absent(condition, operator);
            if value == absent { value } else { Answer::Maybe }
        }
    }
}

fn is_null(condition: &Condition, known: &Key, effect: Effect) -> Answer {
    let wants_absent = |it: &String| it.eq_ignore_ascii_case("true");
    let absent = match known {
        Key::Absent => true,
        Key::Values(values) => values.is_empty(),
        Key::Chosen => return Answer::from(effect == Effect::Allow),
        Key::NeverTrue | Key::Unknown => return Answer::Maybe,
    };
    Answer::from(condition.values.iter().any(|it| wants_absent(it) == absent))
}

fn when_absent(condition: &Condition, operator: Operator) -> Answer {
    let quantifier = condition.quantifier.as_deref();
    if condition.if_exists || quantifier == Some("forallvalues") {
        return Answer::Yes;
    }
    Answer::from(operator.negated() && quantifier != Some("foranyvalue"))
}

fn on_values(
    condition: &Condition,
    operator: Operator,
    values: &[String],
    resolves_variables: bool,
    context: &Context,
) -> Answer {
    let one = |value: &String| {
        let wanted = condition.values.iter().map(|wanted| {
            if !resolves_variables || !wanted.contains("${") {
                return Answer::from(operator.matches(value, wanted));
            }
            match expand(wanted, context) {
                Expanded::Known(wanted) => Answer::from(operator.matches(value, &wanted)),
                Expanded::Guess(_) => Answer::Maybe,
                Expanded::Never => Answer::No,
            }
        });
        let matched = wanted.max().unwrap_or(Answer::No);
        if operator.negated() { !matched } else { matched }
    };
    let answers = values.iter().map(one);
    match condition.quantifier.as_deref() {
        Some("forallvalues") => answers.min().unwrap_or(Answer::Yes),
        Some("foranyvalue") => answers.max().unwrap_or(Answer::No),
        Some(_) => Answer::Maybe,
        None if operator.negated() => answers.min().unwrap_or(Answer::Yes),
        None => answers.max().unwrap_or(Answer::No),
    }
}

/// A pattern with its variables replaced.
pub(super) enum Expanded {
    /// Everything is known.
    Known(String),
    /// What is not known became `*`.
    Guess(String),
    /// A variable's key is absent: the element matches nothing.
    Never,
}

/// Replaces `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}`.
pub(super) fn expand(pattern: &str, context: &Context) -> Expanded {
    let (mut out, mut guess, mut rest) = (String::new(), false, pattern);
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        rest = tail;
        let (key, default) = match name.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (name.trim(), None),
        };
        match key {
            "*" => out.push(LITERAL_STAR),
            "?" => out.push(LITERAL_QUESTION_MARK),
            "$" => out.push('$'),
            _ => match (context.get(&key.to_ascii_lowercase()), default) {
                (Key::Values(values), _) if values.len() == 1 => out.push_str(&literal(&values[0])),
                (Key::Absent, Some(default)) => out.push_str(default),
                (Key::Absent, None) => return Expanded::Never,
                _ => {
                    guess = true;
                    out.push('*');
                }
            },
        }
    }
    out.push_str(rest);
    if guess { Expanded::Guess(out) } else { Expanded::Known(out) }
}

/// Wildcards in a variable's value are plain characters.
fn literal(value: &str) -> String {
    value.replace('*', &LITERAL_STAR.to_string()).replace('?', &LITERAL_QUESTION_MARK.to_string())
}

#[derive(Clone, Copy)]
struct Operator {
    test: fn(&str, &str) -> bool,
    negated: bool,
}

impl Operator {
    /// By its name in lower case; none for one that IAM's reference of 2026 does not have.
    fn of(name: &str) -> Option<Self> {
        let test: fn(&str, &str) -> bool = match name.replacen("not", "", 1).as_str() {
            "stringequals" | "binaryequals" => |value, wanted| value == plain(wanted),
            "stringequalsignorecase" => |value, wanted| value.eq_ignore_ascii_case(&plain(wanted)),
            "stringlike" => |value, wanted| covers(wanted, value),
            "arnequals" | "arnlike" => arn_like,
            "bool" => |value, wanted| value.eq_ignore_ascii_case(wanted),
            "numericequals" => |value, wanted| compare(value, wanted, f64::eq),
            "numericlessthan" => |value, wanted| compare(value, wanted, f64::lt),
            "numericlessthanequals" => |value, wanted| compare(value, wanted, f64::le),
            "numericgreaterthan" => |value, wanted| compare(value, wanted, f64::gt),
            "numericgreaterthanequals" => |value, wanted| compare(value, wanted, f64::ge),
            "dateequals" => |value, wanted| dates(value, wanted, f64::eq),
            "datelessthan" => |value, wanted| dates(value, wanted, f64::lt),
            "datelessthanequals" => |value, wanted| dates(value, wanted, f64::le),
            "dategreaterthan" => |value, wanted| dates(value, wanted, f64::gt),
            "dategreaterthanequals" => |value, wanted| dates(value, wanted, f64::ge),
            "ipaddress" => in_network,
            _ => return None,
        };
        let negated = name.contains("not");
        let negatable = matches!(
            name,
            "stringnotequals"
                | "stringnotequalsignorecase"
                | "stringnotlike"
                | "arnnotequals"
                | "arnnotlike"
                | "numericnotequals"
                | "datenotequals"
                | "notipaddress"
        );
        (!negated || negatable).then_some(Self { test, negated })
    }

    fn negated(self) -> bool {
        self.negated
    }

    fn matches(self, value: &str, wanted: &str) -> bool {
        (self.test)(value, wanted)
    }
}

fn plain(wanted: &str) -> String {
    wanted.replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION_MARK, "?")
}

/// The six fields of an ARN match apart; a bare `*` matches all.
fn arn_like(value: &str, wanted: &str) -> bool {
    if wanted == "*" {
        return true;
    }
    let (value, wanted): (Vec<&str>, Vec<&str>) =
        (value.splitn(6, ':').collect(), wanted.splitn(6, ':').collect());
    value.len() == 6
        && wanted.len() == 6
        && wanted.iter().zip(value).all(|(wanted, it)| covers(wanted, it))
}

fn compare(value: &str, wanted: &str, test: fn(&f64, &f64) -> bool) -> bool {
    matches!((value.parse(), wanted.parse()), (Ok(value), Ok(wanted)) if test(&value, &wanted))
}

/// ISO 8601, a day alone included, or seconds since 1970.
fn dates(value: &str, wanted: &str, test: fn(&f64, &f64) -> bool) -> bool {
    matches!((seconds(value), seconds(wanted)), (Some(value), Some(wanted)) if test(&value, &wanted))
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this century fit 52 bits")]
fn seconds(date: &str) -> Option<f64> {
    if let Ok(seconds) = date.parse() {
        return Some(seconds);
    }
    let time = date.parse::<jiff::Timestamp>().or_else(|_| {
        let day: jiff::civil::Date = date.parse()?;
        Ok::<_, jiff::Error>(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    });
    Some(time.ok()?.as_second() as f64)
}

fn in_network(value: &str, wanted: &str) -> bool {
    let network =
        wanted.parse::<IpNet>().ok().or_else(|| Some(wanted.parse::<IpAddr>().ok()?.into()));
    matches!((value.parse::<IpAddr>(), network), (Ok(value), Some(network)) if network.contains(&value))
}
