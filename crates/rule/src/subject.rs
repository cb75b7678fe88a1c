//! What a finding is about, and a node of the attack graph.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something a rule can judge, in its canonical, globally unique form (the table of forms is in `docs/architecture.md`).
///
/// The constructors are the only place that spells the forms; [`Subject::parts`] is the only place that reads them.
/// Dozens of rules judge the same subject, so that copies share the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<str>);

/// How a cluster is named in subjects: its ARN, or `kube:<uid of namespace kube-system>` where AWS was not asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterId(pub String);

impl ClusterId {
    /// The cluster's short name; the first block of the UID where there is none.
    pub fn name(&self) -> &str {
        match self.0.split_once(":cluster/") {
            Some((_, name)) => name,
            None => self.0.split('-').next().unwrap_or(&self.0),
        }
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an owner edits to change nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodePoolKind {
    /// Managed node group.
    Mng,
    /// Auto Scaling group of self-managed nodes.
    Asg,
    /// Karpenter `NodePool`.
    Karpenter,
    /// Auto Mode `NodePool`.
    Auto,
    /// A lone instance.
    Instance,
    /// The hybrid nodes of a cluster.
    Hybrid,
    /// Fargate nodes of a cluster.
    Fargate,
}

impl NodePoolKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mng => "mng",
            Self::Asg => "asg",
            Self::Karpenter => "karpenter",
            Self::Auto => "auto",
            Self::Instance => "instance",
            Self::Hybrid => "hybrid",
            Self::Fargate => "fargate",
        }
    }
}

/// Where a subject lives; parts that do not apply are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// AWS account id.
    pub account: Option<String>,
    /// AWS Region; absent for global resources.
    pub region: Option<String>,
    /// The clusters concerned, sorted; several when they share an AWS resource.
    pub clusters: Vec<ClusterId>,
}

impl Scope {
    /// A cluster alone. Account and Region stand in its ARN; a cluster without one has neither.
    pub fn of_cluster(cluster: &ClusterId) -> Self {
        let field = |at: usize| match cluster.0.split(':').nth(at) {
            Some(field) if cluster.0.starts_with("arn:") => Some(field.to_owned()),
            _ => None,
        };
        Self { account: field(4), region: field(3), clusters: vec![cluster.clone()] }
    }
}

/// A subject taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts<'a> {
    /// Anyone, anywhere.
    Internet,
    /// An AWS resource: the fields of its ARN.
    Aws {
        /// Service, such as `iam`.
        service: &'a str,
        /// Everything after the account, such as `role/deployer`.
        resource: &'a str,
    },
    /// An account × Region, or a whole account.
    Place {
        /// Account id.
        account: &'a str,
        /// Region, empty for the whole account.
        region: &'a str,
    },
    /// A place of the attack graph that is no resource.
    Landmark {
        /// Account id.
        account: &'a str,
        /// `aws-admin`, `secrets`, `leaked-credential`, …
        name: &'a str,
    },
    /// An IAM role seen through one issuer.
    RoleIssuer {
        /// Role ARN.
        role: &'a str,
        /// Issuer without `https://`.
        issuer: &'a str,
    },
    /// An EKS cluster.
    Cluster {
        /// Cluster id.
        cluster: &'a str,
    },
    /// A node pool.
    NodePool {
        /// Cluster id.
        cluster: &'a str,
        /// `mng`, `asg`, …
        kind: &'a str,
        /// Name.
        name: &'a str,
    },
    /// An access grant.
    Grant {
        /// Cluster id.
        cluster: &'a str,
        /// Principal ARN.
        principal: &'a str,
    },
    /// A Kubernetes object.
    Object {
        /// Cluster id.
        cluster: &'a str,
        /// API group, `core` for the legacy group.
        group: &'a str,
        /// Kind.
        kind: &'a str,
        /// Namespace, empty for cluster-scoped objects.
        namespace: &'a str,
        /// Name.
        name: &'a str,
        /// RBAC subject of a binding, `<kind>/<namespace>/<name>`, else empty.
        rbac_subject: &'a str,
    },
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|it| Self(it.into()))
    }
}

