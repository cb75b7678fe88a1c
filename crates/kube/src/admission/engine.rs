//! Engines and verifiers behind webhooks, recognised by how their webhooks and Services are named.

use crate::inventory::admission::{Webhook, WebhookConfiguration, WebhookRule};

/// An engine that admits or refuses what other people make.
#[derive(Debug)]
pub struct Engine {
    /// What people call it.
    pub name: &'static str,
    /// Parts of the names of its configurations, webhooks and Services.
    marks: &'static [&'static str],
    /// Parts of the names of the webhooks that judge; the others keep its own kinds in order. None: all judge.
    judges: &'static [&'static str],
    /// Whether verifying images is all that it does.
    pub verifies_images: bool,
}

/// The catalogue. Policies are read of the first two.
const ENGINES: &[Engine] = &[
    policies("Kyverno", &["kyverno"], &["validate.kyverno.svc", "mutate.kyverno.svc"]),
    policies("Gatekeeper", &["gatekeeper"], &["validation.gatekeeper.sh"]),
    policies("Kubewarden", &["kubewarden"], &[]),
    policies("jsPolicy", &["jspolicy"], &[]),
    policies("Datree", &["datree"], &[]),
    policies("NeuVector", &["neuvector"], &[]),
    images("Sigstore policy controller", &["policy.sigstore.dev", "cosigned"]),
    images("Connaisseur", &["connaisseur"]),
    images("Portieris", &["portieris", "image-admission-config"]),
    images("Kritis", &["kritis"]),
    images("Notation", &["notation"]),
    images("Ratify", &["ratify"]),
];

const fn policies(
    name: &'static str,
    marks: &'static [&'static str],
    judges: &'static [&'static str],
) -> Engine {
    Engine { name, marks, judges, verifies_images: false }
}

const fn images(name: &'static str, marks: &'static [&'static str]) -> Engine {
    Engine { name, marks, judges: &[], verifies_images: true }
}

/// The engine that a webhook is of.
pub fn engine(configuration: &WebhookConfiguration, webhook: &Webhook) -> Option<&'static Engine> {
    let service = webhook.client_config.service.as_ref();
    let service = service.map(|it| [it.namespace.as_str(), it.name.as_str()]).unwrap_or_default();
    let names = [configuration.metadata.name.as_str(), webhook.name.as_str()];
    let names: Vec<&str> = names.into_iter().chain(service).collect();
    let marked =
        |it: &&Engine| it.marks.iter().any(|mark| names.iter().any(|it| it.contains(mark)));
    ENGINES.iter().find(marked)
}

impl Engine {
    /// Whether a webhook of it judges objects of built-in kinds.
    pub fn judges_by(&self, webhook: &Webhook) -> bool {
        let judges =
            self.judges.is_empty() || self.judges.iter().any(|it| webhook.name.contains(it));
        judges && webhook.rules.iter().any(is_about_built_in_kinds)
    }
}

fn is_about_built_in_kinds(rule: &WebhookRule) -> bool {
    let built_in =
        |it: &String| it != "coordination.k8s.io" && (!it.contains('.') || it.ends_with(".k8s.io"));
    rule.api_groups.iter().any(built_in)
}

/// Whether EKS serves it beside the API server: there is no network between the two.
pub fn is_served_by_eks(configuration: &WebhookConfiguration, webhook: &Webhook) -> bool {
    let Some(url) = &webhook.client_config.url else { return false };
    let host = host(url);
    is_loopback(host) || is_eks_name(&configuration.metadata.name) && is_aws_host(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

fn is_eks_name(name: &str) -> bool {
    ["0500-amazon-eks-", "eks-", "pod-identity-webhook", "vpc-resource-"]
        .iter()
        .any(|it| name.starts_with(it))
}

/// Hosts of EKS itself; under most other names of AWS anybody may answer.
fn is_aws_host(host: &str) -> bool {
    ["eks.amazonaws.com", "eks.amazonaws.com.cn"]
        .iter()
        .any(|it| host.strip_suffix(it).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// The host of a URL.
pub fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split([':', '/']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_whole_names() {
        for (url, expected) in [
            ("https://127.0.0.1:23443", "127.0.0.1"),
            ("https://[::1]:9443", "::1"),
            ("https://hooks.example.com", "hooks.example.com"),
        ] {
            assert_eq!(host(url), expected);
        }
        assert!(is_aws_host("x.eks.amazonaws.com"));
        assert!(!is_aws_host("evileks.amazonaws.com"));
        assert!(!is_aws_host("a.execute-api.eu-west-1.amazonaws.com"));
    }
}
