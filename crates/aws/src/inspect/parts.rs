//! Subjects that are parts of a cluster, as EKS lists them.

use eksray_rule::{
    Entry, Fetched, Gap, Judgement, NodePoolKind, Outcome, Reason, Subject, Verdict, any,
};
use jiff::SignedDuration;

use super::{Check, RegionContext, each_cluster, judge, network::merge};
use crate::inventory::{
    eks::{Addon, Capability, Cluster, FargateProfile, IdentityProvider},
    insights::Insight,
};

/// EKS looks at every cluster once a day.
const FIRST_INSIGHT: SignedDuration = SignedDuration::from_hours(24);

type Judged = Vec<(Subject, Verdict)>;

pub(super) fn identity_providers(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&IdentityProvider, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    each_own(entry, region, outcomes, |cluster, subject, out| {
        each(&cluster.identity_providers, subject, out, |it| {
            let kind = format!("identityproviderconfig/{}/oidc", cluster.name);
            (part(region, &kind, &it.name), check(it, region))
        });
    });
}

pub(super) fn fargate_profiles(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&FargateProfile, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    each_own(entry, region, outcomes, |cluster, subject, out| {
        each(&cluster.fargate_profiles, subject, out, |it| {
            (fargate_profile(region, cluster, &it.name), check(it, region))
        });
    });
}

pub(super) fn addons(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Addon, &Cluster, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    each_own(entry, region, outcomes, |cluster, subject, out| {
        each(&cluster.addons, subject, out, |it| {
            (addon(region, cluster, &it.name), check(it, cluster, region))
        });
    });
}

pub(super) fn capabilities(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Capability, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    each_own(entry, region, outcomes, |cluster, subject, out| {
        each(&cluster.capabilities, subject, out, |it| {
            (capability(region, cluster, &it.name), check(it, region))
        });
    });
}

/// Insights about rolling a version back are no weakness.
pub(super) fn insights(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Insight, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    each_own(entry, region, outcomes, |cluster, subject, out| {
        let insights = match cluster.insights.known() {
            Ok(insights) => insights.iter().filter(|it| it.category != "ROLLBACK_READINESS"),
            Err(gap) => return out.push((subject.clone(), without_insights(cluster, region, gap))),
        };
        let before = out.len();
        out.extend(insights.map(|it| {
            let kind = format!("insight/{}", cluster.name);
            (part(region, &kind, &it.id), check(it, region))
        }));
        if out.len() == before {
            let gap = Gap {
                call: "eks:ListInsights".to_owned(),
                reason: Reason::Malformed,
                detail: "no insight about an active cluster".to_owned(),
            };
            out.push((subject.clone(), without_insights(cluster, region, gap)));
        }
    });
}

/// A cluster that is not active or not a day old need not have any.
fn without_insights(cluster: &Cluster, region: &RegionContext<'_>, gap: Gap) -> Verdict {
    let described = cluster.described.known()?;
    if matches!(described.status.as_str(), "CREATING" | "PENDING" | "DELETING" | "FAILED") {
        return Ok(Judgement::not_applicable(format!("the cluster is {}", described.status)));
    }
    let age = described.created_at.map(|it| region.account.now.duration_since(it));
    if age.is_some_and(|it| it < FIRST_INSIGHT) && gap.reason == Reason::Malformed {
        return Ok(Judgement::not_applicable("the cluster is not a day old"));
    }
    Err(gap)
}

/// The cluster has an outcome of its own, so that lists which could not be read are one of the Region.
pub(super) fn health(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&str, &[String]) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let start = outcomes.len();
    each_own(entry, region, outcomes, |cluster, subject, out| {
        let own = cluster.described.known().and_then(|it| check(&it.status, &it.health_issues));
        out.push((subject.clone(), own));
        let place = &region.subject();
        each(&cluster.nodegroups, place, out, |it| {
            let id = region.cluster_id(&cluster.name);
            let health = it.described.known().and_then(|it| check(&it.status, &it.health_issues));
            (Subject::node_pool(&id, NodePoolKind::Mng, &it.name), health)
        });
        each(&cluster.fargate_profiles, place, out, |it| {
            let health = it.described.known().and_then(|it| check(&it.status, &it.health_issues));
            (fargate_profile(region, cluster, &it.name), health)
        });
        each(&cluster.addons, place, out, |it| {
            let health = it.described.known().and_then(|it| check(&it.status, &it.health_issues));
            (addon(region, cluster, &it.name), health)
        });
        each(&cluster.capabilities, place, out, |it| {
            let health = it.described.known().and_then(|it| check(&it.status, &it.health_issues));
            (capability(region, cluster, &it.name), health)
        });
    });
    merge(outcomes, start);
}

/// Visits the clusters that EKS itself runs; those registered from outside have no parts.
fn each_own(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    outcomes: &mut Vec<Outcome>,
    visit: impl Fn(&Cluster, &Subject, &mut Judged),
) {
    each_cluster(entry, region, outcomes, |cluster, out| {
        let subject = Subject::cluster(&region.cluster_id(&cluster.name));
        if cluster.described.known().is_ok_and(|it| it.connected) {
            return out.push((subject, judge(cluster, || any([]))));
        }
        visit(cluster, &subject, out);
    });
}

/// Visits a list; where it could not be read, one outcome for its holder says so. What does not
/// exist in a Region has no parts there.
fn each<T>(
    list: &Fetched<Vec<T>>,
    holder: &Subject,
    out: &mut Judged,
    visit: impl Fn(&T) -> (Subject, Verdict),
) {
    match list.known() {
        Err(gap) if gap.reason == Reason::NotSupported => {
            let why = format!("{} does not exist in this Region", gap.call);
            out.push((holder.clone(), Ok(Judgement::not_applicable(why))));
        }
        Err(gap) => out.push((holder.clone(), Err(gap))),
        Ok(items) => out.extend(items.iter().map(visit)),
    }
}

fn fargate_profile(region: &RegionContext<'_>, cluster: &Cluster, name: &str) -> Subject {
    part(region, &format!("fargateprofile/{}", cluster.name), name)
}

fn addon(region: &RegionContext<'_>, cluster: &Cluster, name: &str) -> Subject {
    part(region, &format!("addon/{}", cluster.name), name)
}

fn capability(region: &RegionContext<'_>, cluster: &Cluster, name: &str) -> Subject {
    part(region, &format!("capability/{}", cluster.name), name)
}

/// The ARN without the UUID that only a description tells: a part keeps its name when that is denied.
fn part(region: &RegionContext<'_>, kind: &str, name: &str) -> Subject {
    Subject::aws(region.arn("eks", &format!("{kind}/{name}")))
}
