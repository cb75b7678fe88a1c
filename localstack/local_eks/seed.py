"""Makes an account from a seed: YAML files that say which AWS calls to make and what EKS answers.

A file of `<seed>/aws/` may hold, all optional:

    region: eu-west-1            # where the steps and the cluster of this file are
    steps:                       # calls to moto, in order
      - ec2.create_vpc: {CidrBlock: 10.0.0.0/16}
        as: {vpc: Vpc.VpcId}     # gives parts of the answer (JMESPath) a name, used as ${vpc} anywhere
    cluster: {describe: …, nodegroups: […], …}      # eks_data.Cluster
    answers: [{answer: guardduty:ListCoverage, gives: …}]      # gaps.Answer
    patches: [{answer: ec2:DescribeInstances, select: …, set: …}]      # gaps.Patch
    regions: {enabled: […], not_opted_in: […]}
    identities: {scanner: "${scanner-key}"}      # access keys that people may want, by name
    epoch: 2026-10-01T00:00:00Z  # when everything was made

Files are read in the order of their names; names are shared by all files, and the parts that are
not steps may use names of any file. A mapping where AWS wants text is written as JSON, so policies are YAML.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import jmespath
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape

from .eks_data import Cluster, EksData
from .eks_defaults import complete
from .gaps import Answer, Patch, Regions
from .moto_account import ACCOUNT
from .sts_token import partition_of

FACTS = Path(__file__).parent / "facts"
REFERENCE = re.compile(r"\$\{([\w.-]+)\}")
PARTS = {"region", "steps", "cluster", "answers", "patches", "regions", "identities", "epoch"}

Client = Callable[[str, str], Any]
"""Of a service and a region: a boto3 client."""


class SeedError(Exception):
    """A seed cannot be made; says where and why in one line."""


@dataclass
class Seed:
    name: str
    epoch: datetime = datetime(2026, 1, 15, tzinfo=timezone.utc)
    regions: Regions = Regions(enabled=("us-east-1",))
    eks: EksData = field(default_factory=EksData)
    answers: list[Answer] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    """Everything that a step named with `as`: ids and ARNs that a Kubernetes seed may want too."""


def make(directory: Path, client: Client, fix_random: Callable[[str], None]) -> Seed:
    """Makes the account that `<directory>/aws/*.yaml` describe."""
    files = [(path, _read(path)) for path in sorted((directory / "aws").glob("*.yaml"))]
    if not files:
        raise SeedError(f"{directory} is no seed: it holds no aws/*.yaml")
    seed = Seed(directory.name)
    for _, content in files:
        if "regions" in content:
            seed.regions = Regions(**{key: tuple(value) for key, value in content["regions"].items()})
        seed.epoch = content.get("epoch", seed.epoch)
    for region in seed.regions.enabled:
        fix_random(region)  # the region's default VPC comes to be at the first call
        client("ec2", region).describe_vpcs()
    run = StepRunner(client, fix_random, seed.names)
    for path, content in files:
        for step in content.get("steps", ()):
            run.step(path.name, content.get("region", "us-east-1"), step)
    for _, content in files:
        _add_data(seed, substitute(content, seed.names), content.get("region"))
    _add_facts(seed.eks, partition_of(seed.regions.enabled[0]))
    return seed


def make_elsewhere(directory: Path, endpoint: str, access_key: str) -> Seed:
    """Makes the calls of a seed's steps at another emulator, which invents its own ids.

    What the seed says about clusters, answers and patches stays with us: no call could make it.
    """
    address = urlsplit(endpoint)
    host = address.hostname or ""
    if address.scheme not in ("http", "https") or "amazonaws" in host or host.endswith(".aws"):
        raise SeedError(f"{endpoint} is not the URL of an emulator")

    def client(service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key="seed",
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )

    try:
        return make(directory, client, lambda label: None)
    except (BotoCoreError, ClientError) as problem:
        raise SeedError(f"{endpoint}: {problem}") from problem


def _add_data(seed: Seed, content: dict[str, Any], region: str | None) -> None:
    if "cluster" in content:
        cluster = Cluster(**content["cluster"])
        complete(cluster, region or "us-east-1", ACCOUNT, seed.epoch)
        seed.eks.add(region or "us-east-1", cluster)
    seed.answers += [Answer(**{"region": region, **answer}) for answer in content.get("answers", ())]
    seed.patches += [Patch(**{"region": region, **patch}) for patch in content.get("patches", ())]
    seed.identities.update(content.get("identities", {}))


def _add_facts(eks: EksData, of: str) -> None:
    """What AWS answers alike for every account."""
    facts = yaml.safe_load((FACTS / "eks.yaml").read_text())
    eks.access_policies = [
        {"name": name, "arn": f"arn:{of}:eks::aws:cluster-access-policy/{name}"} for name in facts["access_policies"]
    ]
    eks.cluster_versions, eks.addon_versions = facts["cluster_versions"], facts["addon_versions"]


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text()) or {}
    unknown = set(content) - PARTS
    if unknown:
        raise SeedError(f"{path.name}: unknown part {sorted(unknown)}; known are {sorted(PARTS)}")
    return content


class StepRunner:
    def __init__(self, client: Client, fix_random: Callable[[str], None], names: dict[str, Any]):
        self._client, self._fix_random, self._names = client, fix_random, names
        self._labels: dict[str, int] = {}

    def step(self, file: str, region: str, step: dict[str, Any]) -> None:
        """Makes one call. Its ids depend on the step's own name alone: adding a step changes no other's."""
        keys = [key for key in step if key != "as"]
        names = step.get("as", {})
        try:
            names = substitute(names, self._names)
            (call,) = keys
            service, method = call.split(".")
            label = self._label(region, ",".join(names) or call)
            self._fix_random(label)
            client = self._client(service, region)
            operation = client.meta.method_to_api_mapping[method]
            shape = client.meta.service_model.operation_model(operation).input_shape
            params = {**_tokens(shape, label), **_fit(shape, substitute(step[call] or {}, self._names))}
            result = getattr(client, method)(**params)
            for name, path in names.items():
                if name in self._names:
                    raise ValueError(f"the name {name} is taken")
                self._names[name] = jmespath.search(path, result)
                if self._names[name] is None:
                    raise ValueError(f"nothing at {path} in the answer")
        except Exception as problem:
            raise SeedError(f"{file}, step {' '.join(keys)} {names or ''}: {problem}") from problem

    def _label(self, region: str, name: str) -> str:
        label = f"{region}/{name}"
        self._labels[label] = self._labels.get(label, 0) + 1
        return f"{label}#{self._labels[label]}"


def substitute(value: Any, names: dict[str, Any]) -> Any:
    """`value` with every `${name}` replaced. A text that is one reference becomes what the name stands for."""
    if isinstance(value, dict):
        return {substitute(key, names): substitute(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, names) for item in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _named(whole[1], names)
    return REFERENCE.sub(lambda match: str(_named(match[1], names)), value)


def _named(name: str, names: dict[str, Any]) -> Any:
    if name not in names:
        raise ValueError(f"${{{name}}} is not the name of anything")
    return names[name]


def _tokens(shape: Shape | None, label: str) -> dict[str, str]:
    """The client tokens that boto3 would make up at random, and that AWS shows again to whoever reads."""
    members = shape.members.items() if shape else ()
    return {n: str(uuid.uuid5(uuid.NAMESPACE_URL, label)) for n, m in members if m.metadata.get("idempotencyToken")}


def _fit(shape: Shape | None, value: Any) -> Any:
    """`value` as boto3 wants it: JSON where the seed has a mapping and AWS wants text."""
    if shape is None:
        return value
    if shape.type_name == "string" and isinstance(value, (dict, list)):
        return json.dumps(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _fit(shape.members.get(key), item) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_fit(shape.member, item) for item in value]
    return value
