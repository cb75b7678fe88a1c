//! What owners may configure. No setting changes a severity.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::ClusterId;

/// Thresholds and lists that rules consult; `docs/configuration.md` explains each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Days that control-plane logs must be kept.
    pub log_retention: u32,
    /// How old the dated tables shipped with the release may be, in days.
    pub calendar_max_age: u32,
    /// How many days before the end of standard support a version counts as near its end.
    pub support_window: u32,
    /// How many days ago a finding may have changed last to count as active.
    pub finding_window: u32,
    /// Days that a node group's image may be behind the recommended one.
    pub ami_lag: u32,
    /// Days that the image of other nodes may be old.
    pub ami_max_age: u32,
    /// Days that a severe vulnerability with a known fix may stay.
    pub vuln_grace: u32,
    /// Whether data must be encrypted with keys of the owner.
    pub customer_keys: bool,
    /// How many principals may be cluster administrators together.
    pub admin_limit: usize,
    /// Principal ARNs that may be cluster administrators at any time.
    pub break_glass: Vec<String>,
    /// Accounts that may hold grants or appear in trust policies.
    pub trusted_accounts: Vec<String>,
    /// OIDC issuers of clusters in accounts that are not scanned.
    pub trusted_issuers: Vec<String>,
    /// Tags (`key=value`) of clusters that may be deleted at any time.
    pub throwaway_tags: Vec<String>,
    /// Clusters whose audit log is read by something that AWS does not show.
    pub forwarded_audit_logs: Vec<String>,
    /// Public ranges that may be let in to control planes, nodes and pods.
    pub approved_cidrs: Vec<IpNet>,
    /// Days before its end that a certificate must be renewed.
    pub cert_window: u32,
    /// Groups of clusters, by name or ARN, whose administrators trust each other.
    pub cluster_tiers: Vec<Vec<String>>,
    /// Node pools that may stand in public subnets.
    pub edge_pools: Vec<String>,
    /// Node pools whose pods need the instance metadata service.
    pub imds_needed: Vec<String>,
    /// Whether `secretKeyRef` in an environment variable is fine; whole Secrets by `envFrom` never are.
    pub accept_secret_key_ref: bool,
    /// Workloads (`namespace/name`) that elect a leader and may run alone.
    pub leader_elected: Vec<String>,
    /// Jobs (`namespace/name`) that run once and may write to their root file system.
    pub completed_once_jobs: Vec<String>,
    /// Days that a new policy may only report.
    pub policy_grace: u32,
    /// Whether every namespace of the cluster has one owner.
    pub single_tenant: bool,
    /// Groups of namespaces, each of one owner.
    pub same_owner: Vec<Vec<String>>,
    /// Days that a node may live.
    pub node_max_age: u32,
    /// Registries, or paths in them, that images may come from; empty for any.
    pub registries: Vec<String>,
    /// Paths of nodes that local volumes may be under.
    pub local_disks: Vec<String>,
    /// TCP and UDP ports that must never be open to the internet.
    pub sensitive_ports: Vec<(u16, u16)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log_retention: 90,
            calendar_max_age: 180,
            support_window: 60,
            finding_window: 30,
            ami_lag: 30,
            ami_max_age: 90,
            vuln_grace: 30,
            customer_keys: false,
            admin_limit: 3,
            break_glass: Vec::new(),
            trusted_accounts: Vec::new(),
            trusted_issuers: Vec::new(),
            throwaway_tags: Vec::new(),
            forwarded_audit_logs: Vec::new(),
            approved_cidrs: Vec::new(),
            cert_window: 30,
            cluster_tiers: Vec::new(),
            edge_pools: Vec::new(),
            imds_needed: Vec::new(),
            accept_secret_key_ref: false,
            leader_elected: Vec::new(),
            completed_once_jobs: Vec::new(),
            policy_grace: 30,
            single_tenant: false,
            same_owner: Vec::new(),
            node_max_age: 90,
            registries: Vec::new(),
            local_disks: Vec::new(),
            sensitive_ports: vec![
                (20, 23),
                (135, 135),
                (139, 139),
                (445, 445),
                (1433, 1433),
                (1521, 1521),
                (2375, 2376),
                (2379, 2380),
                (3306, 3306),
                (3389, 3389),
                (5432, 5432),
                (5601, 5601),
                (5985, 5986),
                (6379, 6379),
                (6443, 6443),
                (7000, 7001),
                (7199, 7199),
                (8086, 8086),
                (9042, 9042),
                (9090, 9093),
                (9160, 9160),
                (9200, 9200),
                (9300, 9300),
                (10250, 10250),
                (10255, 10255),
                (10257, 10257),
                (10259, 10259),
                (11211, 11211),
                (15672, 15672),
                (27017, 27019),
            ],
        }
    }
}

impl Settings {
    /// Whether clusters were declared as one tier.
    pub fn is_one_tier<'c>(&self, clusters: impl IntoIterator<Item = &'c ClusterId>) -> bool {
        let clusters: Vec<&ClusterId> = clusters.into_iter().collect();
        self.cluster_tiers.iter().any(|tier| {
            let named = |id: &&ClusterId| tier.iter().any(|it| *it == id.0 || it == id.name());
            clusters.iter().all(named)
        })
    }
}
