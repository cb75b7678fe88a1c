//! Sets that make the role an administrator of a cluster.

use eksray_rule::Gap;

use super::{Gain, Hit, Me};
use crate::{
    RegionContext,
    iam::{Answer, Decision, Target},
    inventory::eks::{AccessEntry, Cluster},
};

/// Access policies that make their principal administrator of a whole cluster.
const ADMINISTRATORS: [&str; 2] = ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy"];

/// Clusters that the role may open to itself; what could not be read and would tell.
pub(super) fn clusters(me: &Me<'_, '_>, gaps: &mut Vec<Gap>) -> Vec<Hit> {
    let any = |action| me.may(action, Target::Any("*")).answer != Answer::No;
    let entries = ["eks:CreateAccessEntry", "eks:AssociateAccessPolicy", "eks:UpdateAccessEntry"];
    if !entries.into_iter().any(any) && !any("eks:AssociateIdentityProviderConfig") {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for region in me.estate.context.regions() {
        match region.region.clusters.known() {
            Err(gap) => gaps.push(gap),
            Ok(clusters) => {
                for cluster in clusters {
                    match cluster_hits(me, &region, cluster) {
                        Err(gap) => gaps.push(gap),
                        Ok(found) => hits.extend(found),
                    }
                }
            }
        }
    }
    hits
}

fn cluster_hits(
    me: &Me<'_, '_>,
    region: &RegionContext<'_>,
    cluster: &Cluster,
) -> Result<Vec<Hit>, Gap> {
    let described = cluster.described.known()?;
    if described.connected {
        return Ok(Vec::new());
    }
    let own = own_entry(me, cluster);
    if let Ok(Some(entry)) = own
        && is_administrator(entry)?
    {
        return Ok(Vec::new());
    }
    let arn = region.cluster_id(&cluster.name).0;
    let on_cluster = |action| me.may(action, Target::All(&arn));
    let by_map = described.authentication_mode.as_deref() == Some("CONFIG_MAP");
    let mut open = on_cluster("eks:CreateAccessEntry").and(associates(me, region, cluster));
    if by_map {
        open = open.and(on_cluster("eks:UpdateClusterConfig"));
    }
    let hit = |decision, text: &str, answer| Hit {
        who: format!("cluster {}", cluster.name),
        gain: Gain { answer, text: text.to_owned() },
        decision,
        is_node: false,
    };
    if open.answer == Answer::Yes {
        return Ok(vec![hit(open, "takes it as administrator", Answer::Yes)]);
    }
    let mut hits = Vec::new();
    if !by_map && own?.is_some() {
        let administrator = associates(me, region, cluster);
        if administrator.answer != Answer::No {
            hits.push(hit(administrator, "lets its entry be administrator", Answer::Yes));
        }
        let groups = me.may("eks:UpdateAccessEntry", Target::All(&entry_arn(me, region, cluster)));
        if groups.answer != Answer::No {
            hits.push(hit(groups, "lets its entry have other groups", Answer::Maybe));
        }
    }
    if open.answer == Answer::Maybe {
        hits.push(hit(open, "takes it as administrator", Answer::Maybe));
    }
    let login = on_cluster("eks:AssociateIdentityProviderConfig");
    if login.answer != Answer::No {
        hits.push(hit(login, "takes logins of another issuer", Answer::Maybe));
    }
    Ok(hits)
}

fn own_entry<'c>(me: &Me<'_, '_>, cluster: &'c Cluster) -> Result<Option<&'c AccessEntry>, Gap> {
    Ok(cluster.access_entries.known()?.iter().find(|it| it.principal_arn == me.role.arn))
}

fn is_administrator(entry: &AccessEntry) -> Result<bool, Gap> {
    let policies = entry.policies.known()?;
    Ok(policies.iter().any(|it| it.scope == "cluster" && ADMINISTRATORS.contains(&it.name())))
}

/// The ARN that an entry of the role has; its last part is random.
fn entry_arn(me: &Me<'_, '_>, region: &RegionContext<'_>, cluster: &Cluster) -> String {
    let (account, name) = (&region.account.account.id, &me.role.role_name);
    region.arn("eks", &format!("access-entry/{}/role/{account}/{name}/qzx", cluster.name))
}

fn associates(me: &Me<'_, '_>, region: &RegionContext<'_>, cluster: &Cluster) -> Decision {
    let entry = entry_arn(me, region, cluster);
    let partition = &region.account.account.partition;
    ADMINISTRATORS.iter().fold(Decision::no(), |best, policy| {
        let policy = format!("arn:{partition}:eks::aws:cluster-access-policy/{policy}");
        let context = me.policies.context.clone();
        let context = context.with_value("eks:policyArn", &policy);
        let context = context.with_value("eks:accessScope", "cluster");
        best.or(me.may_in("eks:AssociateAccessPolicy", Target::All(&entry), &context))
    })
}
