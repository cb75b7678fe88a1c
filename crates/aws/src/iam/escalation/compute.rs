//! Sets that run code under another role: newly started, running already, or on a node.

use std::collections::BTreeSet;

use super::{Gain, Hit, Me, On, Set, TARGETS, short};
use crate::{
    iam::{
        Answer, Caller, Context, Decision, Document, Effect, Key, Selection, Target,
        chain::granted_among,
        decide_trust,
        estate::Machine,
        glob::{covers, intersects},
    },
    inventory::iam::Role,
};

/// Roles that may be handed to something new.
pub(super) fn passed(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let start = me.may_all(set, Target::Any("*"), &me.policies.context);
    if start.answer == Answer::No {
        return Vec::new();
    }
    let Some(trusting) = me.estate.by_service.get(&set.service) else { return Vec::new() };
    let hits = granted_among(me.policies, "iam:PassRole", trusting).into_iter().filter_map(|arn| {
        let (role, trust) = &me.library.trusts.roles[arn];
        let services: &[String] = if set.passed_to.is_empty() {
            std::slice::from_ref(&set.service)
        } else {
            &set.passed_to
        };
        let pass =
            services.iter().fold(Decision::no(), |it, service| it.or(pass(me, arn, service)));
        let mut decision = start.clone().and(pass).and(trusts(trust, &set.service));
        if set.profile && role.instance_profiles.is_empty() {
            let make = me.may("iam:CreateInstanceProfile", Target::Any("*"));
            let fill = me.may("iam:AddRoleToInstanceProfile", Target::Any("*"));
            decision = decision.and(make).and(fill);
        }
        if decision.answer == Answer::No { None } else { me.becomes(role, decision) }
    });
    hits.take(TARGETS).collect()
}

/// In China the names of some services end in `.cn`, those of others do not.
fn pass(me: &Me<'_, '_>, role: &str, service: &str) -> Decision {
    let as_one = |service: &str| {
        let context = me.policies.context.clone().with_value("iam:PassedToService", service);
        me.may_in("iam:PassRole", Target::All(role), &context)
    };
    let plain = as_one(service);
    if plain.answer == Answer::Yes || !role.starts_with("arn:aws-cn:") {
        return plain;
    }
    plain.or(as_one(&format!("{service}.cn")))
}

/// Whether something new of a service gets the role; it comes from where the trust policy wants it to.
fn trusts(trust: &Document, service: &str) -> Decision {
    let context = Context::default()
        .with("aws:SourceAccount", Key::Chosen)
        .with("aws:SourceArn", Key::Chosen);
    let decision = decide_trust(trust, Caller::Service(service), "sts:AssumeRole", &context);
    Decision { by: Vec::new(), ..decision }
}

/// Roles of services that no set names, where the caller may make something of the service.
pub(super) fn of_another_service(me: &Me<'_, '_>) -> Vec<Hit> {
    let known = |service: &str| super::SETS.sets.iter().any(|it| it.service == service);
    let others = me.estate.by_service.iter().filter(|(service, _)| !known(service));
    let hits = others.flat_map(|(service, trusting)| {
        let make = makes(me, service.split('.').next().unwrap_or_default());
        let none = make.answer == Answer::No;
        let granted =
            if none { Vec::new() } else { granted_among(me.policies, "iam:PassRole", trusting) };
        granted.into_iter().filter_map(move |arn| {
            let (role, trust) = &me.library.trusts.roles[arn];
            let decision = make.clone().and(pass(me, arn, service)).and(trusts(trust, service));
            let hit =
                if decision.answer == Answer::No { None } else { me.becomes(role, decision) }?;
            Some(Hit { who: format!("{} through {service}", hit.who), ..hit })
        })
    });
    hits.take(TARGETS).collect()
}

