//! The permissions that a scan needs, from the same tables that make its calls.

use std::collections::BTreeMap;

use eksray_kube::resource;
use serde_json::{Value, json};

use crate::args::{Include, PermissionsFormat, Side};

/// Every `service:Action` that `collect` calls, one a line; `scripts/sync` extracts it from the calls.
const ACTIONS: &str = include_str!("../data/aws-actions.txt");

/// Reads parameters: those that AWS publishes, not the account's own, which may be secrets.
const PARAMETERS: &str = "ssm:GetParameters";
const PUBLIC_PARAMETERS: &str = "arn:*:ssm:*::parameter/aws/service/*";

/// Kubernetes group and role that the printed access entry carries.
const GROUP: &str = "eksray-readers";
const ROLE: &str = "eksray-reader";

pub(crate) fn text(side: Side, format: PermissionsFormat, include: &[Include]) -> String {
    match (side, format) {
        (Side::Aws, PermissionsFormat::Commands) => pretty(&policy()),
        (Side::Aws, PermissionsFormat::Terraform) => terraform_policy(),
        (Side::Kube, PermissionsFormat::Commands) => kube_commands(include),
        (Side::Kube, PermissionsFormat::Terraform) => kube_terraform(include),
    }
}

/// What is called on any resource. Nobody needs a permission to learn who he is.
fn actions() -> Vec<&'static str> {
    let apart = ["", "sts:GetCallerIdentity", PARAMETERS];
    ACTIONS.lines().filter(|it| !apart.contains(it)).collect()
}

/// An IAM policy with exactly the actions that are called. Actions of IAM's metadata have no resource level.
fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "EksrayReads", "Effect": "Allow", "Action": actions(), "Resource": "*" },
            {
                "Sid": "EksrayPublicParameters",
                "Effect": "Allow",
                "Action": [PARAMETERS],
                "Resource": PUBLIC_PARAMETERS,
            },
        ],
    })
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn terraform_policy() -> String {
    let actions: String = actions().into_iter().map(|it| format!("      \"{it}\",\n")).collect();
    format!(
        "data \"aws_iam_policy_document\" \"eksray\" {{\n  statement {{\n    sid       = \"EksrayReads\"\n    \
         resources = [\"*\"]\n    actions = [\n{actions}    ]\n  }}\n  statement {{\n    \
         sid       = \"EksrayPublicParameters\"\n    resources = [\"{PUBLIC_PARAMETERS}\"]\n    \
         actions   = [\"{PARAMETERS}\"]\n  }}\n}}\n"
    )
}

/// Plural resources by group, as a `ClusterRole` lists them.
fn rules(include: &[Include]) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let asked_for = resource::OPT_IN.iter().filter(|_| include.contains(&Include::ConfigMaps));
    for it in resource::ALL.iter().chain(asked_for) {
        groups.entry(it.group.to_owned()).or_default().push(it.plural.to_owned());
    }
    for it in resource::CUSTOM {
        groups.entry(it.group.to_owned()).or_default().push(it.plural.to_owned());
    }
    groups.into_iter().collect()
}

fn quoted(items: &[String]) -> String {
    items.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ")
}

fn kube_commands(include: &[Include]) -> String {
    let maps = match include {
        [] => "no ConfigMaps but two by name",
        _ => "but ConfigMaps",
    };
    let rules: String = rules(include)
        .iter()
        .map(|(group, plurals)| {
            let plurals = quoted(plurals);
            format!("  - apiGroups: [\"{group}\"]\n    resources: [{plurals}]\n    verbs: [\"get\", \"list\"]\n")
        })
        .collect();
    format!(
        "# An access entry that carries group {GROUP} (clusters in mode API or API_AND_CONFIG_MAP):\n\
         aws eks create-access-entry --cluster-name CLUSTER --principal-arn PRINCIPAL_ARN \\\n  \
           --kubernetes-groups {GROUP}\n\n\
         # What the group may read: no Secrets, {maps}.\n\
         kubectl apply -f - <<'EOF'\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRole\n\
         metadata: {{ name: {ROLE} }}\n\
         rules:\n{rules}---\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRoleBinding\n\
         metadata: {{ name: {ROLE} }}\n\
         roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {ROLE} }}\n\
         subjects: [{{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: {GROUP} }}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: Role\n\
         metadata: {{ name: {ROLE}, namespace: kube-system }}\n\
         rules:\n  - apiGroups: [\"\"]\n    resources: [\"configmaps\"]\n    \
           resourceNames: [\"aws-auth\", \"amazon-vpc-cni\"]\n    verbs: [\"get\"]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: RoleBinding\n\
         metadata: {{ name: {ROLE}, namespace: kube-system }}\n\
         roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: Role, name: {ROLE} }}\n\
         subjects: [{{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: {GROUP} }}]\n\
         EOF\n"
    )
}

