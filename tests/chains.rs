//! Attack chains, each with a twin in which one fact is flipped and the chain is gone.
//!
//! One estate serves all of them: an internet-facing load balancer in front of pod `web`, on a node that it
//! shares with an administrator's pod. By default nothing leads anywhere.

use std::collections::BTreeSet;

use eksray_report::{Configuration, assess, model::Report};
use tests::example::snapshot;

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1";

/// What decides which chains exist.
#[derive(Clone, Copy)]
struct Estate {
    mode: &'static str,
    hop_limit: u32,
    node_reads_secrets: bool,
    /// Condition on the token's subject in the trust policy of the administrator role.
    subject: &'static str,
    privileged: bool,
    edits_aws_auth: bool,
    public_cidr: &'static str,
}

const SAFE: Estate = Estate {
    mode: "API",
    hop_limit: 1,
    node_reads_secrets: false,
    subject: r#"{"StringEquals": {"ISSUER:sub": "system:serviceaccount:other:admin"}}"#,
    privileged: false,
    edits_aws_auth: false,
    public_cidr: "203.0.113.7/32",
};

fn report(estate: Estate) -> Report {
    let Estate { mode, hop_limit, privileged, public_cidr, .. } = estate;
    let subject = estate.subject.replace("ISSUER", ISSUER);
    let secrets = if estate.node_reads_secrets {
        "secretsmanager:GetSecretValue"
    } else {
        "ec2:DescribeInstances"
    };
    let aws = format!(
        r#"
regions:
  eu-west-1:
    clusters:
      - name: shop
        described:
          version: "1.34"
          status: ACTIVE
          oidcIssuer: "https://{ISSUER}"
          authenticationMode: {mode}
          endpointPublicAccess: true
          publicAccessCidrs: ["{public_cidr}"]
        nodegroups:
          - name: web
            described: {{ nodeRole: "arn:aws:iam::123456789012:role/node", autoScalingGroups: [eks-web] }}
        fargateProfiles: []
        addons: []
        accessEntries: []
        identityProviders: []
        podIdentityAssociations: []
        capabilities: []
    instances:
      - instanceId: i-1
        state: running
        metadataOptions: {{ httpEndpoint: enabled, httpTokens: required, httpPutResponseHopLimit: {hop_limit} }}
        tags: {{ "eks:cluster-name": shop, "eks:nodegroup-name": web }}
    autoScalingGroups: []
    networkInterfaces: []
    launchTemplateVersions: []
    launchConfigurations: []
    prefixLists: []
    subnets: []
    routeTables: []
    networkAcls: []
    securityGroups:
      - groupId: sg-lb
        ipPermissions: [{{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [0.0.0.0/0] }}]
    loadBalancers:
      - arn: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1
        name: web
        dnsName: web-1.eu-west-1.elb.amazonaws.com
        type: application
        scheme: internet-facing
        securityGroups: [sg-lb]
        tags: {{ elbv2.k8s.aws/cluster: shop, ingress.k8s.aws/stack: shop/web }}
        listeners: [{{ port: 80, protocol: HTTP, targetGroupArns: [tg] }}]
        targetGroups: [{{ arn: tg, targetType: ip, targets: [{{ id: 10.0.0.5 }}] }}]
oidcProviders:
  - {{ arn: "arn:aws:iam::123456789012:oidc-provider/{ISSUER}", url: {ISSUER}, clientIdList: [sts.amazonaws.com] }}
iam:
  roles:
    - arn: arn:aws:iam::123456789012:role/node
      roleName: node
      assumeRolePolicyDocument: '{{"Statement": {{"Effect": "Allow", "Principal": {{"Service": "ec2.amazonaws.com"}}, "Action": "sts:AssumeRole"}}}}'
      inlinePolicies:
        - name: own
          document: '{{"Statement": {{"Effect": "Allow", "Action": "{secrets}", "Resource": "*"}}}}'
    - arn: arn:aws:iam::123456789012:role/admin
      roleName: admin
      assumeRolePolicyDocument: |
        {{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
          "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}},
          "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {subject}}}}}
      inlinePolicies:
        - name: all
          document: '{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*"}}}}'
"#
    );
    let verbs = if estate.edits_aws_auth { "update" } else { "get" };
    let kube = format!(
        r#"
apiVersion: v1
kind: Node
metadata: {{ name: node-1, labels: {{ eks.amazonaws.com/nodegroup: web }} }}
spec: {{ providerID: "aws:///eu-west-1a/i-1" }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: web, namespace: shop, annotations: {{ eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/admin" }} }}
---
apiVersion: v1
kind: Pod
metadata: {{ name: web, namespace: shop, labels: {{ app: web }} }}
spec:
  nodeName: node-1
  serviceAccountName: web
  containers: [{{ name: web, image: web, securityContext: {{ privileged: {privileged} }} }}]
status: {{ phase: Running, podIP: 10.0.0.5 }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: operator, namespace: ops }}
---
apiVersion: v1
kind: Pod
metadata: {{ name: operator, namespace: ops }}
spec: {{ nodeName: node-1, serviceAccountName: operator, containers: [{{ name: operator, image: operator }}] }}
status: {{ phase: Running }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{ name: cluster-admin }}
rules: [{{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{ name: operator }}
roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }}
subjects: [{{ kind: ServiceAccount, name: operator, namespace: ops }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{ name: maps, namespace: kube-system }}
rules: [{{ apiGroups: [""], resources: [configmaps], resourceNames: [aws-auth], verbs: [{verbs}] }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{ name: maps, namespace: kube-system }}
roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: Role, name: maps }}
subjects: [{{ kind: ServiceAccount, name: web, namespace: shop }}]
"#
    );
    assess(&snapshot(&aws, &kube).unwrap(), &Configuration::default(), |_| true)
}

/// Sinks that the internet leads to, in plain words: a path that starts there has no other prior.
fn reached_from_internet(report: &Report) -> BTreeSet<String> {
    let paths = report.findings.iter().filter_map(|it| it.score.as_ref()?.path.as_ref());
    let all = paths.chain(report.plan.iter().map(|it| &it.cuts));
    all.filter(|it| it.steps.first().is_some_and(|it| it.from.as_str() == "internet"))
        .filter_map(|it| Some(it.steps.last()?.to.short()))
        .collect()
}

fn chain(there: Estate, gone: Estate, sink: &str, rules: &[&str]) {
    let report = report(there);
    assert!(reached_from_internet(&report).contains(sink), "{:#?}", report.risks);
    let planned: BTreeSet<&str> = report.plan.iter().map(|it| it.rule.id).collect();
    for rule in rules {
        assert!(planned.contains(rule), "{rule} is not in the plan {planned:?}");
    }
    let twin = self::report(gone);
    assert!(!reached_from_internet(&twin).contains(sink), "{:#?}", twin.risks);
    assert!(twin.total_risk < report.total_risk);
}

#[test]
fn c1_metadata_service_to_node_role_to_every_secret() {
    let there = Estate { hop_limit: 2, node_reads_secrets: true, ..SAFE };
    let sink = "every secret of account 123456789012";
    chain(there, Estate { hop_limit: 1, ..there }, sink, &["node-imds-hop-limit-high"]);
    chain(there, Estate { node_reads_secrets: false, ..there }, sink, &[]);
}

#[test]
fn c3_wildcard_trust_to_administrator_of_the_account() {
    let there =
        Estate { subject: r#"{"StringLike": {"ISSUER:sub": "system:serviceaccount:*"}}"#, ..SAFE };
    chain(there, SAFE, "administrator of account 123456789012", &["irsa-trust-subject-broad"]);
}

#[test]
fn c4_privileged_pod_to_node_to_a_neighbours_account() {
    let there = Estate { privileged: true, ..SAFE };
    chain(there, SAFE, "cluster shop", &["container-privileged"]);
}

#[test]
fn c7_editing_aws_auth_makes_an_administrator_unless_it_is_void() {
    let there = Estate { edits_aws_auth: true, mode: "API_AND_CONFIG_MAP", ..SAFE };
    let sink = "cluster shop";
    chain(there, Estate { mode: "API", ..there }, sink, &["rbac-edits-system-configmaps"]);
    chain(there, Estate { edits_aws_auth: false, ..there }, sink, &[]);
}

#[test]
fn making_a_fact_worse_lowers_nothing() {
    let base = Estate { hop_limit: 2, node_reads_secrets: true, ..SAFE };
    let worse = [
        Estate { hop_limit: 64, ..base },
        Estate { public_cidr: "0.0.0.0/0", ..base },
        Estate { privileged: true, ..base },
        Estate { mode: "CONFIG_MAP", edits_aws_auth: true, ..base },
    ];
    let before = report(base);
    for estate in worse {
        let after = report(estate);
        assert!(before.total_risk <= after.total_risk);
        for finding in before.findings.iter().filter(|it| it.score.is_some()) {
            if let Some(now) = after.findings.iter().find(|it| it.id == finding.id) {
                let milli =
                    |it: &eksray_report::model::Finding| it.score.as_ref().map(|it| it.milli);
                assert!(milli(finding) <= milli(now), "{} fell", finding.rule.id);
            }
        }
    }
}