impl Subject {
    /// Anyone, anywhere.
    pub fn internet() -> Self {
        Self("internet".into())
    }

    /// An AWS resource by its ARN.
    pub fn aws(arn: impl Into<String>) -> Self {
        Self(arn.into().into())
    }

    /// An account in one Region; with an empty Region the whole account.
    pub fn place(partition: &str, account: &str, region: &str) -> Self {
        Self(format!("arn:{partition}:eksray::{account}:region/{region}").into())
    }

    /// A source or a sink of the attack graph that is no resource, such as `aws-admin` of an account.
    pub fn landmark(partition: &str, account: &str, name: &str) -> Self {
        Self(format!("arn:{partition}:eksray::{account}:landmark/{name}").into())
    }

    /// An IAM role seen through one OIDC issuer (without `https://`).
    pub fn role_issuer(role_arn: &str, issuer: &str) -> Self {
        Self(format!("{role_arn}#{issuer}").into())
    }

    /// An EKS cluster.
    pub fn cluster(cluster: &ClusterId) -> Self {
        Self(cluster.0.as_str().into())
    }

    /// A node pool of a cluster.
    pub fn node_pool(cluster: &ClusterId, kind: NodePoolKind, name: &str) -> Self {
        Self(format!("{cluster}/nodepool/{}/{name}", kind.as_str()).into())
    }

    /// A mapping of an AWS principal to a Kubernetes identity.
    pub fn grant(cluster: &ClusterId, principal_arn: &str) -> Self {
        Self(format!("{cluster}/grant/{principal_arn}").into())
    }

    /// A Kubernetes object; `group` is empty for the legacy group, `namespace` for cluster-scoped objects.
    pub fn object(
        cluster: &ClusterId,
        group: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Self {
        let group = if group.is_empty() { "core" } else { group };
        Self(format!("{cluster}/{group}/{kind}/{namespace}/{name}").into())
    }

    /// One RBAC subject of a binding; users and groups have no namespace.
    pub fn binding(binding: &Self, kind: &str, namespace: &str, name: &str) -> Self {
        Self(format!("{binding}#{kind}/{namespace}/{name}").into())
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The canonical form taken apart.
    pub fn parts(&self) -> Parts<'_> {
        let text = &*self.0;
        if text == "internet" {
            return Parts::Internet;
        }
        if text.starts_with("kube:") || text.contains(":cluster/") && text.contains(":eks:") {
            return cluster_parts(text);
        }
        let mut fields = text.splitn(6, ':');
        let (_, _, service) = (fields.next(), fields.next(), fields.next().unwrap_or_default());
        let (_, account) = (fields.next(), fields.next().unwrap_or_default());
        let resource = fields.next().unwrap_or_default();
        if let ("eksray", Some(name)) = (service, resource.strip_prefix("landmark/")) {
            return Parts::Landmark { account, name };
        }
        if service == "eksray" {
            return Parts::Place { account, region: resource.trim_start_matches("region/") };
        }
        match text.split_once('#') {
            Some((role, issuer)) if service == "iam" => Parts::RoleIssuer { role, issuer },
            _ => Parts::Aws { service, resource },
        }
    }

    /// A short name for people; unique only beside the cluster or account it stands under.
    pub fn short(&self) -> String {
        match self.parts() {
            Parts::Internet => "internet".to_owned(),
            Parts::Aws { service: "iam", resource } => resource.to_owned(),
            Parts::Aws { service, resource } => format!("{service} {resource}"),
            Parts::Place { account, region: "" } => format!("account {account}"),
            Parts::Place { account, region } => format!("{account} {region}"),
            Parts::Landmark { account, name: "aws-admin" } => {
                format!("administrator of account {account}")
            }
            Parts::Landmark { account, name: "secrets" } => {
                format!("every secret of account {account}")
            }
            Parts::Landmark { account, name: "data" } => format!("the data of account {account}"),
            Parts::Landmark { name, .. } => name.replace('-', " "),
            Parts::RoleIssuer { role, .. } => Self::aws(role).short(),
            Parts::Cluster { cluster } => {
                format!("cluster {}", ClusterId(cluster.to_owned()).name())
            }
            Parts::NodePool { kind, name, .. } => format!("nodes {kind}/{name}"),
            Parts::Grant { principal, .. } => format!("grant {}", Self::aws(principal).short()),
            Parts::Object { kind, namespace, name, rbac_subject, .. } => {
                let namespace = if namespace.is_empty() { "" } else { &format!("{namespace}/") };
                let object = format!("{} {namespace}{name}", kind.to_lowercase());
                match rbac_subject {
                    "" => object,
                    subject => format!("{} by {object}", subject.replace("//", "/")),
                }
            }
        }
    }
}

/// Reads `<cluster id>[/nodepool/…|/grant/…|/<group>/<kind>/<namespace>/<name>[#…]]`.
fn cluster_parts(text: &str) -> Parts<'_> {
    let name_from = text.find(":cluster/").map_or(0, |at| at + ":cluster/".len());
    let Some(end) = text[name_from..].find('/').map(|at| name_from + at) else {
        return Parts::Cluster { cluster: text };
    };
    let (cluster, rest) = (&text[..end], &text[end + 1..]);
    if let Some(pool) = rest.strip_prefix("nodepool/") {
        let (kind, name) = pool.split_once('/').unwrap_or((pool, ""));
        return Parts::NodePool { cluster, kind, name };
    }
    if let Some(principal) = rest.strip_prefix("grant/") {
        return Parts::Grant { cluster, principal };
    }
    let mut fields = rest.splitn(4, '/');
    let group = fields.next().unwrap_or_default();
    let kind = fields.next().unwrap_or_default();
    let namespace = fields.next().unwrap_or_default();
    let last = fields.next().unwrap_or_default();
    let (name, rbac_subject) = last.split_once('#').unwrap_or((last, ""));
    Parts::Object { cluster, group, kind, namespace, name, rbac_subject }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> ClusterId {
        ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/shop".to_owned())
    }

