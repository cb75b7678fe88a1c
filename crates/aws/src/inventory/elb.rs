//! Elastic Load Balancing answers, v2 and classic in one shape.

use eksray_rule::Fetched;
use serde::{Deserialize, Serialize};

use super::Tags;

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
    /// `elasticloadbalancing:DescribeTargetGroups`, each with its targets.
    pub target_groups: Fetched<Vec<TargetGroup>>,
}

/// A listener.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Listener {
    /// Port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    pub protocol: String,
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
