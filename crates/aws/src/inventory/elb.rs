//! Elastic Load Balancing answers, v2 and classic in one shape.

use eksray_rule::Fetched;
use serde::{Deserialize, Serialize};

use super::Tags;

/// Attributes by key, as far as rules ask for them.
pub type Attributes = std::collections::BTreeMap<String, String>;

/// A load balancer that a cluster made (recognised by its tags).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LoadBalancer {
    /// ARN, made up for classic ones.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `a1b2.elb.eu-west-1.amazonaws.com`, as in `status.loadBalancer.ingress[].hostname`.
    pub dns_name: String,
    /// `application`, `network`, `gateway` or `classic`.
    #[serde(rename = "type")]
    pub type_: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `active`, `provisioning`, …
    pub state: String,
    /// VPC.
    pub vpc_id: String,
    /// Subnets.
    pub subnet_ids: Vec<String>,
    /// Security groups; a network load balancer may have none.
    pub security_groups: Vec<String>,
    /// Tags.
    pub tags: Tags,
    /// `elasticloadbalancing:DescribeListeners`, each with its rules.
    pub listeners: Fetched<Vec<Listener>>,
    /// `elasticloadbalancing:DescribeLoadBalancerAttributes`; of classic ones `AccessLog.Enabled` and those without a place of their own.
    pub attributes: Fetched<Attributes>,
    /// `wafv2:GetWebACLForResource`: ARN of the web ACL; asked only of internet-facing application load balancers.
    pub web_acl: Fetched<Option<String>>,
    /// `elasticloadbalancing:DescribeTargetGroups`, each with its targets.
    pub target_groups: Fetched<Vec<TargetGroup>>,
}

impl LoadBalancer {
    /// Whether the controllers of a cluster tagged it.
    pub fn is_of(&self, cluster: &str) -> bool {
        let tag = |key: &str| self.tags.get(key).map(String::as_str);
        tag("elbv2.k8s.aws/cluster") == Some(cluster)
            || tag("eks:eks-cluster-name") == Some(cluster)
            || tag(&format!("kubernetes.io/cluster/{cluster}")) == Some("owned")
    }
}

/// A listener.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Listener {
    /// Port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    pub protocol: String,
    /// `ELBSecurityPolicy-2016-08`; of listeners that end TLS.
    pub ssl_policy: Option<String>,
    /// Versions of TLS that the policy has (`elasticloadbalancing:DescribeSSLPolicies`, classic: `DescribeLoadBalancerPolicies`).
    pub ssl_protocols: Fetched<Vec<String>>,
    /// Certificates, of ACM or IAM (`elasticloadbalancing:DescribeListenerCertificates`); of listeners that end TLS.
    pub certificate_arns: Fetched<Vec<String>>,
    /// Target groups that its default action and its rules forward to.
    pub target_group_arns: Vec<String>,
    /// Every way in passes an `authenticate-oidc` or `authenticate-cognito` action that denies strangers.
    pub authenticated: bool,
}

/// A target group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TargetGroup {
    /// ARN.
    pub arn: String,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub target_type: String,
    /// Port of targets that name none.
    pub port: Option<u16>,
    /// `elasticloadbalancing:DescribeTargetHealth`.
    pub targets: Fetched<Vec<Target>>,
}

/// A target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Target {
    /// Instance id or IP address.
    pub id: String,
    /// Port.
    pub port: Option<u16>,
}
