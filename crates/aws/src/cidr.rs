//! Sets of addresses. CIDRs are sets: strings are never compared.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// An IP family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

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

    /// Whether an address is in the set.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(it) => self.ipv4.iter().any(|net| net.contains(&it)),
            IpAddr::V6(it) => self.ipv6.iter().any(|net| net.contains(&it)),
        }
    }

    /// The prefixes, IPv4 first.
    pub fn nets(&self) -> impl Iterator<Item = IpNet> {
        let ipv4 = self.ipv4.iter().copied().map(IpNet::V4);
        ipv4.chain(self.ipv6.iter().copied().map(IpNet::V6))
    }

    /// The addresses of one family.
    #[must_use]
    pub fn only(&self, family: Family) -> Self {
        match family {
            Family::V4 => Self { ipv4: self.ipv4.clone(), ipv6: Vec::new() },
            Family::V6 => Self { ipv4: Vec::new(), ipv6: self.ipv6.clone() },
        }
    }

    /// Addresses of either set.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        union(self.nets().chain(other.nets()))
    }

    /// Addresses of both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            ipv4: nets4(&both(&ranges4(&self.ipv4), &ranges4(&other.ipv4))),
            ipv6: nets6(&both(&ranges6(&self.ipv6), &ranges6(&other.ipv6))),
        }
    }

    /// Addresses of this set that are not in the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self {
            ipv4: nets4(&rest(&ranges4(&self.ipv4), &ranges4(&other.ipv4))),
            ipv6: nets6(&rest(&ranges6(&self.ipv6), &ranges6(&other.ipv6))),
        }
    }
}

/// Every address there is.
pub fn everything() -> Addresses {
    Addresses { ipv4: vec![Ipv4Net::default()], ipv6: vec![Ipv6Net::default()] }
}

/// Every address that the internet routes.
pub fn internet() -> Addresses {
    let ipv6 = PRIVATE_IPV6.iter().filter_map(|(it, length)| Ipv6Net::new(*it, *length).ok());
    everything().minus(&union(private_ipv4().map(IpNet::V4).chain(ipv6.map(IpNet::V6))))
}

/// First and last address, sorted, disjoint and not adjacent: set operations are one pass over these.
type Ranges = Vec<(u128, u128)>;

fn ranges4(nets: &[Ipv4Net]) -> Ranges {
    let nets = Ipv4Net::aggregate(&nets.to_vec());
    nets.iter().map(|it| (it.network().to_bits().into(), it.broadcast().to_bits().into())).collect()
}

fn ranges6(nets: &[Ipv6Net]) -> Ranges {
    let nets = Ipv6Net::aggregate(&nets.to_vec());
    nets.iter().map(|it| (it.network().to_bits(), it.broadcast().to_bits())).collect()
}

fn nets4(ranges: &Ranges) -> Vec<Ipv4Net> {
    let address = |it: u128| Ipv4Addr::from_bits(u32::try_from(it).unwrap_or(u32::MAX));
    let nets = ranges.iter().flat_map(|(a, b)| Ipv4Subnets::new(address(*a), address(*b), 0));
    Ipv4Net::aggregate(&nets.collect())
}

fn nets6(ranges: &Ranges) -> Vec<Ipv6Net> {
    let address = Ipv6Addr::from_bits;
    let nets = ranges.iter().flat_map(|(a, b)| Ipv6Subnets::new(address(*a), address(*b), 0));
    Ipv6Net::aggregate(&nets.collect())
}

fn both(a: &Ranges, b: &Ranges) -> Ranges {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from <= to {
            out.push((from, to));
        }
        if x.1 < y.1 { i += 1 } else { j += 1 }
    }
    out
}

fn rest(a: &Ranges, b: &Ranges) -> Ranges {
    let mut out = Vec::new();
    for &(from, to) in a {
        let mut next = Some(from);
        for &(x, y) in b.iter().filter(|it| it.0 <= to && from <= it.1) {
            if let Some(at) = next.filter(|at| *at < x) {
                out.push((at, x - 1));
            }
            next = y.checked_add(1);
        }
        if let Some(at) = next.filter(|at| *at <= to) {
            out.push((at, to));
        }
    }
    out
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

/// Unique local, link-local and multicast.
const PRIVATE_IPV6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

fn private_ipv4() -> impl Iterator<Item = Ipv4Net> {
    PRIVATE_IPV4.iter().filter_map(|(address, length)| Ipv4Net::new(*address, *length).ok())
}

/// Whether a whole prefix lies in ranges that the internet does not route.
pub fn is_private(net: &IpNet) -> bool {
    match net {
        IpNet::V4(net) => private_ipv4().any(|it| it.contains(net)),
        IpNet::V6(net) => PRIVATE_IPV6
            .iter()
            .filter_map(|(it, length)| Ipv6Net::new(*it, *length).ok())
            .any(|it| it.contains(net)),
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

    fn set(cidrs: &[&str]) -> Addresses {
        union(cidrs.iter().map(|it| it.parse().unwrap()))
    }

    #[test]
    fn sets_meet_and_part() {
        let all = set(&["0.0.0.0/0", "::/0"]);
        assert_eq!(all.minus(&set(&["128.0.0.0/1", "8000::/1"])), set(&["0.0.0.0/1", "::/1"]));
        assert_eq!(all.minus(&all), Addresses::default());
        assert_eq!(all.and(&set(&["10.0.0.0/8"])), set(&["10.0.0.0/8"]));
        assert_eq!(set(&["10.0.0.0/30"]).minus(&set(&["10.0.0.1/32"])).ipv4_addresses(), 3);
        assert_eq!(
            set(&["255.0.0.0/8"]).minus(&set(&["255.255.255.255/32"])).ipv4_addresses(),
            (1 << 24) - 1
        );
        assert!(is_internet_wide(&internet().only(Family::V4)));
        assert!(is_internet_wide(&internet().only(Family::V6)));
        assert!(!internet().contains("10.0.0.1".parse().unwrap()));
    }
}
