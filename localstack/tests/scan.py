"""Every read that a scanner of EKS makes, by boto3: for tests that look at all answers of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Client = Callable[[str, str], Any]
"""Of a service and a region: a boto3 client."""

PLAIN = {
    "ec2": [
        "describe_instances", "describe_network_interfaces", "describe_security_groups", "describe_managed_prefix_lists",
        "describe_subnets", "describe_vpcs", "describe_route_tables", "describe_network_acls", "get_instance_metadata_defaults",
        "describe_volumes", "get_ebs_encryption_by_default", "get_snapshot_block_public_access_state",
        "get_image_block_public_access_state", "describe_flow_logs",
        "describe_vpc_endpoints", "describe_vpc_block_public_access_exclusions",
    ],
    "autoscaling": ["describe_auto_scaling_groups", "describe_launch_configurations"],
    "elbv2": ["describe_load_balancers", "describe_target_groups", "describe_ssl_policies"],
    "elb": ["describe_load_balancers"],
    "logs": ["describe_log_groups", "describe_resource_policies"],
    "config": ["describe_configuration_recorders", "describe_configuration_recorder_status"],
    "cloudtrail": ["describe_trails", "list_event_data_stores"],
    "guardduty": ["list_detectors"],
    "inspector2": ["list_coverage", "list_findings"],
    "ssm": ["describe_instance_information"],
    "ecr": ["describe_repositories"],
    "efs": ["describe_file_systems"],
    "secretsmanager": ["list_secrets"],
    "eks": ["list_clusters", "describe_cluster_versions", "describe_addon_versions", "list_access_policies"],
}


def scan(client: Client) -> dict[str, Any]:
    """Every answer, by region and call."""
    answers: dict[str, Any] = {}

    def ask(region: str, service: str, method: str, **params: Any) -> dict[str, Any]:
        caller = client(service, region)
        if caller.can_paginate(method):
            answer = caller.get_paginator(method).paginate(**params).build_full_result()
        else:
            answer = getattr(caller, method)(**params)
            answer.pop("ResponseMetadata")
        answers[f"{region} {service}.{method} {params or ''}"] = answer
        return answer

    home = "eu-west-1"
    ask(home, "sts", "get_caller_identity")
    regions = [r["RegionName"] for r in ask(home, "ec2", "describe_regions", AllRegions=False)["Regions"]]
    ask(home, "iam", "get_account_authorization_details")
    ask(home, "iam", "list_server_certificates")
    for provider in ask(home, "iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        ask(home, "iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=provider["Arn"])
    for region in regions:
        found = {f"{s}.{m}": ask(region, s, m) for s, methods in PLAIN.items() for m in methods}
        _follow(found, lambda service, method, **params: ask(region, service, method, **params))
    return answers


def _follow(found: dict[str, Any], ask: Callable[..., dict[str, Any]]) -> None:
    """The calls that need an answer of an earlier one."""
    ask("ec2", "describe_launch_template_versions", Versions=["$Latest", "$Default"])
    reservations = found["ec2.describe_instances"]["Reservations"]
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    ask("ec2", "describe_images", ImageIds=sorted({it["ImageId"] for it in instances}))
    ask("ssm", "describe_instance_patch_states", InstanceIds=[it["InstanceId"] for it in instances])
    ask("ssm", "get_parameters", Names=["/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/image_id"])
    ask("inspector2", "batch_get_account_status", accountIds=["123456789012"])
    for finding in found["inspector2.list_findings"]["findings"]:
        ask("inspector2", "batch_get_finding_details", findingArns=[finding["findingArn"]])
    for snapshot in ask("ec2", "describe_snapshots", OwnerIds=["self"], RestorableByUserIds=["all"])["Snapshots"]:
        ask("ec2", "describe_snapshot_attribute", SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission")
    for prefix_list in found["ec2.describe_managed_prefix_lists"]["PrefixLists"]:
        ask("ec2", "get_managed_prefix_list_entries", PrefixListId=prefix_list["PrefixListId"])
    for balancer in found["elbv2.describe_load_balancers"]["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        ask("elbv2", "describe_tags", ResourceArns=[arn])
        ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
        if balancer["Type"] == "application":
            ask("wafv2", "get_web_acl_for_resource", ResourceArn=arn)
        for listener in ask("elbv2", "describe_listeners", LoadBalancerArn=arn)["Listeners"]:
            ask("elbv2", "describe_rules", ListenerArn=listener["ListenerArn"])
            if "SslPolicy" in listener:
                shown = ask("elbv2", "describe_listener_certificates", ListenerArn=listener["ListenerArn"])
                for certificate in shown["Certificates"]:
                    ask("acm", "describe_certificate", CertificateArn=certificate["CertificateArn"])
    for group in found["elbv2.describe_target_groups"]["TargetGroups"]:
        ask("elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"])
    for balancer in found["elb.describe_load_balancers"]["LoadBalancerDescriptions"]:
        ask("elb", "describe_tags", LoadBalancerNames=[balancer["LoadBalancerName"]])
        ask("elb", "describe_load_balancer_attributes", LoadBalancerName=balancer["LoadBalancerName"])
        ask("elb", "describe_load_balancer_policies", LoadBalancerName=balancer["LoadBalancerName"])
    for trail in found["cloudtrail.describe_trails"]["trailList"]:
        ask("cloudtrail", "get_trail_status", Name=trail["TrailARN"])
        ask("cloudtrail", "get_event_selectors", TrailName=trail["TrailARN"])
        for setting in ("bucket_policy_status", "bucket_acl", "public_access_block"):
            ask("s3", f"get_{setting}", Bucket=trail["S3BucketName"])
    for detector in found["guardduty.list_detectors"]["DetectorIds"]:
        ask("guardduty", "get_detector", DetectorId=detector)
        ask("guardduty", "list_coverage", DetectorId=detector)
        ids = ask("guardduty", "list_findings", DetectorId=detector)["FindingIds"]
        ask("guardduty", "get_findings", DetectorId=detector, FindingIds=ids)
    for group in found["logs.describe_log_groups"]["logGroups"]:
        ask("logs", "describe_metric_filters", logGroupName=group["logGroupName"])
        ask("logs", "describe_subscription_filters", logGroupName=group["logGroupName"])
    for cluster in found["eks.list_clusters"]["clusters"]:
        _cluster(cluster, ask)


def _cluster(name: str, ask: Callable[..., dict[str, Any]]) -> None:
    mode = ask("eks", "describe_cluster", name=name)["cluster"]["accessConfig"]["authenticationMode"]
    for kind, listed, described, param in (
        ("nodegroups", "nodegroups", "nodegroup", "nodegroupName"),
        ("fargate_profiles", "fargateProfileNames", "fargate_profile", "fargateProfileName"),
        ("addons", "addons", "addon", "addonName"),
    ):
        for item in ask("eks", f"list_{kind}", clusterName=name)[listed]:
            ask("eks", f"describe_{described}", clusterName=name, **{param: item})
    if mode != "CONFIG_MAP":
        for principal in ask("eks", "list_access_entries", clusterName=name)["accessEntries"]:
            ask("eks", "describe_access_entry", clusterName=name, principalArn=principal)
            ask("eks", "list_associated_access_policies", clusterName=name, principalArn=principal)
    for association in ask("eks", "list_pod_identity_associations", clusterName=name)["associations"]:
        ask("eks", "describe_pod_identity_association", clusterName=name, associationId=association["associationId"])
    for config in ask("eks", "list_identity_provider_configs", clusterName=name)["identityProviderConfigs"]:
        ask("eks", "describe_identity_provider_config", clusterName=name, identityProviderConfig=config)
    for insight in ask("eks", "list_insights", clusterName=name)["insights"]:
        ask("eks", "describe_insight", clusterName=name, id=insight["id"])
    for capability in ask("eks", "list_capabilities", clusterName=name)["capabilities"]:
        ask("eks", "describe_capability", clusterName=name, capabilityName=capability["capabilityName"])