/// Whether the caller may create, start or run anything of a service.
fn makes(me: &Me<'_, '_>, service: &str) -> Decision {
    let mut best = Decision::no();
    let verbs = ["create", "put", "run", "start", "submit"];
    let verbs: Vec<String> = verbs.iter().map(|it| format!("{service}:{it}*")).collect();
    let allows = me.policies.identity.iter().flat_map(|it| &it.statements);
    for statement in allows.filter(|it| it.effect == Effect::Allow) {
        let actions: Vec<&str> = match &statement.actions {
            Selection::AllBut(_) => verbs.iter().map(String::as_str).collect(),
            Selection::Only(patterns) => patterns
                .iter()
                .flat_map(|pattern| {
                    let verbs = verbs.iter().filter(|verb| intersects(pattern, verb));
                    verbs.map(move |it| if covers(pattern, it) { it.as_str() } else { pattern })
                })
                .collect(),
        };
        for action in actions {
            best = best.or(me.may(action, Target::Any("*")));
        }
    }
    best
}

/// Roles that something of a service may run as already.
pub(super) fn running(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let change = me.may_all(set, Target::Any("*"), &me.policies.context);
    if change.answer == Answer::No {
        return Vec::new();
    }
    let trusting = me.estate.by_service.get(&set.service).into_iter().flatten();
    let hits = trusting.filter_map(|(arn, _)| {
        let (role, trust): &(&Role, _) = &me.library.trusts.roles[arn];
        let decision = change.clone().and(trusts(trust, &set.service));
        let hit = if decision.answer == Answer::No { None } else { me.becomes(role, decision) }?;
        let service = set.service.split('.').next().unwrap_or_default();
        let who = format!("what {service} runs as {}", hit.who);
        Some(Hit { who, is_node: false, ..hit })
    });
    hits.take(TARGETS).collect()
}

/// Nodes that it can get into, but for those that hold the role itself.
pub(super) fn nodes(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let gain = |what: &str| Gain::sure(what);
    let is_other = |it: &Machine<'_>| it.pool.is_some() && it.role != Some(&me.role.arn);
    let name = |arn: &str, it: &Machine<'_>| {
        format!("{} of {}", short(arn), it.pool.as_deref().unwrap_or_default())
    };
    match set.on {
        On::TemplateOfNodes => {
            let hits = me.estate.templates.iter().filter_map(|(arn, pool)| {
                let decision = me.may_all(set, Target::All(arn), &me.policies.context);
                let who = format!("{} of {pool}", short(arn));
                let gain = gain("decides what nodes start with");
                (decision.answer != Answer::No).then_some(Hit {
                    who,
                    gain,
                    decision,
                    is_node: true,
                })
            });
            hits.take(TARGETS).collect()
        }
        On::DiskOfNode => {
            let decision = me.may_all(set, Target::Any("*"), &me.policies.context);
            let mut nodes = me.estate.machines.iter().filter(|(_, it)| is_other(it));
            let node = nodes.next().filter(|_| decision.answer != Answer::No);
            let hit = node.map(|(arn, node)| Hit {
                who: name(arn, node),
                gain: gain("has a disk that can be copied and read"),
                decision,
                is_node: true,
            });
            hit.into_iter().collect()
        }
        _ => {
            let all = &me.estate.machines;
            let first = set.actions.first().into_iter().flatten();
            let granted: BTreeSet<&str> =
                first.flat_map(|it| granted_among(me.policies, it, all)).collect();
            let hits = granted.into_iter().filter(|arn| is_other(&all[*arn])).filter_map(|arn| {
                let context = tagged(&me.policies.context, all[arn].tags);
                let decision = me.may_all(set, Target::All(arn), &context);
                let who = name(arn, &all[arn]);
                let gain = gain("is a node");
                (decision.answer != Answer::No).then_some(Hit {
                    who,
                    gain,
                    decision,
                    is_node: true,
                })
            });
            hits.take(TARGETS).collect()
        }
    }
}

/// What is known of a request on a resource with these tags.
pub(crate) fn tagged(context: &Context, tags: &crate::inventory::Tags) -> Context {
    let prefixes = ["aws:ResourceTag", "ec2:ResourceTag", "ssm:resourceTag"];
    let bare = context.clone().untagged();
    tags.iter().fold(bare, |context, (key, value)| {
        prefixes.iter().fold(context, |it, prefix| it.with_value(&format!("{prefix}/{key}"), value))
    })
}
