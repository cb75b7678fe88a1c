//! Every escalation set, and the same with one thing less.

use eksray_aws::{AccountContext, inspect, inventory::Account};
use eksray_rule::{Judgement, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn trusting(service: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" })
}

fn role(name: &str, trust: &Value, statements: &Value) -> Value {
    json!({
        "arn": arn(name), "roleName": name,
        "assumeRolePolicyDocument": json!({ "Statement": trust }).to_string(),
        "inlinePolicies": [{ "name": "p", "document": json!({ "Statement": statements }).to_string() }],
        "instanceProfiles": ["arn:aws:iam::123456789012:instance-profile/".to_owned() + name],
    })
}

/// An account whose pod has a role that is allowed these actions, beside stronger principals of every kind.
fn account(actions: &[&str]) -> Value {
    let may = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let everything = json!({ "name": "p", "document": json!({ "Statement": all }).to_string() });
    let by_account = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" });
    let saml = json!({ "Effect": "Allow", "Principal": { "Federated": "arn:aws:iam::123456789012:saml-provider/people" }, "Action": "sts:AssumeRoleWithSAML" });
    let services = [
        "ec2",
        "lambda",
        "ecs-tasks",
        "glue",
        "cloudformation",
        "codebuild",
        "sagemaker",
        "tasks.apprunner",
        "datapipeline",
        "elasticmapreduce",
        "bedrock-agentcore",
        "pods.eks",
        "eks-fargate-pods",
        "capabilities.eks",
        "rolesanywhere",
        "states",
    ];
    let strong = services
        .map(|it| role(&format!("strong-{it}"), &trusting(&format!("{it}.amazonaws.com")), &all));
    let mut roles = vec![
        role("me", &trusting("pods.eks.amazonaws.com"), &may),
        role("by-account", &by_account, &all),
        role("people", &saml, &all),
    ];
    roles.extend(strong);
    json!({
        "id": "123456789012", "partition": "aws",
        "regions": { "eu-west-1": {
            "clusters": [{
                "name": "prod", "described": { "authenticationMode": "API" }, "nodegroups": [],
                "addons": [], "capabilities": [], "fargateProfiles": [], "accessEntries": [],
                "podIdentityAssociations": [{ "associationId": "a-1", "namespace": "n", "serviceAccount": "s", "described": { "roleArn": arn("me") } }],
            }],
            "instances": [{ "instanceId": "i-1", "tags": { "kubernetes.io/cluster/prod": "owned" } }],
            "autoScalingGroups": [],
        }},
        "oidcProviders": [],
        "iam": {
            "roles": roles,
            "users": [{ "arn": "arn:aws:iam::123456789012:user/ann", "userName": "ann", "groups": ["admins"] }],
            "groups": [{ "arn": "arn:aws:iam::123456789012:group/admins", "groupName": "admins", "inlinePolicies": [everything] }],
        },
    })
}

/// What the rule says of the pod's role: its facts, or why not.
fn judged(account: Value) -> Result<(Vec<String>, bool), String> {
    let account: Account = serde_json::from_value(account).expect("an account");
    let settings = Settings::default();
    let now = Timestamp::UNIX_EPOCH;
    let context = AccountContext { account: &account, settings: &settings, now, narrowed: false };
    let outcomes = inspect(&context);
    let own = outcomes
        .iter()
        .find(|it| it.rule.id == "iam-role-escalation" && it.subject.as_str() == arn("me"))
        .expect("the role is reached");
    match own.verdict.clone() {
        Ok(Judgement::Fail { facts, possible, .. }) => Ok((facts, possible)),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_set_is_found_and_falls_with_any_of_its_actions() {
    let table: &[(&str, bool, &[&str])] = &[
        ("assume: role/by-account is an administrator", false, &["sts:AssumeRole"]),
        ("group: group/admins is an administrator", false, &["iam:AddUserToGroup"]),
        ("user credentials: user/ann is an administrator", false, &["iam:CreateAccessKey"]),
        ("user credentials: user/ann is an administrator", true, &["iam:UpdateLoginProfile"]),
        ("trust: role/by-account is an administrator", false, &["iam:UpdateAssumeRolePolicy"]),
        ("federation: role/people is an administrator", false, &["iam:UpdateSAMLProvider"]),
        ("PassRole + EC2: role/strong-ec2", false, &["iam:PassRole", "ec2:RunInstances"]),
        (
            "PassRole + EC2: role/strong-ec2",
            false,
            &["iam:PassRole", "ec2:CreateLaunchTemplate", "autoscaling:UpdateAutoScalingGroup"],
        ),
        ("PassRole + EC2: role/strong-ec2", false, &["iam:PassRole", "eks:CreateNodegroup"]),
        (
            "PassRole + Lambda: role/strong-lambda",
            false,
            &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
        ),
        (
            "PassRole + ECS: role/strong-ecs-tasks",
            false,
            &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"],
        ),
        ("PassRole + Glue: role/strong-glue", false, &["iam:PassRole", "glue:CreateDevEndpoint"]),
        (
            "PassRole + Glue: role/strong-glue",
            false,
            &["iam:PassRole", "glue:UpdateJob", "glue:CreateTrigger"],
        ),
        (
            "PassRole + CloudFormation: role/strong-cloudformation",
            false,
            &[
                "iam:PassRole",
                "cloudformation:CreateStackSet",
                "cloudformation:CreateStackInstances",
            ],
        ),
        (
            "PassRole + CodeBuild: role/strong-codebuild",
            false,
            &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"],
        ),
        (
            "PassRole + SageMaker: role/strong-sagemaker",
            false,
            &["iam:PassRole", "sagemaker:CreateTrainingJob"],
        ),
        (
            "PassRole + App Runner: role/strong-tasks.apprunner",
            false,
            &["iam:PassRole", "apprunner:CreateService"],
        ),
        (
            "PassRole + Data Pipeline: role/strong-datapipeline",
            false,
            &["iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"],
        ),
        (
            "PassRole + EMR: role/strong-elasticmapreduce",
            false,
            &["iam:PassRole", "elasticmapreduce:RunJobFlow"],
        ),
        (
            "PassRole + Bedrock AgentCore: role/strong-bedrock-agentcore",
            false,
            &[
                "iam:PassRole",
                "bedrock-agentcore:CreateCodeInterpreter",
                "bedrock-agentcore:StartCodeInterpreterSession",
                "bedrock-agentcore:InvokeCodeInterpreter",
            ],
        ),
        (
            "PassRole + EKS: role/strong-pods.eks",
            false,
            &["iam:PassRole", "eks:CreatePodIdentityAssociation"],
        ),
        (
            "PassRole + EKS: role/strong-eks-fargate-pods",
            false,
            &["iam:PassRole", "eks:CreateFargateProfile"],
        ),
        (
            "PassRole + EKS: role/strong-capabilities.eks",
            false,
            &["iam:PassRole", "eks:CreateCapability"],
        ),
        (
            "PassRole + Roles Anywhere: role/strong-rolesanywhere",
            false,
            &["iam:PassRole", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"],
        ),
        (
            "PassRole + any other service: role/strong-states through states",
            true,
            &["iam:PassRole", "states:CreateStateMachine"],
        ),
        (
            "running resource: what lambda runs as role/strong-lambda",
            true,
            &["lambda:UpdateFunctionCode"],
        ),
        (
            "running resource: what cloudformation runs as role/strong-cloudformation",
            true,
            &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
        ),
        ("running resource: instance/i-1 of nodes", false, &["ssm:SendCommand"]),
        (
            "running resource: instance/i-1 of nodes",
            false,
            &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"],
        ),
        (
            "running resource: instance/i-1 of nodes",
            true,
            &["ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:AttachVolume"],
        ),
        (
            "EKS access: cluster prod takes it as administrator",
            false,
            &["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"],
        ),
        (
            "EKS access: cluster prod takes logins of another issuer",
            true,
            &["eks:AssociateIdentityProviderConfig"],
        ),
    ];
    for (wanted, possible, actions) in table {
        let (facts, is_possible) = judged(account(actions)).expect(wanted);
        assert!(facts.iter().any(|it| it.starts_with(wanted)), "{wanted}: {facts:?}");
        assert_eq!(is_possible, *possible, "{wanted}: {facts:?}");
        for left_out in 0..actions.len() {
            let mut fewer = actions.to_vec();
            fewer.remove(left_out);
            let found = judged(account(&fewer)).map(|it| it.0).unwrap_or_default();
            assert!(!found.iter().any(|it| it.starts_with(wanted)), "{fewer:?}: {found:?}");
        }
    }
}

#[test]
fn a_set_without_a_target_that_is_worth_more_is_none() {
    let actions = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "ecs:RunTask"];
    let mut weak = account(&actions);
    weak["iam"]["roles"] = json!([
        role(
            "me",
            &trusting("pods.eks.amazonaws.com"),
            &json!({ "Effect": "Allow", "Action": actions, "Resource": "*" })
        ),
        role(
            "task",
            &trusting("lambda.amazonaws.com"),
            &json!({ "Effect": "Allow", "Action": "logs:*", "Resource": "*" })
        ),
    ]);
    assert!(judged(weak).unwrap_err().contains("Pass"));
}

#[test]
fn a_mode_by_config_map_takes_one_permission_more() {
    let by_map = |actions: &[&str]| {
        let mut account = account(actions);
        let cluster = &mut account["regions"]["eu-west-1"]["clusters"][0];
        cluster["described"]["authenticationMode"] = json!("CONFIG_MAP");
        judged(account)
    };
    assert!(by_map(&["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"]).is_err());
    by_map(&["eks:CreateAccessEntry", "eks:AssociateAccessPolicy", "eks:UpdateClusterConfig"])
        .unwrap();
}

#[test]
fn what_an_administrator_may_do_is_told_elsewhere() {
    assert!(judged(account(&["*"])).unwrap_err().contains("judged by iam-role-admin"));
}
