"""A fleet: a seed made from a number, with any count of clusters, nodes and roles, and the truth about it beside it.

Every kind of weakness in `WEAKNESSES` is planted at random, and nothing else of its kind is there: `expected.yaml` lists by
rule where it was planted, so what a scanner finds of these rules must be exactly that. Subjects are ARNs, with names of
steps where only the emulator knows the id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .eks_defaults import ALL_LOGS
from .moto_account import ACCOUNT
from .planting import Planted, as_yaml

Item = dict[str, Any]

REGIONS = {
    "aws": ("eu-west-1", "us-east-1", "eu-central-1", "ap-southeast-2"),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
}
WITHOUT_CLUSTERS = {"aws": ["eu-north-1"]}
EPOCH = datetime(2026, 10, 1, 8, tzinfo=timezone.utc)
IMAGE = "ami-0a1b2c3d4e5f60132"
NODES_IN_A_GROUP = 10

WEAKNESSES = {
    "eks-endpoint-open-to-internet": 0.3,
    "eks-version-unsupported": 0.2,
    "access-configmap-mode": 0.3,
    "logging-audit-off": 0.3,
    "logging-retention-short": 0.3,
    "sg-internet-critical-ports": 0.2,
    "node-reachable-from-internet": 0.2,
    "iam-node-role-excess": 0.3,
    "iam-role-admin": 0.1,
    "irsa-trust-subject-broad": 0.2,
    "irsa-provider-orphaned": 0.2,
}
"""Rules, and how likely one subject of theirs fails."""


@dataclass
class Fleet(Planted):
    """What is asked for, and what has come together so far."""

    weaknesses = WEAKNESSES

    clusters: int
    nodes: int
    roles: int
    others: int
    """Instances that are no nodes."""
    partition: str = "aws"
    files: dict[str, Item] = field(default_factory=dict)

    def arn(self, service: str, region: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{region}:{ACCOUNT}:{resource}"

    def role_arn(self, role: str) -> str:
        return self.arn("iam", "", f"role/{role}")

    def aws_policy(self, name: str) -> str:
        return f"arn:{self.partition}:iam::aws:policy/{name}"


def write(fleet: Fleet, directory: Path) -> None:
    """Makes the seed `directory`, which may not exist yet."""
    _account(fleet)
    names = [f"fleet-{number:02}" for number in range(fleet.clusters)]
    regions = REGIONS[fleet.partition]
    for index, name in enumerate(names):
        nodes = fleet.nodes // fleet.clusters + (index < fleet.nodes % fleet.clusters)
        roles = fleet.roles // fleet.clusters + (index < fleet.roles % fleet.clusters)
        others = fleet.others // fleet.clusters + (index < fleet.others % fleet.clusters)
        _cluster(fleet, name, regions[index % len(regions)], index, nodes, roles, others)
    (directory / "aws").mkdir(parents=True)
    for file, content in fleet.files.items():
        (directory / "aws" / file).write_text(as_yaml(content))
    fleet.write_expected(directory)


def _account(fleet: Fleet) -> None:
    regions = REGIONS[fleet.partition]
    fleet.files["00-account.yaml"] = {
        "epoch": EPOCH,
        "regions": {"enabled": [*regions, *WITHOUT_CLUSTERS.get(fleet.partition, ())]},
        "region": regions[0],
        "steps": [
            {"iam.create_user": {"UserName": "scanner"}},
            {"iam.attach_user_policy": {"UserName": "scanner", "PolicyArn": fleet.aws_policy("SecurityAudit")}},
            {
                "iam.create_access_key": {"UserName": "scanner"},
                "as": {"scanner-key": "AccessKey.{AccessKeyId: AccessKeyId, SecretAccessKey: SecretAccessKey}"},
            },
            *_role(fleet, "fleet-cluster", _trust("eks.amazonaws.com"), ["AmazonEKSClusterPolicy"]),
        ],
        "identities": {"scanner": "${scanner-key}"},
    }


def _cluster(fleet: Fleet, name: str, region: str, index: int, nodes: int, roles: int, others: int) -> None:
    arn = fleet.arn("eks", region, f"cluster/{name}")
    issuer = _issuer(fleet, region)
    steps = [*_network(name, region, index), *_groups(fleet, name, region)]
    steps += _node_roles(fleet, name)
    described_groups = []
    for number, start in enumerate(range(0, nodes, NODES_IN_A_GROUP)):
        count = min(NODES_IN_A_GROUP, nodes - start)
        public = fleet.plant("node-reachable-from-internet", f"{arn}/nodepool/mng/group-{number}")
        steps += _node_group(name, f"group-{number}", count, public)
        zone = "public" if public else "private"
        described_groups.append(
            {
                "nodegroupName": f"group-{number}",
                "version": "1.35",
                "amiType": "AL2023_x86_64_STANDARD",
                "nodeRole": f"${{{name}-node}}",
                "subnets": [f"${{{name}-{zone}-a}}", f"${{{name}-{zone}-b}}"],
                "scalingConfig": {"minSize": count, "maxSize": count, "desiredSize": count},
            }
        )
    if others:
        steps.append(_instances(f"{name}-private-a", others, [f"${{{name}-others}}"], [{"Key": "Name", "Value": "batch"}]))
    steps += _workload_roles(fleet, name, issuer, region, max(roles - 1, 0))
    logs = f"/aws/eks/{name}/cluster"
    days = 7 if fleet.plant("logging-retention-short", fleet.arn("logs", region, f"log-group:{logs}")) else 365
    steps += [
        {"logs.create_log_group": {"logGroupName": logs}},
        {"logs.put_retention_policy": {"logGroupName": logs, "retentionInDays": days}},
    ]
    fleet.files[f"{index + 10}-{name}.yaml"] = {
        "region": region,
        "steps": steps,
        "cluster": {"describe": _describe(fleet, name, arn, issuer), "nodegroups": described_groups},
    }


def _describe(fleet: Fleet, name: str, arn: str, issuer: str) -> Item:
    is_open = fleet.plant("eks-endpoint-open-to-internet", arn)
    silent = fleet.plant("logging-audit-off", arn)
    logs = [it for it in ALL_LOGS if not (silent and it == "audit")]
    return {
        "name": name,
        "version": "1.30" if fleet.plant("eks-version-unsupported", arn) else "1.35",
        "platformVersion": "eks.5",
        "roleArn": "${fleet-cluster}",
        "resourcesVpcConfig": {
            "vpcId": f"${{{name}-vpc}}",
            "subnetIds": [f"${{{name}-private-a}}", f"${{{name}-private-b}}"],
            "securityGroupIds": [],
            "clusterSecurityGroupId": f"${{{name}-cluster}}",
            "endpointPublicAccess": is_open,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"] if is_open else [],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "accessConfig": {"authenticationMode": "CONFIG_MAP" if fleet.plant("access-configmap-mode", arn) else "API"},
        "logging": {"clusterLogging": [{"types": logs, "enabled": True}]},
        "identity": {"oidc": {"issuer": f"https://{issuer}"}},
    }


def _network(name: str, region: str, index: int) -> list[Item]:
    """A VPC of its own: two public subnets, two private ones without a way out."""
    block = f"10.{index + 1}"
    steps: list[Item] = [
        {"ec2.create_vpc": {"CidrBlock": f"{block}.0.0/16"}, "as": {f"{name}-vpc": "Vpc.VpcId"}},
        {"ec2.create_internet_gateway": {}, "as": {f"{name}-igw": "InternetGateway.InternetGatewayId"}},
        {"ec2.attach_internet_gateway": {"InternetGatewayId": f"${{{name}-igw}}", "VpcId": f"${{{name}-vpc}}"}},
        {"ec2.create_route_table": {"VpcId": f"${{{name}-vpc}}"}, "as": {f"{name}-routes": "RouteTable.RouteTableId"}},
        {"ec2.create_route": {"RouteTableId": f"${{{name}-routes}}", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": f"${{{name}-igw}}"}},
    ]
    for third, (kind, zone) in enumerate((k, z) for k in ("public", "private") for z in "ab"):
        subnet = {"VpcId": f"${{{name}-vpc}}", "CidrBlock": f"{block}.{16 * third}.0/20", "AvailabilityZone": region + zone}
        steps.append({"ec2.create_subnet": subnet, "as": {f"{name}-{kind}-{zone}": "Subnet.SubnetId"}})
        if kind == "public":
            associated = {"RouteTableId": f"${{{name}-routes}}", "SubnetId": f"${{{name}-public-{zone}}}"}
            steps.append({"ec2.associate_route_table": associated})
    return steps


def _groups(fleet: Fleet, name: str, region: str) -> list[Item]:
    """The cluster's group, one for nodes, one for nodes in public subnets, one for what is no node."""
    steps: list[Item] = []
    for kind in ("cluster", "nodes", "public", "others"):
        made = {"GroupName": f"{name}-{kind}", "Description": kind, "VpcId": f"${{{name}-vpc}}"}
        steps.append({"ec2.create_security_group": made, "as": {f"{name}-{kind}": "GroupId"}})

    def admit(kind: str, rule: Item) -> None:
        steps.append({"ec2.authorize_security_group_ingress": {"GroupId": f"${{{name}-{kind}}}", "IpPermissions": [rule]}})

    world = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    admit("cluster", {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": f"${{{name}-cluster}}"}]})
    admit("public", {**world, "FromPort": 8443, "ToPort": 8443})
    group = fleet.arn("ec2", region, f"security-group/${{{name}-nodes}}")
    if fleet.plant("sg-internet-critical-ports", group):
        admit("nodes", {**world, "FromPort": 22, "ToPort": 22})
    for zone in "ab":
        interface = {"SubnetId": f"${{{name}-private-{zone}}}", "Description": f"Amazon EKS {name}", "Groups": [f"${{{name}-cluster}}"]}
        steps.append({"ec2.create_network_interface": interface})
    # The group of the nodes hangs on something even where there are no nodes.
    idle = {"SubnetId": f"${{{name}-private-a}}", "Description": f"Amazon EKS {name}", "Groups": [f"${{{name}-nodes}}"]}
    return [*steps, {"ec2.create_network_interface": idle}]


def _node_group(name: str, group: str, count: int, public: bool) -> list[Item]:
    zone = "public" if public else "private"
    groups = [f"${{{name}-cluster}}", f"${{{name}-public}}" if public else f"${{{name}-nodes}}"]
    tags = {"eks:cluster-name": name, "eks:nodegroup-name": group, f"kubernetes.io/cluster/{name}": "owned"}
    step = _instances(f"{name}-{zone}-a", count, groups, [{"Key": key, "Value": value} for key, value in tags.items()])
    run = step["ec2.run_instances"]
    run["IamInstanceProfile"] = {"Arn": f"${{{name}-profile}}"}
    if public:
        del run["SubnetId"], run["SecurityGroupIds"]
        run["NetworkInterfaces"] = [
            {"DeviceIndex": 0, "SubnetId": f"${{{name}-public-a}}", "Groups": groups, "AssociatePublicIpAddress": True}
        ]
    return [step]


def _instances(subnet: str, count: int, groups: list[str], tags: list[Item]) -> Item:
    run = {
        "MinCount": count,
        "MaxCount": count,
        "ImageId": IMAGE,
        "InstanceType": "m6i.large",
        "SubnetId": f"${{{subnet}}}",
        "SecurityGroupIds": groups,
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
    }
    return {"ec2.run_instances": run}


def _node_roles(fleet: Fleet, name: str) -> list[Item]:
    role = f"{name}-node"
    needed = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]
    steps = _role(fleet, role, _trust("ec2.amazonaws.com.cn" if fleet.partition == "aws-cn" else "ec2.amazonaws.com"), needed)
    if fleet.plant("iam-node-role-excess", fleet.role_arn(role)):
        steps.append(_inline(role, "secretsmanager:GetSecretValue"))
    profile = {"InstanceProfileName": role}
    return [
        *steps,
        {"iam.create_instance_profile": profile, "as": {f"{name}-profile": "InstanceProfile.Arn"}},
        {"iam.add_role_to_instance_profile": {**profile, "RoleName": role}},
    ]


def _workload_roles(fleet: Fleet, name: str, issuer: str, region: str, count: int) -> list[Item]:
    """A provider for the cluster, perhaps one of a cluster that is gone, and roles for service accounts and others."""
    thumbprints = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
    provider = {"Url": f"https://{issuer}", "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": thumbprints}
    steps: list[Item] = [{"iam.create_open_id_connect_provider": provider, "as": {f"{name}-provider": "OpenIDConnectProviderArn"}}]
    gone = _issuer(fleet, region)
    if fleet.plant("irsa-provider-orphaned", fleet.arn("iam", "", f"oidc-provider/{gone}")):
        steps.append({"iam.create_open_id_connect_provider": {**provider, "Url": f"https://{gone}"}})
    for number in range(count):
        role = f"{name}-app-{number}"
        arn = fleet.role_arn(role)
        if number % 3 == 2:  # nothing of a cluster's: an administrator there is nobody's business here
            steps += _role(fleet, role, _trust("lambda.amazonaws.com"), ["AdministratorAccess"] if number % 2 else [])
            continue
        broad = fleet.plant("irsa-trust-subject-broad", f"{arn}#{issuer}")
        admin = fleet.plant("iam-role-admin", arn)
        trust = _federated(f"${{{name}-provider}}", issuer, "system:serviceaccount:*" if broad else f"system:serviceaccount:app:{role}")
        steps += _role(fleet, role, trust, ["AdministratorAccess"] if admin else [])
        if not admin:
            steps.append(_inline(role, "s3:GetObject", f"arn:{fleet.partition}:s3:::{role}/*"))
    return steps


def _issuer(fleet: Fleet, region: str) -> str:
    suffix = "amazonaws.com.cn" if fleet.partition == "aws-cn" else "amazonaws.com"
    return f"oidc.eks.{region}.{suffix}/id/{fleet.random.getrandbits(128):032X}"


def _role(fleet: Fleet, name: str, trust: Item, policies: list[str]) -> list[Item]:
    made = {"iam.create_role": {"RoleName": name, "AssumeRolePolicyDocument": trust}, "as": {name: "Role.Arn"}}
    attached = [{"iam.attach_role_policy": {"RoleName": name, "PolicyArn": fleet.aws_policy(it)}} for it in policies]
    return [made, *attached]


def _inline(role: str, action: str, resource: str = "*") -> Item:
    document = _document({"Effect": "Allow", "Action": action, "Resource": resource})
    return {"iam.put_role_policy": {"RoleName": role, "PolicyName": "own", "PolicyDocument": document}}


def _trust(service: str) -> Item:
    return _document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def _federated(provider: str, issuer: str, subject: str) -> Item:
    condition = {
        "StringLike": {f"{issuer}:sub": subject},
        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"},
    }
    principal = {"Federated": provider}
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})


def _document(statement: Item) -> Item:
    return {"Version": "2012-10-17", "Statement": [statement]}
