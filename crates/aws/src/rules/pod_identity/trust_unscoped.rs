use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Rule,
    iam::{Answer, Estate, principals::without, trust_of, trusts_service},
    inventory::{eks::PodIdentityAssociation, iam::Role},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::PodIdentity(role, association),
};

/// What Pod Identity sends that can tie a role to a cluster, a namespace or a service account.
const TIES: [&str; 8] = [
    "aws:RequestTag/eks-cluster-arn",
    "aws:RequestTag/eks-cluster-name",
    "aws:RequestTag/kubernetes-namespace",
    "aws:RequestTag/kubernetes-service-account",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

fn role(role: &Role) -> Verdict {
    let service = "pods.eks.amazonaws.com";
    let decision = trusts_service(role, service, "sts:AssumeRole", &without(&TIES));
    if decision.answer == Answer::No {
        return trust_of(role).gap.map_or(Ok(Judgement::pass()), Err);
    }
    let by = decision.by.join(", ");
    let facts = vec![format!("trusts {service} for any association of the account ({by})")];
    let possible = decision.answer == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}

fn association(association: &PodIdentityAssociation, estate: &Estate<'_>) -> Verdict {
    let described = association.described.known()?;
    let mut facts = Vec::new();
    if described.disable_session_tags && described.policy.is_none() {
        facts.push("disableSessionTags = true without a session policy".to_owned());
    }
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    if let Some(target) = &described.target_role_arn
        && account(target) != estate.context.account.id
        && described.external_id.is_none()
    {
        facts.push(format!("targetRoleArn {target} without externalId"));
    }
    Ok(Judgement::of(facts))
}
