//! From workloads to their service accounts, and from those to IAM roles.

use std::collections::BTreeSet;

use eksray_aws::{
    iam::{
        Admission, Answer, Context, Trusts, admits, reach::names_provider, trusts_service,
        web_identity,
    },
    inventory::iam::{OidcProvider, Role},
    issuers,
};
use eksray_kube::inventory::{Kube, cluster::ServiceAccount, order::named, workload::Workload};
use eksray_rule::{Gap, Subject};

use super::{DEPENDENCY, Edges};
use crate::{
    graph::Finding,
    world::{AwsView, ClusterView, World},
};

/// A trust policy that admits more accounts than it names, and one that any namespace with the right name meets.
const BROAD: u32 = 5;
const ANY_NAMESPACE: u32 = 10;

/// Adds identities of pods, and every running workload that nobody else answers for as a source.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    for view in &world.clusters {
        let Ok(kube) = &view.kube else { continue };
        for gap in &kube.workload_gaps {
            edges.gap(&view.id, gap.clone());
        }
        let accounts = match kube.service_accounts.known() {
            Ok(accounts) => accounts,
            Err(gap) => {
                edges.gap(&view.id, gap);
                continue;
            }
        };
        let associated =
            view.aws.as_ref().map(|it| associated(it, view, edges)).unwrap_or_default();
        for workload in &kube.workloads {
            let subject = view.workload(workload);
            if workload.pods.count > 0 && !eksray_kube::managed::is_managed_by_aws(workload) {
                edges.source(subject.clone(), DEPENDENCY);
            }
            let (namespace, name) = (&workload.namespace, workload.template.service_account());
            let account = view.service_account(namespace, name);
            let read = named(accounts, namespace, name);
            if holds_token(workload, read) || associated.contains(&account) {
                edges.step(&subject, &account, 0, "runs as", BTreeSet::new());
            }
        }
        if let Some(aws) = &view.aws {
            web_identities(world, view, aws, kube, accounts, edges);
        }
    }
}

/// Whether code in a pod finds a token of its account: mounted, injected for IRSA, or projected by hand.
fn holds_token(workload: &Workload, account: Option<&ServiceAccount>) -> bool {
    let mounted = |spec: &eksray_kube::inventory::pod::PodSpec| {
        spec.automount_service_account_token
            .or(account.and_then(|it| it.automount_service_account_token))
            .unwrap_or(true)
    };
    let projects = |spec: &eksray_kube::inventory::pod::PodSpec| {
        let sources = spec.volumes.iter().filter_map(|it| it.projected.as_ref());
        sources.flat_map(|it| &it.sources).any(|it| it.service_account_token.is_some())
    };
    account.is_some_and(annotated) || workload.specs().any(|it| mounted(it) || projects(it))
}

/// The webhook injects a token for AWS into pods of annotated accounts, whatever the role it names.
fn annotated(account: &ServiceAccount) -> bool {
    account.metadata.annotations.contains_key("eks.amazonaws.com/role-arn")
}

/// Steps of Pod Identity, and the accounts that have an association.
fn associated(aws: &AwsView<'_>, view: &ClusterView<'_>, edges: &mut Edges) -> BTreeSet<Subject> {
    let mut found = BTreeSet::new();
    let associations = match aws.cluster.pod_identity_associations.known() {
        Ok(associations) => associations,
        Err(gap) => {
            edges.gap(&view.id, gap);
            return found;
        }
    };
    let roles = match aws.region.account.account.iam.known() {
        Ok(iam) => &iam.roles,
        Err(gap) => {
            edges.gap(&view.id, gap);
            return found;
        }
    };
    for association in associations {
        let described = match association.described.known() {
            Ok(described) => described,
            Err(gap) => {
                edges.gap(&view.id, gap);
                continue;
            }
        };
        let Some(role) = roles.iter().find(|it| it.arn == described.role_arn) else { continue };
        let service = "pods.eks.amazonaws.com";
        let trusted = trusts_service(role, service, "sts:AssumeRole", &Context::default());
        let account = view.service_account(&association.namespace, &association.service_account);
        let to = Subject::aws(&role.arn);
        match trusted.answer {
            Answer::No => continue,
            Answer::Yes => edges.step(&account, &to, 0, "Pod Identity", BTreeSet::new()),
            Answer::Maybe => edges.possible(&account, &to, 0, "Pod Identity", BTreeSet::new()),
        }
        if let Some(target) = &described.target_role_arn {
            edges.step(&to, &Subject::aws(target), 0, "target role", BTreeSet::new());
        }
        found.insert(account);
    }
    found
}

