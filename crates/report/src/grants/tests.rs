use eksray_aws::inventory::Account;
use eksray_kube::decode::from_manifests;
use eksray_rule::{ClusterId, Fetched};

use super::*;
use crate::{Configuration, Snapshot, world::World};

fn snapshot(cluster: &serde_json::Value, manifests: &str) -> Snapshot {
    let account: Account = serde_json::from_value(serde_json::json!({
        "id": "123456789012",
        "partition": "aws",
        "regions": { "eu-west-1": { "clusters": [cluster] } },
    }))
    .unwrap();
    let mut snapshot = Snapshot::example();
    snapshot.accounts.push(account);
    let id = ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/shop".to_owned());
    snapshot.kubes.insert(id, Fetched::read(from_manifests(manifests).unwrap()));
    snapshot
}

/// Principal and whether it is administrator, for every grant; then the gaps.
fn seen(snapshot: &Snapshot) -> (Vec<(String, Option<bool>)>, Vec<String>) {
    let configuration = Configuration::default();
    let world = World::new(snapshot, &configuration, &[]);
    let view = &world.clusters[0];
    let (found, gaps) = grants(view);
    let admin = |it: &AccessGrant<'_>| is_cluster_admin(it, view).ok().map(|it| it.is_some());
    let name = |it: &AccessGrant<'_>| it.principal.rsplit([':', '/']).next().unwrap().to_owned();
    let gaps = gaps.into_iter().map(|it| it.call).collect();
    (found.iter().map(|it| (name(it), admin(it))).collect(), gaps)
}

fn shop(mode: &str) -> serde_json::Value {
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let entry = |name: &str, policies: serde_json::Value| {
        serde_json::json!({
            "principalArn": format!("arn:aws:iam::123456789012:role/{name}"),
            "described": { "username": name, "kubernetesGroups": [] },
            "policies": policies,
        })
    };
    serde_json::json!({
        "name": "shop",
        "described": { "authenticationMode": mode },
        "accessEntries": [
            entry("ops", serde_json::json!([{ "policyArn": policy, "scope": "cluster" }])),
            entry("team/dev", serde_json::json!([{ "policyArn": policy, "scope": "namespace" }])),
        ],
    })
}

const ROWS: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: { name: aws-auth, namespace: kube-system }
data:
  mapRoles: |
    - { rolearn: "arn:aws:iam::123456789012:role/Dev", username: dev, groups: [system:masters] }
    - { rolearn: "arn:aws:iam::123456789012:role/ci", username: ci, groups: [system:masters] }
    - { rolearn: "arn:aws:iam::123456789012:role/CI", username: ci, groups: [deployers] }
    - { rolearn: "arn:aws:iam::123456789012:role/path/dead", username: x, groups: [system:masters] }
    - { rolearn: "arn:aws:iam::123456789012:role/*", username: x, groups: [system:masters] }
  mapUsers: |
    - { userarn: "arn:aws:iam::123456789012:user/people/ann", username: ann, groups: [admins] }
    - { userarn: "arn:aws:iam::123456789012:role/ci", username: x, groups: [system:masters] }
  mapAccounts: |
    - "210987654321"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: everything }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: admins }
roleRef: { kind: ClusterRole, name: everything }
subjects:
  - { kind: Group, name: admins }
  - { kind: User, name: "arn:aws:iam::210987654321:user/eve" }
"#;

#[test]
fn an_entry_hides_the_row_of_its_principal_and_the_last_row_counts() {
    let (found, gaps) = seen(&snapshot(&shop("API_AND_CONFIG_MAP"), ROWS));
    let expected = [
        ("CI", Some(false)),
        ("dev", Some(false)),
        ("ops", Some(true)),
        ("ann", Some(true)),
        ("*", Some(true)),
    ];
    let expected: Vec<_> = expected.map(|(name, admin)| (name.to_owned(), admin)).into();
    let sorted = |mut it: Vec<_>| {
        it.sort();
        it
    };
    assert_eq!(sorted(found), sorted(expected));
    assert!(gaps.is_empty(), "{gaps:?}");
}

#[test]
fn the_mode_says_which_source_counts() {
    let names = |mode: &str| -> Vec<String> {
        let (found, _) = seen(&snapshot(&shop(mode), ROWS));
        found.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("API"), ["ops", "dev"]);
    assert_eq!(names("CONFIG_MAP"), ["CI", "Dev", "ann", "*"]);
}

#[test]
fn what_is_unread_hides_its_own_grants_only() {
    let mut cluster = shop("API_AND_CONFIG_MAP");
    let denied = |call: &str| serde_json::json!({ "unread": { "call": call, "reason": "denied" } });
    cluster["described"] = denied("eks:DescribeCluster");
    let (found, gaps) = seen(&snapshot(&cluster, ROWS));
    assert_eq!(found.len(), 2);
    assert_eq!(gaps, ["eks:DescribeCluster"]);

    let mut cluster = shop("API_AND_CONFIG_MAP");
    cluster["accessEntries"] = denied("eks:ListAccessEntries");
    let (found, gaps) = seen(&snapshot(&cluster, ROWS));
    assert_eq!((found.len(), gaps), (4, vec!["eks:ListAccessEntries".to_owned()]));
}

#[test]
fn a_refused_description_leaves_what_policies_prove() {
    let mut cluster = shop("API");
    for at in 0..2 {
        cluster["accessEntries"][at]["described"] = serde_json::json!({ "unread": { "call": "eks:DescribeAccessEntry", "reason": "denied" } });
    }
    let (found, _) = seen(&snapshot(&cluster, ROWS));
    let admins: Vec<_> = found.into_iter().map(|(_, admin)| admin).collect();
    assert_eq!(admins, [Some(true), None]);
}

#[test]
fn templates_fill_what_has_no_colon() {
    for (template, name, expected) in [
        ("dev:{{SessionName}}", "dev:ann", true),
        ("dev:{{SessionName}}", "dev:a:b", false),
        ("{{SessionName}}", "system:masters", false),
        ("{{SessionName}}", "admins", true),
        ("{{AccountID}}:{{SessionName}}", "1:x", true),
        ("{{SessionName}}", "", false),
        ("admins", "admins", true),
        ("{{broken", "{{broken", true),
    ] {
        assert_eq!(fits(template, name), expected, "{template} {name}");
    }
}
