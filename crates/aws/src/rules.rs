// Generated from the files in rules/. Run scripts/sync after adding one.

mod eks {
    pub(super) mod endpoint_public;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "eks-endpoint-public",
        page: include_str!("rules/eks/endpoint_public.md"),
        rule: eks::endpoint_public::RULE,
    },
];
