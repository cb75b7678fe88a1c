//! Which pools are found, and what they launch from.

use eksray_rule::Settings;

use super::*;
use crate::{AccountContext, inventory::Account};

/// Runs on the one Region of an account written as JSON.
fn within<T>(region: &str, look: impl Fn(&RegionContext<'_>) -> T) -> T {
    let account = format!(r#"{{ "id": "1", "partition": "aws", "regions": {{ "r": {region} }} }}"#);
    let account: Account = serde_json::from_str(&account).unwrap();
    let settings = Settings::default();
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let context = AccountContext { account: &account, settings: &settings, now, narrowed: false };
    let region = context.regions().next().unwrap();
    look(&region)
}

fn listed(region: &str) -> Vec<String> {
    within(region, |region| {
        let Pools { pools, gaps } = pools(region).unwrap();
        let pools = pools.iter().map(|it| {
            let instances = it.instances.as_ref().map(Vec::as_slice).unwrap_or_default();
            let ids: Vec<_> = instances.iter().map(|it| it.instance_id.as_str()).collect();
            format!("{} {} {}", it.cluster.name(), it.subject().short(), ids.join(","))
        });
        let gaps = gaps
            .iter()
            .flat_map(|(id, gaps)| gaps.iter().map(move |it| format!("{} {it}", id.name())));
        pools.chain(gaps).map(|it| it.trim_end().to_owned()).collect()
    })
}

#[test]
fn every_way_to_make_nodes_is_found() {
    let found = listed(
        r#"{
        "clusters": [
            { "name": "a", "described": { "vpcId": "v", "clusterSecurityGroupId": "sg-a" },
              "nodegroups": [ { "name": "empty", "described": {} }, { "name": "web", "described": { "autoScalingGroups": ["eks-web"] } } ] },
            { "name": "b", "described": { "vpcId": "v" }, "nodegroups": [] }
        ],
        "autoScalingGroups": [
            { "autoScalingGroupName": "eks-web", "tags": { "kubernetes.io/cluster/a": "owned" } },
            { "autoScalingGroupName": "own", "instanceIds": ["i-4"], "tags": { "kubernetes.io/cluster/b": "owned" } },
            { "autoScalingGroupName": "idle", "tags": { "kubernetes.io/cluster/b": "owned" } },
            { "autoScalingGroupName": "other", "tags": {} }
        ],
        "instances": [
            { "instanceId": "i-2", "tags": { "eks:cluster-name": "a", "eks:nodegroup-name": "web" } },
            { "instanceId": "i-1", "tags": { "eks:cluster-name": "a", "eks:nodegroup-name": "web" } },
            { "instanceId": "i-3", "tags": { "eks:eks-cluster-name": "a", "karpenter.sh/nodepool": "general" } },
            { "instanceId": "i-4" },
            { "instanceId": "i-5", "managedByEks": true, "tags": { "eks:eks-cluster-name": "a", "eks:kubernetes-node-pool-name": "system" } },
            { "instanceId": "i-6", "tags": { "kubernetes.io/cluster/a": "shared", "kubernetes.io/cluster/b": "shared" } },
            { "instanceId": "i-7", "vpcId": "v" },
            { "instanceId": "i-8", "vpcId": "v", "tags": { "kubernetes.io/cluster/kops.example": "owned" } }
        ],
        "networkInterfaces": [ { "instanceId": "i-7", "groups": ["sg-a"] }, { "instanceId": "i-8", "groups": ["sg-x"] } ]
    }"#,
    );
    assert_eq!(
        found,
        [
            "a nodes mng/empty",
            "a nodes mng/web i-1,i-2",
            "a nodes karpenter/general i-3",
            "a nodes auto/system i-5",
            "a nodes instance/i-6 i-6",
            "a nodes instance/i-7 i-7",
            "b nodes asg/idle",
            "b nodes asg/own i-4",
            "b nodes instance/i-6 i-6",
        ]
    );
}

#[test]
fn what_is_denied_is_a_gap_of_the_cluster_and_hides_nothing_else() {
    let denied =
        |call: &str| format!(r#"{{ "unread": {{ "call": "{call}", "reason": "denied" }} }}"#);
    let found = listed(&format!(
        r#"{{ "clusters": [ {{ "name": "a", "described": {{}}, "nodegroups": {} }} ],
            "autoScalingGroups": {}, "networkInterfaces": [],
            "instances": [ {{ "instanceId": "i-1", "tags": {{ "eks:cluster-name": "a", "eks:nodegroup-name": "web" }} }} ] }}"#,
        denied("eks:ListNodegroups"),
        denied("autoscaling:DescribeAutoScalingGroups")
    ));
    assert_eq!(
        found,
        [
            "a nodes mng/web i-1",
            "a autoscaling:DescribeAutoScalingGroups: denied",
            "a eks:ListNodegroups: denied",
        ]
    );
}

#[test]
fn the_template_in_force_is_the_default_unless_pinned() {
    let versions = r#"{ "launchTemplateVersions": [
        { "launchTemplateId": "lt-1", "versionNumber": 1 },
        { "launchTemplateId": "lt-1", "versionNumber": 2, "defaultVersion": true },
        { "launchTemplateId": "lt-1", "versionNumber": 3, "latestVersion": true } ] }"#;
    within(versions, |region| {
        let in_force = |version: Option<&str>| {
            let id = Some("lt-1".to_owned());
            let version = version.map(str::to_owned);
            let reference = LaunchTemplateRef { id, name: None, version };
            template(&reference, region).map(|it| it.version_number).ok()
        };
        assert_eq!(in_force(None), Some(2));
        assert_eq!(in_force(Some("$Default")), Some(2));
        assert_eq!(in_force(Some("$Latest")), Some(3));
        assert_eq!(in_force(Some("1")), Some(1));
        assert_eq!(in_force(Some("9")), None);
    });
}

#[test]
fn roles_of_nodes_come_from_groups_profiles_and_auto_mode() {
    let account: Account = serde_json::from_str(
        r#"{ "id": "1", "partition": "aws",
        "iam": { "roles": [ { "arn": "arn:role/own", "instanceProfiles": ["arn:aws:iam::1:instance-profile/own"] } ] },
        "regions": { "r": { "clusters": [ { "name": "a",
            "described": { "autoModeNodeRoleArn": "arn:role/auto" },
            "nodegroups": [ { "name": "web", "described": { "nodeRole": "arn:role/mng" } } ] } ],
          "instances": [ { "instanceId": "i-1", "iamInstanceProfile": "arn:aws:iam::1:instance-profile/own", "tags": { "kubernetes.io/cluster/a": "owned" } } ],
          "autoScalingGroups": [], "networkInterfaces": [] } } }"#,
    )
    .unwrap();
    let settings = Settings::default();
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let context = AccountContext { account: &account, settings: &settings, now, narrowed: false };
    let (roles, gaps) = node_roles(&context);
    let roles: Vec<&String> = roles.keys().collect();
    assert_eq!(roles, ["arn:role/auto", "arn:role/mng", "arn:role/own"]);
    assert_eq!(gaps, []);
}
