//! Sets of addresses. CIDRs are sets: strings are never compared.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A set of addresses, per IP family, as disjoint prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// IPv4.
    pub ipv4: Vec<Ipv4Net>,
    /// IPv6.
    pub ipv6: Vec<Ipv6Net>,
}

impl Addresses {
    /// How many IPv4 addresses there are.
    pub fn ipv4_addresses(&self) -> u64 {
        self.ipv4.iter().map(|it| 1_u64 << (32 - it.prefix_len())).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ipv4.is_empty() && self.ipv6.is_empty()
    }
}

/// The union of prefixes, merged.
pub fn union(nets: impl IntoIterator<Item = IpNet>) -> Addresses {
    let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
    for net in nets {
        match net {
            IpNet::V4(net) => ipv4.push(net.trunc()),
            IpNet::V6(net) => ipv6.push(net.trunc()),
        }
    }
    Addresses { ipv4: Ipv4Net::aggregate(&ipv4), ipv6: Ipv6Net::aggregate(&ipv6) }
}

/// Ranges that the internet does not route: RFC 1918, RFC 6598, loopback, link-local, multicast and reserved.
const PRIVATE_IPV4: [(Ipv4Addr, u8); 7] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn private_ipv4() -> impl Iterator<Item = Ipv4Net> {
    PRIVATE_IPV4.iter().filter_map(|(address, length)| Ipv4Net::new(*address, *length).ok())
}

/// Whether a whole prefix lies in ranges that the internet does not route.
pub fn is_private(net: &IpNet) -> bool {
    match net {
        IpNet::V4(net) => private_ipv4().any(|it| it.contains(net)),
        IpNet::V6(net) => {
            let first = net.network().segments()[0];
            // Unique local fc00::/7, link-local fe80::/10, multicast ff00::/8.
            (first & 0xfe00 == 0xfc00 && net.prefix_len() >= 7)
                || (first & 0xffc0 == 0xfe80 && net.prefix_len() >= 10)
                || (first >> 8 == 0xff && net.prefix_len() >= 8)
        }
    }
}

/// How many public IPv4 addresses the set holds.
pub fn public_ipv4_addresses(set: &Addresses) -> u64 {
    let overlap = |net: &Ipv4Net| -> u64 {
        private_ipv4()
            .map(|it| match (it.contains(net), net.contains(&it)) {
                (true, _) => 1_u64 << (32 - net.prefix_len()),
                (_, true) => 1_u64 << (32 - it.prefix_len()),
                _ => 0,
            })
            .sum()
    };
    set.ipv4.iter().map(|it| (1_u64 << (32 - it.prefix_len())) - overlap(it)).sum()
}

/// Whether a set is as good as the internet: 2^24 public IPv4 addresses, or an IPv6 prefix of /32 or shorter.
pub fn is_internet_wide(set: &Addresses) -> bool {
    public_ipv4_addresses(set) >= 1 << 24
        || set.ipv6.iter().any(|it| it.prefix_len() <= 32 && !is_private(&IpNet::V6(*it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(cidrs: &[&str]) -> bool {
        is_internet_wide(&union(cidrs.iter().map(|it| it.parse().unwrap())))
    }

    #[test]
    fn the_internet_is_recognised_in_any_spelling() {
        assert!(wide(&["0.0.0.0/0"]));
        assert!(wide(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(wide(&["::/0"]));
        assert!(wide(&["8.0.0.0/8"]));
        assert!(wide(&["8.0.0.0/9", "8.128.0.0/9"]));
        assert!(wide(&["2001:db8::/32"]));
        assert!(!wide(&["8.0.0.0/9"]));
        assert!(!wide(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]));
        assert!(!wide(&["fc00::/7"]));
        assert!(!wide(&["203.0.113.7/32"]));
        assert!(!wide(&[]));
    }

    #[test]
    fn private_ranges_do_not_count() {
        let set = union(["0.0.0.0/0".parse().unwrap()]);
        let private: u64 = private_ipv4().map(|it| 1_u64 << (32 - it.prefix_len())).sum();
        assert_eq!(public_ipv4_addresses(&set), (1 << 32) - private);
        assert_eq!(public_ipv4_addresses(&union(["10.1.0.0/16".parse().unwrap()])), 0);
        assert_eq!(public_ipv4_addresses(&union(["11.0.0.0/31".parse().unwrap()])), 2);
    }
}
