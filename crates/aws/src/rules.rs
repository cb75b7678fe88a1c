// Generated from the files in rules/. Run scripts/sync after adding one.

mod access {
    pub(super) mod configmap_mode;
    pub(super) mod idp_open;
}

mod eks {
    pub(super) mod addon_outdated;
    pub(super) mod capability_public;
    pub(super) mod deletion_unprotected;
    pub(super) mod endpoint_open_to_internet;
    pub(super) mod endpoint_private_off;
    pub(super) mod endpoint_public;
    pub(super) mod fargate_profile_broad;
    pub(super) mod health_issue;
    pub(super) mod hybrid_network_broad;
    pub(super) mod insight_failing;
    pub(super) mod secrets_without_cmk;
    mod shared;
    pub(super) mod version_near_end;
    pub(super) mod version_unsupported;
}

mod guardduty {
    pub(super) mod active_finding;
    pub(super) mod cluster_uncovered;
    pub(super) mod eks_blind;
    mod shared;
}

mod iam {
    pub(super) mod node_role_excess;
    pub(super) mod role_admin;
    mod shared;
}

mod irsa {
    pub(super) mod provider_orphaned;
    mod shared;
    pub(super) mod trust_subject_broad;
}

mod logging {
    pub(super) mod alerting_missing;
    pub(super) mod audit_off;
    pub(super) mod config_recorder_off;
    pub(super) mod flow_logs_off;
    pub(super) mod group_exposed;
    pub(super) mod retention_short;
    mod shared;
    pub(super) mod types_off;
}

mod nacl {
    pub(super) mod kubelet_port_broad;
    pub(super) mod open_to_internet;
    mod shared;
}

mod node {
    pub(super) mod reachable_from_internet;
    mod shared;
}

mod sg {
    pub(super) mod cluster_extra_ingress;
    pub(super) mod internet_critical_ports;
    mod shared;
}

mod trail {
    pub(super) mod bucket_public;
    pub(super) mod region_uncovered;
    mod shared;
    pub(super) mod tamperable;
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
        id: "eks-addon-outdated",
        page: include_str!("rules/eks/addon_outdated.md"),
        rule: eks::addon_outdated::RULE,
    },
    Entry {
        id: "eks-capability-public",
        page: include_str!("rules/eks/capability_public.md"),
        rule: eks::capability_public::RULE,
    },
    Entry {
        id: "eks-deletion-unprotected",
        page: include_str!("rules/eks/deletion_unprotected.md"),
        rule: eks::deletion_unprotected::RULE,
    },
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
        id: "eks-fargate-profile-broad",
        page: include_str!("rules/eks/fargate_profile_broad.md"),
        rule: eks::fargate_profile_broad::RULE,
    },
    Entry {
        id: "eks-health-issue",
        page: include_str!("rules/eks/health_issue.md"),
        rule: eks::health_issue::RULE,
    },
    Entry {
        id: "eks-hybrid-network-broad",
        page: include_str!("rules/eks/hybrid_network_broad.md"),
        rule: eks::hybrid_network_broad::RULE,
    },
    Entry {
        id: "eks-insight-failing",
        page: include_str!("rules/eks/insight_failing.md"),
        rule: eks::insight_failing::RULE,
    },
    Entry {
        id: "eks-secrets-without-cmk",
        page: include_str!("rules/eks/secrets_without_cmk.md"),
        rule: eks::secrets_without_cmk::RULE,
    },
    Entry {
        id: "eks-version-near-end",
        page: include_str!("rules/eks/version_near_end.md"),
        rule: eks::version_near_end::RULE,
    },
    Entry {
        id: "eks-version-unsupported",
        page: include_str!("rules/eks/version_unsupported.md"),
        rule: eks::version_unsupported::RULE,
    },
    Entry {
        id: "guardduty-active-finding",
        page: include_str!("rules/guardduty/active_finding.md"),
        rule: guardduty::active_finding::RULE,
    },
    Entry {
        id: "guardduty-cluster-uncovered",
        page: include_str!("rules/guardduty/cluster_uncovered.md"),
        rule: guardduty::cluster_uncovered::RULE,
    },
    Entry {
        id: "guardduty-eks-blind",
        page: include_str!("rules/guardduty/eks_blind.md"),
        rule: guardduty::eks_blind::RULE,
    },
    Entry {
        id: "iam-node-role-excess",
        page: include_str!("rules/iam/node_role_excess.md"),
        rule: iam::node_role_excess::RULE,
    },
    Entry {
        id: "iam-role-admin",
        page: include_str!("rules/iam/role_admin.md"),
        rule: iam::role_admin::RULE,
    },
    Entry {
        id: "irsa-provider-orphaned",
        page: include_str!("rules/irsa/provider_orphaned.md"),
        rule: irsa::provider_orphaned::RULE,
    },
    Entry {
        id: "irsa-trust-subject-broad",
        page: include_str!("rules/irsa/trust_subject_broad.md"),
        rule: irsa::trust_subject_broad::RULE,
    },
    Entry {
        id: "logging-alerting-missing",
        page: include_str!("rules/logging/alerting_missing.md"),
        rule: logging::alerting_missing::RULE,
    },
    Entry {
        id: "logging-audit-off",
        page: include_str!("rules/logging/audit_off.md"),
        rule: logging::audit_off::RULE,
    },
    Entry {
        id: "logging-config-recorder-off",
        page: include_str!("rules/logging/config_recorder_off.md"),
        rule: logging::config_recorder_off::RULE,
    },
    Entry {
        id: "logging-flow-logs-off",
        page: include_str!("rules/logging/flow_logs_off.md"),
        rule: logging::flow_logs_off::RULE,
    },
    Entry {
        id: "logging-group-exposed",
        page: include_str!("rules/logging/group_exposed.md"),
        rule: logging::group_exposed::RULE,
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
        id: "nacl-kubelet-port-broad",
        page: include_str!("rules/nacl/kubelet_port_broad.md"),
        rule: nacl::kubelet_port_broad::RULE,
    },
    Entry {
        id: "nacl-open-to-internet",
        page: include_str!("rules/nacl/open_to_internet.md"),
        rule: nacl::open_to_internet::RULE,
    },
    Entry {
        id: "node-reachable-from-internet",
        page: include_str!("rules/node/reachable_from_internet.md"),
        rule: node::reachable_from_internet::RULE,
    },
    Entry {
        id: "sg-cluster-extra-ingress",
        page: include_str!("rules/sg/cluster_extra_ingress.md"),
        rule: sg::cluster_extra_ingress::RULE,
    },
    Entry {
        id: "sg-internet-critical-ports",
        page: include_str!("rules/sg/internet_critical_ports.md"),
        rule: sg::internet_critical_ports::RULE,
    },
    Entry {
        id: "trail-bucket-public",
        page: include_str!("rules/trail/bucket_public.md"),
        rule: trail::bucket_public::RULE,
    },
    Entry {
        id: "trail-region-uncovered",
        page: include_str!("rules/trail/region_uncovered.md"),
        rule: trail::region_uncovered::RULE,
    },
    Entry {
        id: "trail-tamperable",
        page: include_str!("rules/trail/tamperable.md"),
        rule: trail::tamperable::RULE,
    },
];
