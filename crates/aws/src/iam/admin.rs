//! The admin test: may a role give itself, or a role of its making, every right?

use eksray_rule::Gap;

use super::{
    Answer, Decision, Key, Limit, Policies, Request, Target, covers, decide, decide::tolerates,
};
use super::{Effect, Selection, allows, policies::account};
use crate::inventory::iam::Role;

/// What makes a role an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `Maybe` where a condition cannot be decided.
    pub answer: Answer,
    /// What it may do, with the statements that let it.
    pub facts: Vec<String>,
    /// Limits that could not be read.
    pub not_considered: Vec<Gap>,
}

/// Whether a role is an administrator of its account. A gap where a policy that could make it one was not read.
///
/// `Allow *` and `Allow iam:*` need no tests of their own: both contain what is asked here, and an "everything but …"
/// is judged by what is left. The widest of these grants is what the facts name.
pub fn admin(role: &Role, policies: &Policies) -> Result<Admin, Gap> {
    let ways = [writes_own_policy(role, policies), makes_role(role, policies)];
    let ways: Vec<(Answer, String)> = ways.into_iter().flatten().collect();
    let answer = ways.iter().map(|(answer, _)| *answer).max().unwrap_or(Answer::No);
    let not_considered = policies.limits_unread.clone();
    if answer == Answer::No {
        return match policies.unread.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(Admin { answer, facts: Vec::new(), not_considered }),
        };
    }
    let widest = [("*", "allows * on *"), ("iam:*", "allows iam:* on *")].into_iter().find_map(
        |(action, text)| {
            let decision = ask(policies, action, Target::All("*"));
            (decision.answer >= answer).then(|| fact(text, &decision))
        },
    );
    let mut facts: Vec<String> = match widest {
        Some(widest) => vec![widest],
        None => ways.into_iter().filter(|it| it.0 == answer).map(|it| it.1).collect(),
    };
    facts.dedup();
    Ok(Admin { answer, facts, not_considered })
}

fn fact(text: &str, decision: &Decision) -> String {
    format!("{text} ({})", decision.by.join(", "))
}

fn ask(policies: &Policies, action: &str, resource: Target<'_>) -> Decision {
    decide(policies, &Request { action, resource, context: &policies.context })
}

/// It changes what it may do itself: by an inline policy, by attaching one, or by a new version of one it has.
fn writes_own_policy(role: &Role, policies: &Policies) -> Vec<(Answer, String)> {
    let ceiling = ceiling(role, policies);
    let partition = role.arn.split(':').nth(1).unwrap_or("aws");
    let everything = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
    let context = policies.context.clone().with_value("iam:PolicyARN", &everything);
    let on_itself = |action| {
        decide(policies, &Request { action, resource: Target::All(&role.arn), context: &context })
    };
    let mut ways = vec![
        ("allows iam:PutRolePolicy on itself", on_itself("iam:PutRolePolicy")),
        ("allows iam:AttachRolePolicy on itself", on_itself("iam:AttachRolePolicy")),
    ];
    let own = role.attached_policies.iter().filter(|it| account(it) != "aws");
    ways.extend(own.map(|arn| {
        let text = "allows iam:CreatePolicyVersion on a policy attached to itself";
        (text, ask(policies, "iam:CreatePolicyVersion", Target::All(arn)))
    }));
    let ways = ways.into_iter().map(|(text, it)| (it.answer.min(ceiling), fact(text, &it)));
    ways.filter(|it| it.0 != Answer::No).collect()
}

/// Whether new rights of its own would take effect: a boundary can be taken off, a session policy be left by assuming anew.
fn ceiling(role: &Role, policies: &Policies) -> Answer {
    let through = |limit: &Limit| {
        let asks = [
            ("*", "*"),
            ("iam:DeleteRolePermissionsBoundary", role.arn.as_str()),
            ("sts:AssumeRole", role.arn.as_str()),
        ];
        let answers =
            asks.into_iter().skip_while(|it| limit.unread && it.0 != "*").map(|(action, on)| {
                let request =
                    Request { action, resource: Target::All(on), context: &policies.context };
                limit.documents.iter().map(|it| allows(it, &request)).max().unwrap_or(Answer::No)
            });
        let answer = answers.max().unwrap_or(Answer::No);
        if limit.unread { answer.max(Answer::Maybe) } else { answer }
    };
    policies.limits.iter().map(through).min().unwrap_or(Answer::Yes)
}

/// It makes a role without limits and assumes it; naming itself in the trust policy spares it the permission to assume.
fn makes_role(role: &Role, policies: &Policies) -> Vec<(Answer, String)> {
    let context = policies.context.clone().with("iam:PermissionsBoundary", Key::Absent);
    let partition = role.arn.split(':').nth(1).unwrap_or("aws");
    let everything = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
    let attach = context.clone().with_value("iam:PolicyARN", &everything);
    let ways = new_roles(role, policies).into_iter().map(|arn| {
        let resource = Target::All(arn.as_str());
        let ask = |action, context| decide(policies, &Request { action, resource, context });
        let make = ask("iam:CreateRole", &context);
        let give = [ask("iam:PutRolePolicy", &context), ask("iam:AttachRolePolicy", &attach)];
        let give = give.into_iter().fold(Decision::no(), Decision::or);
        let request = Request { action: "sts:AssumeRole", resource, context: &policies.context };
        let decision = make.and(give).and(tolerates(policies, &request));
        (decision.answer, fact("allows iam:CreateRole and a policy for the new role", &decision))
    });
    let mut ways: Vec<_> = ways.filter(|it| it.0 != Answer::No).collect();
    ways.sort_by(|a, b| b.cmp(a));
    ways.truncate(1);
    ways
}

/// One role name for every pattern that an Allow of `iam:CreateRole` has, and one for `*`.
fn new_roles(role: &Role, policies: &Policies) -> Vec<String> {
    let partition = role.arn.split(':').nth(1).unwrap_or("aws");
    let account = account(&role.arn);
    let plain = |path: &str| format!("arn:{partition}:iam::{account}:role/{path}");
    let mut found = vec![plain("x")];
    let statements = policies.identity.iter().flat_map(|it| &it.statements);
    for statement in statements.filter(|it| it.effect == Effect::Allow) {
        let Selection::Only(patterns) = &statement.resources else { continue };
        let creates = matches!(&statement.actions, Selection::Only(actions)
            if actions.iter().any(|it| covers(it, "iam:createrole")));
        let paths = patterns.iter().filter(|_| creates).filter_map(|it| it.split_once(":role/"));
        found.extend(paths.map(|(_, path)| plain(&path.replace(['*', '?'], "x"))));
    }
    found.sort();
    found.dedup();
    found
}
