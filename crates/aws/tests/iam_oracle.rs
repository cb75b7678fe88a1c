//! The IAM engine against an evaluator written from AWS's documentation of the evaluation logic, one world at a time.
//!
//! The oracle knows the value of every key. Where the engine does not, the oracle runs in every world that is possible,
//! and the engine may say yes or no only if all worlds agree with it.

use std::sync::Arc;

use eksray_aws::iam::{Answer, Context, Document, Key, Limit, Policies, Request, Target, decide};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
struct Rule {
    deny: bool,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<&'static str>,
    condition: Option<Test>,
}

#[derive(Clone, Debug)]
struct Test {
    quantifier: &'static str,
    operator: &'static str,
    if_exists: bool,
    key: &'static str,
    values: Vec<&'static str>,
}

/// Values of the two keys, in the order of `KEYS`; none is absent.
type World = [Option<Vec<&'static str>>; 2];

const KEYS: [&str; 2] = ["aws:PrincipalTag/team", "aws:SourceVpce"];
const VALUES: [&str; 3] = ["a", "ab", "b"];
const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "iam:PassRole", "iam:GetRole"];
const RESOURCES: [&str; 3] = ["arn:aws:s3:::a/x", "arn:aws:s3:::b", "arn:aws:iam::1:role/A"];

fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            matches(&pattern[1..], text) || !text.is_empty() && matches(pattern, &text[1..])
        }
        (Some('?'), Some(_)) => matches(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) => a == b && matches(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn oracle(
    rules: &[Rule],
    limit: Option<&[Rule]>,
    action: &str,
    resource: &str,
    world: &World,
) -> bool {
    let speaks = |rule: &Rule| {
        let action =
            rule.actions.iter().any(|it| matches(&it.to_lowercase(), &action.to_lowercase()));
        let resource = rule.resources.iter().any(|it| matches(it, resource));
        action != rule.not_action
            && resource != rule.not_resource
            && rule.condition.as_ref().is_none_or(|it| is_true(it, world))
    };
    let has = |rules: &[Rule], deny: bool| rules.iter().any(|it| it.deny == deny && speaks(it));
    let denied = has(rules, true) || limit.is_some_and(|it| has(it, true));
    !denied && has(rules, false) && limit.is_none_or(|it| has(it, false))
}

fn is_true(test: &Test, world: &World) -> bool {
    let request = KEYS.iter().zip(world).find(|(it, _)| **it == test.key);
    let request = request.and_then(|(_, values)| values.as_deref());
    if test.operator == "Null" {
        return test.values.iter().any(|it| (*it == "true") == request.is_none());
    }
    let negative = test.operator.contains("Not");
    let one = |value: &str| {
        let equal = test.values.iter().any(|wanted| match test.operator {
            "StringLike" | "StringNotLike" => matches(wanted, value),
            _ => *wanted == value,
        });
        equal != negative
    };
    match (request, test.quantifier) {
        (None, _) if test.if_exists => true,
        (None, "ForAllValues:") => true,
        (None, "ForAnyValue:") => false,
        (None, _) => negative,
        (Some(values), "ForAnyValue:") => values.iter().any(|it| one(it)),
        (Some(values), "ForAllValues:") => values.iter().all(|it| one(it)),
        (Some(values), _) if negative => values.iter().all(|it| one(it)),
        (Some(values), _) => values.iter().any(|it| one(it)),
    }
}

fn scalar_or_list(values: &[&str]) -> Value {
    if let [one] = values { json!(one) } else { json!(values) }
}

fn document(rules: &[Rule]) -> Arc<Document> {
    let statements: Vec<Value> = rules
        .iter()
        .map(|rule| {
            let mut it = json!({ "Effect": if rule.deny { "Deny" } else { "Allow" } });
            it[if rule.not_action { "NotAction" } else { "Action" }] =
                scalar_or_list(&rule.actions);
            it[if rule.not_resource { "NotResource" } else { "Resource" }] =
                scalar_or_list(&rule.resources);
            if let Some(test) = &rule.condition {
                let suffix =
                    if test.if_exists && test.operator != "Null" { "IfExists" } else { "" };
                let quantifier = if test.operator == "Null" { "" } else { test.quantifier };
                let operator = format!("{quantifier}{}{suffix}", test.operator);
                it["Condition"] = json!({ operator: { test.key: scalar_or_list(&test.values) } });
            }
            it
        })
        .collect();
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let document = Document::parse("p", &text);
    assert_eq!(document.gap, None);
    Arc::new(document)
}

fn engine(
    rules: &[Rule],
    limit: Option<&[Rule]>,
    action: &str,
    resource: &str,
    context: &Context,
) -> Answer {
    let limits = limit.map(|it| Limit { documents: vec![document(it)], unread: false });
    let policies = Policies {
        identity: vec![document(rules)],
        limits: limits.into_iter().collect(),
        ..Policies::default()
    };
    decide(&policies, &Request { action, resource: Target::All(resource), context }).answer
}

fn tests() -> impl Strategy<Value = Test> {
    let operators =
        select(vec!["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Null"]);
    let values = prop::collection::vec(select(vec!["a", "ab", "a*", "?b", "*"]), 1..3);
    let quantifier = select(vec!["", "ForAllValues:", "ForAnyValue:"]);
    (quantifier, operators, any::<bool>(), select(KEYS.to_vec()), values).prop_map(
        |(quantifier, operator, if_exists, key, values)| match operator {
            "Null" => {
                let values = values.iter().map(|it| if *it == "a" { "true" } else { "false" });
                Test { quantifier: "", operator, if_exists: false, key, values: values.collect() }
            }
            // What `ForAnyValue` with `IfExists` means for an absent key is not documented.
            _ if quantifier == "ForAnyValue:" => {
                Test { quantifier, operator, if_exists: false, key, values }
            }
            _ => Test { quantifier, operator, if_exists, key, values },
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let actions = prop::collection::vec(
        select(vec!["*", "s3:*", "S3:getobject", "iam:*Role", "*:?et*", "iam:PassRole"]),
        1..3,
    );
    let resources = prop::collection::vec(
        select(vec!["*", "arn:aws:s3:::a/*", "arn:aws:s3:::?", "arn:aws:iam::*:role/a", "arn:*"]),
        1..3,
    );
    let kind = prop::bool::weighted(0.25);
    let negated = || prop::bool::weighted(0.2);
    (kind, negated(), actions, negated(), resources, prop::option::of(tests())).prop_map(
        |(deny, not_action, actions, not_resource, resources, condition)| Rule {
            deny,
            not_action,
            actions,
            not_resource,
            resources,
            condition,
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec(rule(), 0..4)
}

fn value() -> impl Strategy<Value = Option<Vec<&'static str>>> {
    prop::option::of(prop::collection::vec(select(VALUES.to_vec()), 1..3))
}

fn known(world: &World) -> Context {
    KEYS.iter().zip(world).fold(Context::default(), |context, (key, value)| {
        let value = value
            .as_ref()
            .map_or(Key::Absent, |it| Key::Values(it.iter().map(|it| (*it).to_owned()).collect()));
        context.with(key, value)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn with_every_key_known_the_engine_agrees_with_the_oracle(
        rules in rules(), limit in prop::option::of(rules()),
        action in select(ACTIONS.to_vec()), resource in select(RESOURCES.to_vec()),
        world in [value(), value()],
    ) {
        let wanted = Answer::from(oracle(&rules, limit.as_deref(), action, resource, &world));
        prop_assert_eq!(engine(&rules, limit.as_deref(), action, resource, &known(&world)), wanted);
    }

    #[test]
    fn with_an_unknown_key_the_engine_is_sure_only_of_what_holds_in_every_world(
        rules in rules(), action in select(ACTIONS.to_vec()), resource in select(RESOURCES.to_vec()),
        first in value(),
    ) {
        let context = known(&[first.clone(), None]).with(KEYS[1], Key::Unknown);
        let answer = engine(&rules, None, action, resource, &context);
        for second in [None, Some(vec!["a"]), Some(vec!["ab"]), Some(vec!["b"]), Some(vec!["zz"])] {
            let allowed = oracle(&rules, None, action, resource, &[first.clone(), second]);
            prop_assert!(answer == Answer::Maybe || answer == Answer::from(allowed));
        }
    }

    #[test]
    fn an_allow_never_lowers_and_a_deny_never_raises(
        rules in rules(), more in rule(), action in select(ACTIONS.to_vec()),
        resource in select(RESOURCES.to_vec()), first in value(),
    ) {
        let context = known(&[first, None]).with(KEYS[1], Key::Unknown);
        let before = engine(&rules, None, action, resource, &context);
        let deny = more.deny;
        let grown = [rules, vec![more]].concat();
        let after = engine(&grown, None, action, resource, &context);
        let (lower, upper) = if deny { (after, before) } else { (before, after) };
        prop_assert!(lower <= upper);
    }

    #[test]
    fn splitting_a_statement_and_the_case_of_actions_change_nothing(
        rules in rules(), action in select(ACTIONS.to_vec()), resource in select(RESOURCES.to_vec()),
        first in value(),
    ) {
        let context = known(&[first, None]).with(KEYS[1], Key::Unknown);
        let whole = engine(&rules, None, action, resource, &context);
        let split: Vec<Rule> = rules
            .iter()
            .flat_map(|rule| {
                if rule.not_action {
                    return vec![rule.clone()];
                }
                rule.actions.iter().map(|it| Rule { actions: vec![it], ..rule.clone() }).collect()
            })
            .collect();
        prop_assert_eq!(engine(&split, None, action, resource, &context), whole);
        prop_assert_eq!(engine(&rules, None, &action.to_uppercase(), resource, &context), whole);
    }
}
