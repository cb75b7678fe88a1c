//! What annotations and class parameters of an Application Load Balancer add up to.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;

use crate::{
    ingress::{ALB, of_class},
    inventory::{Kube, cluster::CustomObject, network::Ingress},
};

/// The Ingresses that share a load balancer with one, itself included.
pub(super) fn members<'a>(it: &'a Ingress, kube: &'a Kube) -> Vec<&'a Ingress> {
    let all = kube.ingresses.known().map(Vec::as_slice).unwrap_or_default();
    match it.alb("group.name") {
        Some(group) => all.iter().filter(|it| it.alb("group.name") == Some(group)).collect(),
        None => vec![it],
    }
}

/// What leaves hosts in the clear, if anything does.
pub(super) fn in_the_clear(
    it: &Ingress,
    class: Option<&CustomObject>,
    kube: &Kube,
) -> Option<String> {
    let members = members(it, kube);
    let any = |name: &str| members.iter().any(|it| it.alb(name).is_some());
    let certificates = of_class(class, "certificateArn").and_then(Value::as_array);
    let has_certificate = any("certificate-arn") || certificates.is_some_and(|it| !it.is_empty());
    let (http, https) = match it.alb("listen-ports") {
        Some(ports) => (ports.contains("\"HTTP\""), ports.contains("\"HTTPS\"")),
        None => (!has_certificate, has_certificate),
    };
    let redirects = any("ssl-redirect")
        || of_class(class, "sslRedirectPort").is_some()
        || members.iter().any(|it| has_redirect_action(it));
    match (http, https) {
        (true, false) if it.alb("listen-ports").is_none() => {
            Some("neither certificate-arn nor listen-ports: HTTP on port 80".to_owned())
        }
        (true, false) => Some("listen-ports has no HTTPS".to_owned()),
        (true, true) if !redirects => Some("listen-ports has HTTP, and no ssl-redirect".to_owned()),
        (_, true) if !has_certificate && it.hosts().contains("") => {
            Some("no certificate-arn, and no host to find a certificate by".to_owned())
        }
        _ => None,
    }
}

/// An action of the old form that sends clients to HTTPS.
fn has_redirect_action(it: &Ingress) -> bool {
    it.metadata.annotations.iter().any(|(key, value)| {
        let is_action = key.strip_prefix(ALB).is_some_and(|it| it.starts_with("actions."));
        is_action && value.contains("edirect") && value.contains("\"HTTPS\"")
    })
}

/// Whether a load balancer admits clients from so many public addresses that it is open to the internet.
pub(super) fn is_open(it: &Ingress, class: Option<&CustomObject>) -> bool {
    let of_class = of_class(class, "inboundCIDRs").and_then(Value::as_array);
    if let Some(ranges) = of_class {
        return is_internet_wide(ranges.iter().filter_map(Value::as_str));
    }
    match it.alb("inbound-cidrs") {
        Some(ranges) => is_internet_wide(ranges.split(',').map(str::trim)),
        // Groups and prefix lists of the owner's, which are judged where they are.
        None => {
            it.alb("security-groups").is_none() && it.alb("security-group-prefix-lists").is_none()
        }
    }
}

/// 2^24 public addresses, or an IPv6 prefix of /32 and shorter.
fn is_internet_wide<'a>(ranges: impl Iterator<Item = &'a str>) -> bool {
    let (mut ipv4, mut wide) = (Vec::new(), false);
    for range in ranges.filter_map(|it| it.parse::<IpNet>().ok()) {
        match range {
            IpNet::V6(it) => wide |= it.prefix_len() <= 32 && !is_private(it.network().into()),
            IpNet::V4(it) if !is_private(it.network().into()) => ipv4.push(it),
            IpNet::V4(it) => wide |= it.prefix_len() == 0,
        }
    }
    let addresses: u64 =
        Ipv4Net::aggregate(&ipv4).iter().map(|it| 1 << (32 - it.prefix_len())).sum();
    wide || 1 << 24 <= addresses
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let [a, b, ..] = it.octets();
            it.is_private() || it.is_loopback() || it.is_link_local() || (a, b & 0xc0) == (100, 64)
        }
        IpAddr::V6(it) => it.segments()[0] & 0xfe00 == 0xfc00,
    }
}

#[cfg(test)]
mod tests {
    use super::is_internet_wide;

    #[test]
    fn ranges_are_sets() {
        for (ranges, expected) in [
            (&["0.0.0.0/0"][..], true),
            (&["::/0"], true),
            (&["0.0.0.0/1", "128.0.0.0/1"], true),
            (&["10.0.0.0/8", "192.168.0.0/16", "100.64.0.0/10"], false),
            (&["203.0.113.0/24"], false),
            (&["8.0.0.0/8"], true),
            (&["fd00::/8"], false),
            (&[], false),
        ] {
            assert_eq!(is_internet_wide(ranges.iter().copied()), expected, "{ranges:?}");
        }
    }
}
