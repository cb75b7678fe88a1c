//! Listeners and certificates in words.

use eksray_rule::{Gap, Judgement, Verdict};
use jiff::Timestamp;

use crate::{
    RegionContext,
    inspect::items,
    inventory::{
        certificate::CertificateDescription,
        elb::{Listener, LoadBalancer},
    },
    node_pool::missing,
};

pub(super) const NOT_PUBLIC: &str = "scheme is not internet-facing";

/// Whether the internet may connect.
pub(super) fn is_public(balancer: &LoadBalancer) -> bool {
    balancer.scheme == "internet-facing"
}

/// Whether a listener ends TLS.
pub(super) fn ends_tls(listener: &Listener) -> bool {
    matches!(listener.protocol.as_str(), "HTTPS" | "TLS" | "SSL")
}

/// `HTTPS 443`.
pub(super) fn name(listener: &Listener) -> String {
    format!("{} {}", listener.protocol, listener.port)
}

/// What is wrong with a certificate, if anything; the fact of one that ACM will renew passes.
pub(super) fn certificate(arn: &str, region: &RegionContext<'_>) -> Verdict {
    if arn.contains(":server-certificate/") {
        let listed = items(&region.account.account.server_certificates).iter();
        let expires = listed.filter(|it| it.arn == arn).find_map(|it| it.expiration);
        let expires = expires.map(|it| format!("{arn} {}", until(it, region)));
        let fact = format!("{arn} is of IAM, which renews none");
        return Ok(Judgement::of([fact].into_iter().chain(expires).collect()));
    }
    let found = region.region.certificates.iter().find(|it| it.certificate_arn == arn);
    let found = found.ok_or_else(|| missing("acm:DescribeCertificate", arn))?;
    Ok(of_acm(arn, found.described.known()?, region))
}

/// Days that ACM may take after it should have renewed.
const LAST_DAYS: i64 = 7;

fn of_acm(
    arn: &str,
    certificate: &CertificateDescription,
    region: &RegionContext<'_>,
) -> Judgement {
    if certificate.status != "ISSUED" {
        return Judgement::of(vec![format!("{arn} has status {}", certificate.status)]);
    }
    if certificate.renewal_status.as_deref() == Some("FAILED") {
        let until = certificate.not_after.map(|it| format!(", {}", until(it, region)));
        let fact = format!("{arn} has renewalStatus FAILED{}", until.unwrap_or_default());
        return Judgement::of(vec![fact]);
    }
    let Some(end) = certificate.not_after else { return Judgement::pass() };
    let left = days(end, region);
    if left > i64::from(region.account.settings.cert_window) {
        return Judgement::pass();
    }
    let facts = vec![format!("{arn} {}", until(end, region))];
    let is_renewed = certificate.renewal_eligibility.as_deref() == Some("ELIGIBLE");
    if is_renewed && left > LAST_DAYS { Judgement::Pass { facts } } else { Judgement::of(facts) }
}

/// Whole days that are left, negative after the end.
fn days(end: Timestamp, region: &RegionContext<'_>) -> i64 {
    end.duration_since(region.account.now).as_secs().div_euclid(24 * 60 * 60)
}

fn until(end: Timestamp, region: &RegionContext<'_>) -> String {
    match days(end, region) {
        left @ 0.. => format!("expires {}, in {left} days", end.strftime("%F")),
        past => format!("expired {}, {} days ago", end.strftime("%F"), -past),
    }
}

/// The listeners of a load balancer that end TLS.
pub(super) fn tls_listeners(balancer: &LoadBalancer) -> Result<Vec<&Listener>, Gap> {
    Ok(balancer.listeners.known()?.iter().filter(|it| ends_tls(it)).collect())
}
