//! What listeners that end TLS speak, and the certificates that they show.

use std::collections::BTreeMap;

use eksray_aws::inventory::elb::Listener;
use eksray_rule::{Fetched, Gap, Reason};
use serde::Deserialize;

use super::{SERVICE, page};
use crate::aws::{parse::sorted, place::Place, read::Page, signed::Members};

/// Versions of TLS by the name of the policy that has them.
type Policies = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SslPolicies {
    ssl_policies: Members<SslPolicy>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SslPolicy {
    name: String,
    #[serde(default)]
    ssl_protocols: Members<String>,
}

/// `elasticloadbalancing:DescribeSSLPolicies`: all that there are, in one page.
pub(super) async fn policies(place: &Place) -> Result<Policies, Gap> {
    let call = place.read("elasticloadbalancing:DescribeSSLPolicies").all(
        |marker| {
            place.signed.query::<SslPolicies>(
                SERVICE,
                "DescribeSSLPolicies",
                page(marker, Vec::new()),
            )
        },
        |it| {
            let items = it.ssl_policies.into_iter();
            let items = items.map(|it| (it.name, it.ssl_protocols.into_iter().collect()));
            Ok(Page { items: items.collect(), next: it.next_marker })
        },
    );
    let all: Vec<(String, Vec<String>)> = call.await?;
    Ok(all.into_iter().collect())
}

/// Looks up what the policy of a listener means.
pub(super) fn resolve(listener: &mut Listener, policies: &Result<Policies, Gap>) {
    let Some(name) = &listener.ssl_policy else { return };
    listener.ssl_protocols = match policies {
        Err(gap) => Fetched::unread(gap.clone()),
        Ok(policies) => match policies.get(name) {
            Some(protocols) => Fetched::read(protocols.clone()),
            None => Fetched::unread(unknown("elasticloadbalancing:DescribeSSLPolicies", name)),
        },
    };
}

/// A policy that a listener has and nobody describes.
pub(super) fn unknown(call: &str, policy: &str) -> Gap {
    let detail = format!("`{policy}` is not in the answer");
    Gap { call: call.to_owned(), reason: Reason::Malformed, detail }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListenerCertificates {
    certificates: Members<Certificate>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Certificate {
    certificate_arn: String,
}

/// `elasticloadbalancing:DescribeListenerCertificates`: the default one and those for further names.
pub(super) async fn certificates(place: &Place, listener: &str) -> Result<Vec<String>, Gap> {
    let arn = ("ListenerArn".to_owned(), listener.to_owned());
    let call = place.read("elasticloadbalancing:DescribeListenerCertificates").all(
        |marker| {
            place.signed.query::<ListenerCertificates>(
                SERVICE,
                "DescribeListenerCertificates",
                page(marker, vec![arn.clone()]),
            )
        },
        |it| {
            let items = it.certificates.into_iter().map(|it| it.certificate_arn).collect();
            Ok(Page { items, next: it.next_marker })
        },
    );
    let mut arns = sorted(call.await?, String::as_str);
    arns.dedup();
    Ok(arns)
}
