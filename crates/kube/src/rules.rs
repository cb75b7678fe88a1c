// Generated from the files in rules/. Run scripts/sync after adding one.

mod admission {
    pub(super) mod engine_missing;
}

mod container {
    pub(super) mod privileged;
}

mod namespace {
    pub(super) mod pod_security_unenforced;
}

mod rbac {
    pub(super) mod accesses_secrets;
    pub(super) mod cluster_admin_bound;
    pub(super) mod creates_pods;
    mod shared;
    pub(super) mod wildcard_granted;
}

mod sa {
    pub(super) mod default_used;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "admission-engine-missing",
        page: include_str!("rules/admission/engine_missing.md"),
        rule: admission::engine_missing::RULE,
    },
    Entry {
        id: "container-privileged",
        page: include_str!("rules/container/privileged.md"),
        rule: container::privileged::RULE,
    },
    Entry {
        id: "namespace-pod-security-unenforced",
        page: include_str!("rules/namespace/pod_security_unenforced.md"),
        rule: namespace::pod_security_unenforced::RULE,
    },
    Entry {
        id: "rbac-accesses-secrets",
        page: include_str!("rules/rbac/accesses_secrets.md"),
        rule: rbac::accesses_secrets::RULE,
    },
    Entry {
        id: "rbac-cluster-admin-bound",
        page: include_str!("rules/rbac/cluster_admin_bound.md"),
        rule: rbac::cluster_admin_bound::RULE,
    },
    Entry {
        id: "rbac-creates-pods",
        page: include_str!("rules/rbac/creates_pods.md"),
        rule: rbac::creates_pods::RULE,
    },
    Entry {
        id: "rbac-wildcard-granted",
        page: include_str!("rules/rbac/wildcard_granted.md"),
        rule: rbac::wildcard_granted::RULE,
    },
    Entry {
        id: "sa-default-used",
        page: include_str!("rules/sa/default_used.md"),
        rule: sa::default_used::RULE,
    },
];
