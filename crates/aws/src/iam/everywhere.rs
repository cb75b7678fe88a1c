//! Whether an action is allowed on every resource of a kind.

use std::collections::BTreeSet;

use super::{
    Answer, Context, Decision, Effect, Policies, Request, Selection, Target, decide,
    decide::selects_action, policies::account,
};

/// A name and a Region that no policy mentions: what is allowed there is allowed anywhere.
const UNHEARD_OF: &str = "qzx7d1f";

/// Whether an action is allowed on every resource of a kind, at least in one Region.
///
/// `kind` is an ARN without its first two parts, with `R`, `A` and `*` for Region, account and name, as in
/// `secretsmanager:R:A:secret:*`. A pattern such as `prod-*` is not everything; a Deny of something leaves everything else.
pub(crate) fn everywhere(
    policies: &Policies,
    action: &str,
    kind: &str,
    role: &str,
    context: &Context,
) -> Decision {
    let partition = role.split(':').nth(1).unwrap_or("aws");
    let (kind, own) = (kind.replace('*', UNHEARD_OF), format!(":{}:", account(role)));
    let regions = if kind.contains(":R:") { regions(policies, action) } else { BTreeSet::new() };
    let regions = regions.into_iter().chain([UNHEARD_OF]);
    let mut best = Decision::no();
    for region in regions {
        let resource = kind.replace(":R:", &format!(":{region}:")).replace(":A:", &own);
        let resource = format!("arn:{partition}:{resource}");
        let resource = Target::All(&resource);
        best = best.or(decide(policies, &Request { action, resource, context }));
        if best.answer == Answer::Yes {
            break;
        }
    }
    best
}

/// Regions that an Allow of an action names.
fn regions<'p>(policies: &'p Policies, action: &str) -> BTreeSet<&'p str> {
    let action = action.to_ascii_lowercase();
    let statements = policies.identity.iter().flat_map(|it| &it.statements);
    let allows = statements.filter(|it| it.effect == Effect::Allow && selects_action(it, &action));
    let patterns = allows.filter_map(|it| match &it.resources {
        Selection::Only(patterns) => Some(patterns),
        Selection::AllBut(_) => None,
    });
    let regions = patterns.flatten().filter_map(|it| it.split(':').nth(3));
    regions.filter(|it| !it.is_empty() && !it.contains(['*', '?', '$'])).take(REGIONS).collect()
}

/// AWS has some forty.
const REGIONS: usize = 64;
