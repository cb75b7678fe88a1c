//! From roles to other roles, to the account's administrator and to its secrets.

use std::collections::BTreeSet;

use eksray_aws::iam::{
    Answer, Request, Target, decide,
    reach::{Place, Reached, Via},
};
use eksray_rule::Subject;

use super::Edges;
use crate::world::World;

/// Impact of an administrator of the account, and of all its secrets.
const AWS_ADMIN: u32 = 100;
const SECRETS: u32 = 70;

/// Adds what every role that a cluster reaches is good for.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    for context in &world.accounts {
        let account = context.account;
        let landmark = |name: &str| Subject::landmark(&account.partition, &account.id, name);
        let (admin, secrets) = (landmark("aws-admin"), landmark("secrets"));
        edges.sink(admin.clone(), AWS_ADMIN);
        edges.sink(secrets.clone(), SECRETS);
        let Some(reach) = world.reach.get(account.id.as_str()) else { continue };
        for reached in reach.roles.values() {
            chain(reached, edges);
            administrates(world, reached, &admin, edges);
            reads_secrets(world, reached, &secrets, edges);
        }
        for (place, gap) in &reach.gaps {
            for view in &world.clusters {
                let concerned = match place {
                    Place::Account | Place::Role(_) => true,
                    Place::Region(name) => {
                        view.aws.as_ref().is_some_and(|it| it.region.name == name)
                    }
                    Place::Cluster(id) => *id == view.id,
                };
                let own =
                    view.aws.as_ref().is_some_and(|it| it.region.account.account.id == account.id);
                if concerned && own {
                    edges.gap(&view.id, gap.clone());
                }
            }
        }
    }
}

/// Roles that this one is reached from.
fn chain(reached: &Reached<'_>, edges: &mut Edges) {
    let to = Subject::aws(&reached.role.arn);
    for route in &reached.routes {
        let Via::Role(from) = &route.via else { continue };
        let from = Subject::aws(from);
        match route.answer {
            Answer::Yes => edges.step(&from, &to, 0, "assumes", BTreeSet::new()),
            _ => edges.possible(&from, &to, 0, "assumes", BTreeSet::new()),
        }
    }
}

fn administrates(world: &World<'_>, reached: &Reached<'_>, admin: &Subject, edges: &mut Edges) {
    let role = Subject::aws(&reached.role.arn);
    let Some(needs) = world.pattern("iam-role-admin", &role) else { return };
    if world.is_possible("iam-role-admin", &role) {
        edges.possible(&role, admin, 0, "administrator", needs);
    } else {
        edges.step(&role, admin, 0, "administrator", needs);
    }
}

/// Every secret of the account: closed by what makes the role an administrator, or a node role too strong.
fn reads_secrets(world: &World<'_>, reached: &Reached<'_>, secrets: &Subject, edges: &mut Edges) {
    let policies = &reached.policies;
    let request = Request {
        action: "secretsmanager:GetSecretValue",
        resource: Target::All("*"),
        context: &policies.context,
    };
    let role = Subject::aws(&reached.role.arn);
    let closes = ["iam-role-admin", "iam-role-data-wildcard", "iam-node-role-excess"];
    let needs = closes.iter().find_map(|it| world.finding(it, &role)).into_iter().collect();
    let why = "secretsmanager:GetSecretValue on *";
    match decide(policies, &request).answer {
        Answer::No => {}
        Answer::Yes => edges.step(&role, secrets, 0, why, needs),
        Answer::Maybe => edges.possible(&role, secrets, 0, why, needs),
    }
}
