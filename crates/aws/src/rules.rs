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
    pub(super) mod cluster_role_excess;
    pub(super) mod node_role_cni_policy;
    pub(super) mod node_role_excess;
    pub(super) mod node_role_trust_extra;
    pub(super) mod role_admin;
    pub(super) mod role_chaining_wildcard;
    pub(super) mod role_data_wildcard;
    pub(super) mod role_escalation;
    pub(super) mod role_remote_exec;
    pub(super) mod role_tampering;
    mod shared;
    pub(super) mod trust_open;
    pub(super) mod trust_unconditional;
}

mod irsa {
    pub(super) mod provider_orphaned;
    mod shared;
    pub(super) mod trust_audience_open;
    pub(super) mod trust_cross_cluster;
    pub(super) mod trust_subject_broad;
}

mod kms {
    pub(super) mod aws_key_used;
    pub(super) mod key_not_rotated;
    pub(super) mod key_policy_open;
    pub(super) mod key_unusable;
    mod shared;
}

mod lb {
    pub(super) mod access_logs_off;
    pub(super) mod certificate_expiring;
    pub(super) mod cleartext_listener;
    mod shared;
    pub(super) mod unfiltered;
    pub(super) mod weak_tls;
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
    pub(super) mod ami_outdated;
    pub(super) mod reachable_from_internet;
    mod shared;
    pub(super) mod ssh_open_to_world;
    pub(super) mod unassessed;
    pub(super) mod vulnerable;
}

mod pod_identity {
    pub(super) mod trust_unscoped;
}

mod sg {
    pub(super) mod cluster_extra_ingress;
    pub(super) mod cluster_shared;
    pub(super) mod default_in_use;
    pub(super) mod internet_critical_ports;
    pub(super) mod internet_other_ports;
    pub(super) mod node_source_broad;
    pub(super) mod outside_source;
    mod shared;
}

mod subnet {
    pub(super) mod endpoint_missing;
    pub(super) mod endpoint_policy_open;
    mod shared;
    pub(super) mod shared_with_control_plane;
    pub(super) mod single_az;
}

mod trail {
    pub(super) mod bucket_public;
    pub(super) mod region_uncovered;
    mod shared;
    pub(super) mod tamperable;
}