    #[test]
    fn objects_are_read_back() {
        let binding =
            Subject::object(&shop(), "rbac.authorization.k8s.io", "ClusterRoleBinding", "", "ci");
        let subject = Subject::binding(&binding, "ServiceAccount", "ci", "runner");
        assert_eq!(
            subject.parts(),
            Parts::Object {
                cluster: &shop().0,
                group: "rbac.authorization.k8s.io",
                kind: "ClusterRoleBinding",
                namespace: "",
                name: "ci",
                rbac_subject: "ServiceAccount/ci/runner",
            }
        );
        assert_eq!(subject.short(), "ServiceAccount/ci/runner by clusterrolebinding ci");
    }

    #[test]
    fn every_form_has_a_short_name() {
        let kube = ClusterId("kube:0a1b".to_owned());
        let role = "arn:aws:iam::123456789012:role/deployer";
        let table = [
            (Subject::internet(), "internet"),
            (Subject::aws(role), "role/deployer"),
            (Subject::place("aws", "1", "eu-west-1"), "1 eu-west-1"),
            (Subject::place("aws", "1", ""), "account 1"),
            (Subject::landmark("aws", "1", "aws-admin"), "administrator of account 1"),
            (Subject::landmark("aws", "1", "leaked-credential"), "leaked credential"),
            (Subject::role_issuer(role, "oidc.eks.x/id/Y"), "role/deployer"),
            (Subject::cluster(&shop()), "cluster shop"),
            (Subject::cluster(&kube), "cluster kube:0a1b"),
            (Subject::node_pool(&shop(), NodePoolKind::Mng, "web"), "nodes mng/web"),
            (Subject::grant(&shop(), role), "grant role/deployer"),
            (Subject::object(&kube, "", "Pod", "a", "b"), "pod a/b"),
            (Subject::aws("arn:aws:ec2:r:1:security-group/sg-1"), "ec2 security-group/sg-1"),
        ];
        for (subject, short) in table {
            assert_eq!(subject.short(), short);
        }
    }
}