/// Steps of IRSA: every account whose pods hold a token for AWS, and every role that admits it.
fn web_identities(
    world: &World<'_>,
    view: &ClusterView<'_>,
    aws: &AwsView<'_>,
    kube: &Kube,
    accounts: &[ServiceAccount],
    edges: &mut Edges,
) {
    let provider = match provider(aws) {
        Ok(Some(provider)) => provider,
        Ok(None) => return,
        Err(gap) => return edges.gap(&view.id, gap),
    };
    let iam = match aws.region.account.account.iam.known() {
        Ok(iam) => iam,
        Err(gap) => return edges.gap(&view.id, gap),
    };
    let by_hand = projecting(kube);
    let trusts = Trusts::of(iam);
    for (role, trust) in trusts.roles.values() {
        if !names_provider(trust, &provider.arn) {
            continue;
        }
        let admission = match web_identity(role, provider) {
            Ok(admission) => admission,
            Err(gap) => {
                edges.gap(&view.id, gap);
                continue;
            }
        };
        for account in accounts {
            let name = (account.metadata.namespace.as_str(), account.metadata.name.as_str());
            if admission.is_empty() || !(annotated(account) || by_hand.contains(&name)) {
                continue;
            }
            let decision = admits(role, provider, name.0, name.1);
            let (cost, needs) = breadth(world, role, provider, &admission, name);
            let (from, to) = (view.service_account(name.0, name.1), Subject::aws(&role.arn));
            match decision.answer {
                Answer::No => {}
                Answer::Yes => edges.step(&from, &to, cost, "IRSA", needs),
                Answer::Maybe => edges.possible(&from, &to, cost, "IRSA", needs),
            }
        }
    }
}

/// Points, and what closes the step: nothing where the policy names the account, else its breadth.
fn breadth(
    world: &World<'_>,
    role: &Role,
    provider: &OidcProvider,
    admission: &Admission,
    (namespace, name): (&str, &str),
) -> (u32, BTreeSet<Finding>) {
    let forms = || admission.0.iter().filter(|(it, _)| it.contains(namespace, name));
    if forms().any(|(it, _)| it.is_exact()) {
        return (0, BTreeSet::new());
    }
    let named = forms().all(|(it, _)| it.namespace == "*" && it.name != "*");
    let subject = Subject::role_issuer(&role.arn, issuers::bare(&provider.url));
    let needs = world.needs("irsa-trust-subject-broad", &subject);
    (if named { ANY_NAMESPACE } else { BROAD }, needs)
}

/// The account's provider for the cluster's issuer.
fn provider<'a>(aws: &AwsView<'a>) -> Result<Option<&'a OidcProvider>, Gap> {
    let Some(issuer) = &aws.cluster.described.known()?.oidc_issuer else { return Ok(None) };
    let mut gap = None;
    for provider in aws.region.account.account.oidc_providers.known()? {
        match provider.known() {
            Ok(it) if issuers::bare(&it.url) == issuers::bare(issuer) => return Ok(Some(it)),
            Ok(_) => {}
            Err(it) => gap = Some(it),
        }
    }
    gap.map_or(Ok(None), Err)
}

/// Accounts whose pods project a token for an audience other than the API server's.
fn projecting(kube: &Kube) -> BTreeSet<(&str, &str)> {
    let foreign = |it: &&Workload| {
        it.specs().any(|spec| {
            let sources = spec.volumes.iter().filter_map(|it| it.projected.as_ref());
            let tokens = sources
                .flat_map(|it| &it.sources)
                .filter_map(|it| it.service_account_token.as_ref());
            tokens.into_iter().any(|it| !it.audience.is_empty())
        })
    };
    let names = kube.workloads.iter().filter(foreign);
    names.map(|it| (it.namespace.as_str(), it.template.service_account())).collect()
}
