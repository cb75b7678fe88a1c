//! Blocks of addresses: CIDRs are sets, strings are never compared.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::inventory::netpol::IpBlock;

/// A prefix without parts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The prefix.
    pub net: IpNet,
    /// What it leaves out.
    pub except: Vec<IpNet>,
}

/// Public addresses from which a set is as wide as the internet: a /8, for IPv6 a /32.
const WIDE: [u128; 2] = [1 << 24, 1 << 96];

/// Addresses that are nobody's on the internet.
const PRIVATE: [&str; 10] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

impl Block {
    /// Reads an `ipBlock`; nothing if it does not parse.
    pub(super) fn read(block: &IpBlock) -> Option<Self> {
        let net = parse(&block.cidr)?;
        let except: Option<Vec<IpNet>> = block.except.iter().map(|it| parse(it)).collect();
        Some(Self { net, except: except? })
    }

    /// Both families, whole.
    pub(super) fn world() -> Vec<Self> {
        let whole = |net: IpNet| Self { net, except: Vec::new() };
        vec![whole(IpNet::V4(Ipv4Net::default())), whole(IpNet::V6(Ipv6Net::default()))]
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.net.contains(&address) && !self.except.iter().any(|it| it.contains(&address))
    }
}

/// Whether blocks together hold as much of the internet as makes no difference.
pub(super) fn are_internet_wide(blocks: &[Block]) -> bool {
    [false, true].iter().zip(WIDE).any(|(ipv6, wide)| wide <= public(blocks, *ipv6))
}

/// How many public addresses of a family the blocks hold.
fn public(blocks: &[Block], ipv6: bool) -> u128 {
    let of_family = |it: &IpNet| matches!(it, IpNet::V6(_)) == ipv6;
    let private: Vec<IpNet> = PRIVATE.iter().filter_map(|it| parse(it)).filter(of_family).collect();
    let mut ranges: Vec<(u128, u128)> = Vec::new();
    for block in blocks.iter().filter(|it| of_family(&it.net)) {
        let holes = block.except.iter().filter(|it| of_family(it)).chain(&private).map(range);
        ranges.extend(without(range(&block.net), holes.collect()));
    }
    ranges.sort_unstable();
    let (mut count, mut end) = (0_u128, None::<u128>);
    for (first, last) in ranges {
        let first = end.map_or(first, |end| first.max(end.saturating_add(1)));
        if first <= last {
            count = count.saturating_add((last - first).saturating_add(1));
            end = Some(last);
        }
    }
    count
}

/// What is left of a range without others.
fn without((mut first, last): (u128, u128), mut holes: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    holes.sort_unstable();
    let mut left = Vec::new();
    for (start, end) in holes {
        if end < first || last < start {
            continue;
        }
        if first < start {
            left.push((first, start - 1));
        }
        if last <= end {
            return left;
        }
        first = end + 1;
    }
    left.push((first, last));
    left
}

fn range(net: &IpNet) -> (u128, u128) {
    let number = |it: IpAddr| match it {
        IpAddr::V4(it) => u128::from(it.to_bits()),
        IpAddr::V6(it) => it.to_bits(),
    };
    (number(net.network()), number(net.broadcast()))
}

/// `10.0.0.0/8`, with host bits or without; a lone address stands for itself.
pub(super) fn parse(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(blocks: &[(&str, &[&str])]) -> bool {
        let read = |(cidr, except): &(&str, &[&str])| {
            let except = except.iter().map(|it| (*it).to_owned()).collect();
            Block::read(&IpBlock { cidr: (*cidr).to_owned(), except }).unwrap()
        };
        are_internet_wide(&blocks.iter().map(read).collect::<Vec<_>>())
    }

    #[test]
    fn the_internet_is_recognised_in_any_spelling() {
        assert!(wide(&[("0.0.0.0/0", &[])]));
        assert!(wide(&[("0.0.0.0/1", &[])]));
        assert!(wide(&[("::/0", &[])]));
        assert!(wide(&[("0.0.0.0/0", &["10.0.0.0/8", "169.254.169.254/32"])]));
        assert!(wide(&[("8.0.0.0/9", &[]), ("8.128.0.0/9", &[])]));
        assert!(!wide(&[("8.0.0.0/9", &[]), ("8.0.0.0/10", &[])]));
        assert!(!wide(&[("0.0.0.0/0", &["0.0.0.0/1", "128.0.0.0/1"])]));
        assert!(!wide(&[("10.0.0.0/8", &[])]));
        assert!(!wide(&[("172.0.0.0/8", &["172.0.0.0/8"])]));
        assert!(!wide(&[("fd00::/8", &[])]));
        assert!(!wide(&[]));
        assert!(Block::read(&IpBlock { cidr: "10.0.0.0".to_owned(), except: vec![] }).is_some());
        assert!(Block::read(&IpBlock { cidr: "x".to_owned(), except: vec![] }).is_none());
    }
}
