// Generated from the files in rules/. Run scripts/sync after adding one.

mod eks {
    pub(super) mod endpoint_open_to_internet;
    pub(super) mod endpoint_private_off;
    pub(super) mod endpoint_public;
    pub(super) mod version_unsupported;
}

mod nacl {}

mod node {}

mod sg {}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "eks-endpoint-open-to-internet",
        page: include_str!("rules/eks/endpoint_open_to_internet.md"),
        rule: eks::endpoint_open_to_internet::RULE,
    },
    Entry {
        id: "eks-endpoint-private-off",
        page: include_str!("rules/eks/endpoint_private_off.md"),
        rule: eks::endpoint_private_off::RULE,
    },
    Entry {
        id: "eks-endpoint-public",
        page: include_str!("rules/eks/endpoint_public.md"),
        rule: eks::endpoint_public::RULE,
    },
    Entry {
        id: "eks-version-unsupported",
        page: include_str!("rules/eks/version_unsupported.md"),
        rule: eks::version_unsupported::RULE,
    },
];
