// Generated from the files in rules/. Run scripts/sync after adding one.

mod access {
    pub(super) mod cluster_admin_grant;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "access-cluster-admin-grant",
        page: include_str!("rules/access/cluster_admin_grant.md"),
        rule: access::cluster_admin_grant::RULE,
    },
];