mod volume {
    pub(super) mod shared_publicly;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry { id: "access-configmap-mode", page: include_str!("rules/access/configmap_mode.md"), rule: access::configmap_mode::RULE },
    Entry { id: "access-idp-open", page: include_str!("rules/access/idp_open.md"), rule: access::idp_open::RULE },
    Entry { id: "eks-addon-outdated", page: include_str!("rules/eks/addon_outdated.md"), rule: eks::addon_outdated::RULE },
    Entry { id: "eks-capability-public", page: include_str!("rules/eks/capability_public.md"), rule: eks::capability_public::RULE },
    Entry { id: "eks-deletion-unprotected", page: include_str!("rules/eks/deletion_unprotected.md"), rule: eks::deletion_unprotected::RULE },
    Entry { id: "eks-endpoint-open-to-internet", page: include_str!("rules/eks/endpoint_open_to_internet.md"), rule: eks::endpoint_open_to_internet::RULE },
    Entry { id: "eks-endpoint-private-off", page: include_str!("rules/eks/endpoint_private_off.md"), rule: eks::endpoint_private_off::RULE },
    Entry { id: "eks-endpoint-public", page: include_str!("rules/eks/endpoint_public.md"), rule: eks::endpoint_public::RULE },
    Entry { id: "eks-fargate-profile-broad", page: include_str!("rules/eks/fargate_profile_broad.md"), rule: eks::fargate_profile_broad::RULE },
    Entry { id: "eks-health-issue", page: include_str!("rules/eks/health_issue.md"), rule: eks::health_issue::RULE },
    Entry { id: "eks-hybrid-network-broad", page: include_str!("rules/eks/hybrid_network_broad.md"), rule: eks::hybrid_network_broad::RULE },
    Entry { id: "eks-insight-failing", page: include_str!("rules/eks/insight_failing.md"), rule: eks::insight_failing::RULE },
    Entry { id: "eks-secrets-without-cmk", page: include_str!("rules/eks/secrets_without_cmk.md"), rule: eks::secrets_without_cmk::RULE },
    Entry { id: "eks-version-near-end", page: include_str!("rules/eks/version_near_end.md"), rule: eks::version_near_end::RULE },
    Entry { id: "eks-version-unsupported", page: include_str!("rules/eks/version_unsupported.md"), rule: eks::version_unsupported::RULE },
    Entry { id: "guardduty-active-finding", page: include_str!("rules/guardduty/active_finding.md"), rule: guardduty::active_finding::RULE },
    Entry { id: "guardduty-cluster-uncovered", page: include_str!("rules/guardduty/cluster_uncovered.md"), rule: guardduty::cluster_uncovered::RULE },
    Entry { id: "guardduty-eks-blind", page: include_str!("rules/guardduty/eks_blind.md"), rule: guardduty::eks_blind::RULE },
    Entry { id: "iam-cluster-role-excess", page: include_str!("rules/iam/cluster_role_excess.md"), rule: iam::cluster_role_excess::RULE },
    Entry { id: "iam-node-role-cni-policy", page: include_str!("rules/iam/node_role_cni_policy.md"), rule: iam::node_role_cni_policy::RULE },
    Entry { id: "iam-node-role-excess", page: include_str!("rules/iam/node_role_excess.md"), rule: iam::node_role_excess::RULE },
    Entry { id: "iam-node-role-trust-extra", page: include_str!("rules/iam/node_role_trust_extra.md"), rule: iam::node_role_trust_extra::RULE },
    Entry { id: "iam-role-admin", page: include_str!("rules/iam/role_admin.md"), rule: iam::role_admin::RULE },
    Entry { id: "iam-role-chaining-wildcard", page: include_str!("rules/iam/role_chaining_wildcard.md"), rule: iam::role_chaining_wildcard::RULE },
    Entry { id: "iam-role-data-wildcard", page: include_str!("rules/iam/role_data_wildcard.md"), rule: iam::role_data_wildcard::RULE },
    Entry { id: "iam-role-escalation", page: include_str!("rules/iam/role_escalation.md"), rule: iam::role_escalation::RULE },
    Entry { id: "iam-role-remote-exec", page: include_str!("rules/iam/role_remote_exec.md"), rule: iam::role_remote_exec::RULE },
    Entry { id: "iam-role-tampering", page: include_str!("rules/iam/role_tampering.md"), rule: iam::role_tampering::RULE },
    Entry { id: "iam-trust-open", page: include_str!("rules/iam/trust_open.md"), rule: iam::trust_open::RULE },
    Entry { id: "iam-trust-unconditional", page: include_str!("rules/iam/trust_unconditional.md"), rule: iam::trust_unconditional::RULE },
    Entry { id: "irsa-provider-orphaned", page: include_str!("rules/irsa/provider_orphaned.md"), rule: irsa::provider_orphaned::RULE },
    Entry { id: "irsa-trust-audience-open", page: include_str!("rules/irsa/trust_audience_open.md"), rule: irsa::trust_audience_open::RULE },
    Entry { id: "irsa-trust-cross-cluster", page: include_str!("rules/irsa/trust_cross_cluster.md"), rule: irsa::trust_cross_cluster::RULE },
    Entry { id: "irsa-trust-subject-broad", page: include_str!("rules/irsa/trust_subject_broad.md"), rule: irsa::trust_subject_broad::RULE },
    Entry { id: "kms-aws-key-used", page: include_str!("rules/kms/aws_key_used.md"), rule: kms::aws_key_used::RULE },
    Entry { id: "kms-key-not-rotated", page: include_str!("rules/kms/key_not_rotated.md"), rule: kms::key_not_rotated::RULE },
    Entry { id: "kms-key-policy-open", page: include_str!("rules/kms/key_policy_open.md"), rule: kms::key_policy_open::RULE },
    Entry { id: "kms-key-unusable", page: include_str!("rules/kms/key_unusable.md"), rule: kms::key_unusable::RULE },
    Entry { id: "lb-access-logs-off", page: include_str!("rules/lb/access_logs_off.md"), rule: lb::access_logs_off::RULE },
    Entry { id: "lb-certificate-expiring", page: include_str!("rules/lb/certificate_expiring.md"), rule: lb::certificate_expiring::RULE },
    Entry { id: "lb-cleartext-listener", page: include_str!("rules/lb/cleartext_listener.md"), rule: lb::cleartext_listener::RULE },
    Entry { id: "lb-unfiltered", page: include_str!("rules/lb/unfiltered.md"), rule: lb::unfiltered::RULE },
    Entry { id: "lb-weak-tls", page: include_str!("rules/lb/weak_tls.md"), rule: lb::weak_tls::RULE },
    Entry { id: "logging-alerting-missing", page: include_str!("rules/logging/alerting_missing.md"), rule: logging::alerting_missing::RULE },
    Entry { id: "logging-audit-off", page: include_str!("rules/logging/audit_off.md"), rule: logging::audit_off::RULE },
    Entry { id: "logging-config-recorder-off", page: include_str!("rules/logging/config_recorder_off.md"), rule: logging::config_recorder_off::RULE },
    Entry { id: "logging-flow-logs-off", page: include_str!("rules/logging/flow_logs_off.md"), rule: logging::flow_logs_off::RULE },
    Entry { id: "logging-group-exposed", page: include_str!("rules/logging/group_exposed.md"), rule: logging::group_exposed::RULE },
    Entry { id: "logging-retention-short", page: include_str!("rules/logging/retention_short.md"), rule: logging::retention_short::RULE },
    Entry { id: "logging-types-off", page: include_str!("rules/logging/types_off.md"), rule: logging::types_off::RULE },
    Entry { id: "nacl-kubelet-port-broad", page: include_str!("rules/nacl/kubelet_port_broad.md"), rule: nacl::kubelet_port_broad::RULE },
    Entry { id: "nacl-open-to-internet", page: include_str!("rules/nacl/open_to_internet.md"), rule: nacl::open_to_internet::RULE },
    Entry { id: "node-ami-outdated", page: include_str!("rules/node/ami_outdated.md"), rule: node::ami_outdated::RULE },
    Entry { id: "node-reachable-from-internet", page: include_str!("rules/node/reachable_from_internet.md"), rule: node::reachable_from_internet::RULE },
    Entry { id: "node-ssh-open-to-world", page: include_str!("rules/node/ssh_open_to_world.md"), rule: node::ssh_open_to_world::RULE },
    Entry { id: "node-unassessed", page: include_str!("rules/node/unassessed.md"), rule: node::unassessed::RULE },
    Entry { id: "node-vulnerable", page: include_str!("rules/node/vulnerable.md"), rule: node::vulnerable::RULE },
    Entry { id: "pod-identity-trust-unscoped", page: include_str!("rules/pod_identity/trust_unscoped.md"), rule: pod_identity::trust_unscoped::RULE },
    Entry { id: "sg-cluster-extra-ingress", page: include_str!("rules/sg/cluster_extra_ingress.md"), rule: sg::cluster_extra_ingress::RULE },
    Entry { id: "sg-cluster-shared", page: include_str!("rules/sg/cluster_shared.md"), rule: sg::cluster_shared::RULE },
    Entry { id: "sg-default-in-use", page: include_str!("rules/sg/default_in_use.md"), rule: sg::default_in_use::RULE },
    Entry { id: "sg-internet-critical-ports", page: include_str!("rules/sg/internet_critical_ports.md"), rule: sg::internet_critical_ports::RULE },
    Entry { id: "sg-internet-other-ports", page: include_str!("rules/sg/internet_other_ports.md"), rule: sg::internet_other_ports::RULE },
    Entry { id: "sg-node-source-broad", page: include_str!("rules/sg/node_source_broad.md"), rule: sg::node_source_broad::RULE },
    Entry { id: "sg-outside-source", page: include_str!("rules/sg/outside_source.md"), rule: sg::outside_source::RULE },
    Entry { id: "subnet-endpoint-missing", page: include_str!("rules/subnet/endpoint_missing.md"), rule: subnet::endpoint_missing::RULE },
    Entry { id: "subnet-endpoint-policy-open", page: include_str!("rules/subnet/endpoint_policy_open.md"), rule: subnet::endpoint_policy_open::RULE },
    Entry { id: "subnet-shared-with-control-plane", page: include_str!("rules/subnet/shared_with_control_plane.md"), rule: subnet::shared_with_control_plane::RULE },
    Entry { id: "subnet-single-az", page: include_str!("rules/subnet/single_az.md"), rule: subnet::single_az::RULE },
    Entry { id: "trail-bucket-public", page: include_str!("rules/trail/bucket_public.md"), rule: trail::bucket_public::RULE },
    Entry { id: "trail-region-uncovered", page: include_str!("rules/trail/region_uncovered.md"), rule: trail::region_uncovered::RULE },
    Entry { id: "trail-tamperable", page: include_str!("rules/trail/tamperable.md"), rule: trail::tamperable::RULE },
    Entry { id: "volume-shared-publicly", page: include_str!("rules/volume/shared_publicly.md"), rule: volume::shared_publicly::RULE },
];
