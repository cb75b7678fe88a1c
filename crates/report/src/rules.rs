// Generated from the files in rules/. Run scripts/sync after adding one.

mod access {
    pub(super) mod cluster_admin_grant;
}

mod cluster {
    pub(super) mod runtime_agent_missing;
}

mod node {
    pub(super) mod imds_hop_limit_high;
    pub(super) mod in_public_subnet;
    mod shared;
}

mod path {
    pub(super) mod internet_to_aws_admin;
    pub(super) mod pod_to_node_role;
    pub(super) mod workload_to_aws_admin;
}

mod rbac {
    pub(super) mod anonymous_bound;
    pub(super) mod edits_system_configmaps;
    mod shared;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry { id: "access-cluster-admin-grant", page: include_str!("rules/access/cluster_admin_grant.md"), rule: access::cluster_admin_grant::RULE },
    Entry { id: "cluster-runtime-agent-missing", page: include_str!("rules/cluster/runtime_agent_missing.md"), rule: cluster::runtime_agent_missing::RULE },
    Entry { id: "node-imds-hop-limit-high", page: include_str!("rules/node/imds_hop_limit_high.md"), rule: node::imds_hop_limit_high::RULE },
    Entry { id: "node-in-public-subnet", page: include_str!("rules/node/in_public_subnet.md"), rule: node::in_public_subnet::RULE },
    Entry { id: "path-internet-to-aws-admin", page: include_str!("rules/path/internet_to_aws_admin.md"), rule: path::internet_to_aws_admin::RULE },
    Entry { id: "path-pod-to-node-role", page: include_str!("rules/path/pod_to_node_role.md"), rule: path::pod_to_node_role::RULE },
    Entry { id: "path-workload-to-aws-admin", page: include_str!("rules/path/workload_to_aws_admin.md"), rule: path::workload_to_aws_admin::RULE },
    Entry { id: "rbac-anonymous-bound", page: include_str!("rules/rbac/anonymous_bound.md"), rule: rbac::anonymous_bound::RULE },
    Entry { id: "rbac-edits-system-configmaps", page: include_str!("rules/rbac/edits_system_configmaps.md"), rule: rbac::edits_system_configmaps::RULE },
];
