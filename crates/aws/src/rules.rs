// Generated from the files in rules/. Run scripts/sync after adding one.

mod access {
    pub(super) mod configmap_mode;
    pub(super) mod idp_open;
}

mod eks {
    pub(super) mod endpoint_public;
}

mod guardduty {
    pub(super) mod eks_blind;
}

mod logging {
    pub(super) mod audit_off;
    pub(super) mod retention_short;
    pub(super) mod types_off;
}

mod trail {
    pub(super) mod region_uncovered;
    mod shared;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "access-configmap-mode",
        page: include_str!("rules/access/configmap_mode.md"),
        rule: access::configmap_mode::RULE,
    },
    Entry {
        id: "access-idp-open",
        page: include_str!("rules/access/idp_open.md"),
        rule: access::idp_open::RULE,
    },
    Entry {
        id: "eks-endpoint-public",
        page: include_str!("rules/eks/endpoint_public.md"),
        rule: eks::endpoint_public::RULE,
    },
    Entry {
        id: "guardduty-eks-blind",
        page: include_str!("rules/guardduty/eks_blind.md"),
        rule: guardduty::eks_blind::RULE,
    },
    Entry {
        id: "logging-audit-off",
        page: include_str!("rules/logging/audit_off.md"),
        rule: logging::audit_off::RULE,
    },
    Entry {
        id: "logging-retention-short",
        page: include_str!("rules/logging/retention_short.md"),
        rule: logging::retention_short::RULE,
    },
    Entry {
        id: "logging-types-off",
        page: include_str!("rules/logging/types_off.md"),
        rule: logging::types_off::RULE,
    },
    Entry {
        id: "trail-region-uncovered",
        page: include_str!("rules/trail/region_uncovered.md"),
        rule: trail::region_uncovered::RULE,
    },
];