fn kube_terraform(include: &[Include]) -> String {
    let rules: String = rules(include)
        .iter()
        .map(|(group, plurals)| {
            let plurals = quoted(plurals);
            format!(
                "  rule {{\n    api_groups = [\"{group}\"]\n    resources  = [{plurals}]\n    verbs      = [\"get\", \"list\"]\n  }}\n"
            )
        })
        .collect();
    format!(
        "resource \"aws_eks_access_entry\" \"eksray\" {{\n  cluster_name      = var.cluster_name\n  \
           principal_arn     = var.eksray_principal_arn\n  kubernetes_groups = [\"{GROUP}\"]\n}}\n\n\
         resource \"kubernetes_cluster_role_v1\" \"eksray\" {{\n  metadata {{\n    name = \"{ROLE}\"\n  }}\n{rules}}}\n\n\
         resource \"kubernetes_cluster_role_binding_v1\" \"eksray\" {{\n  metadata {{\n    name = \"{ROLE}\"\n  }}\n  \
           role_ref {{\n    api_group = \"rbac.authorization.k8s.io\"\n    kind      = \"ClusterRole\"\n    name      = \"{ROLE}\"\n  }}\n  \
           subject {{\n    api_group = \"rbac.authorization.k8s.io\"\n    kind      = \"Group\"\n    name      = \"{GROUP}\"\n  }}\n}}\n\n\
         resource \"kubernetes_role_v1\" \"eksray\" {{\n  metadata {{\n    name      = \"{ROLE}\"\n    namespace = \"kube-system\"\n  }}\n  \
           rule {{\n    api_groups     = [\"\"]\n    resources      = [\"configmaps\"]\n    resource_names = [\"aws-auth\", \"amazon-vpc-cni\"]\n    verbs          = [\"get\"]\n  }}\n}}\n\n\
         resource \"kubernetes_role_binding_v1\" \"eksray\" {{\n  metadata {{\n    name      = \"{ROLE}\"\n    namespace = \"kube-system\"\n  }}\n  \
           role_ref {{\n    api_group = \"rbac.authorization.k8s.io\"\n    kind      = \"Role\"\n    name      = \"{ROLE}\"\n  }}\n  \
           subject {{\n    api_group = \"rbac.authorization.k8s.io\"\n    kind      = \"Group\"\n    name      = \"{GROUP}\"\n  }}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_fits_into_a_managed_policy() {
        // IAM counts characters without white space: 6,144 at most.
        assert!(policy().to_string().len() < 6144);
    }

    #[test]
    fn no_secret_is_ever_asked_for() {
        for format in [PermissionsFormat::Commands, PermissionsFormat::Terraform] {
            let all = text(Side::Kube, format, &[Include::ConfigMaps]);
            assert!(!all.contains("\"secrets\""));
            assert!(all.contains("\"configmaps\", \"") || all.contains(", \"configmaps\""));
            assert!(!text(Side::Kube, format, &[]).contains(", \"configmaps\""));
        }
        assert!(ACTIONS.lines().all(|it| !it.contains("GetSecretValue")));
    }

    #[test]
    fn only_public_parameters_may_be_read() {
        assert!(!actions().iter().any(|it| it.starts_with("ssm:GetParameter")));
        assert!(PUBLIC_PARAMETERS.contains("::parameter/aws/service/"));
    }
}
