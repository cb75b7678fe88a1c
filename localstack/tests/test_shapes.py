"""Everything that is served has botocore's own output shapes."""

from __future__ import annotations

import functools
import unittest
from datetime import datetime, timezone
from typing import Any
from unittest import mock

from botocore.model import OperationModel, Shape

from local_eks import aws_server, wire
from local_eks.aws_server import AwsServer
from local_eks.eks_data import Cluster, EksData
from local_eks.eks_defaults import complete
from local_eks.eks_operations import EksOperations
from local_eks.identify import Call, Request, service_model

from . import support
from .scan import scan

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "timestamp": datetime,
    "integer": int, "long": int, "double": (int, float), "float": (int, float),
}  # fmt: skip


def misfits(shape: Shape, value: Any, path: str = "") -> list[str]:
    """Where `value` is not what `shape` says."""
    kind = shape.type_name
    expected = PYTHON_TYPES[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{path}: {value!r} is no {kind}"]
    found = []
    if kind == "structure":
        found += [f"{path}.{name}: unknown" for name in value if name not in shape.members]
        found += [f"{path}.{name}: required" for name in shape.required_members if value.get(name) is None]
        for name, member in shape.members.items():
            if value.get(name) is not None:
                found += misfits(member, value[name], f"{path}.{name}")
    elif kind == "list":
        found += [m for item in value for m in misfits(shape.member, item, f"{path}[]")]
    elif kind == "map":
        found += [m for key, item in value.items() for m in misfits(shape.value, item, f"{path}.{key}")]
    elif kind == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        found.append(f"{path}: {value!r} is none of {shape.enum}")
    return found


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


class WholeAccounts(unittest.TestCase):
    """The scan of each seed: each answer is judged before it is written to the wire."""

    def test_careless(self) -> None:
        self.judge(support.account("careless"))

    def test_careful(self) -> None:
        self.judge(support.account("careful"))

    def judge(self, server: AwsServer) -> None:
        wrong: set[str] = set()
        judged: set[str] = set()
        write = wire.result

        def judging(op: OperationModel, data: dict[str, Any]) -> wire.Response:
            judged.add(f"{op.service_model.service_name}:{op.name}")
            if op.output_shape:
                wrong.update(misfits(op.output_shape, data, f"{op.service_model.service_name}:{op.name}"))
            response = write(op, data)
            self.assertEqual(without_none(data), wire.parse(op, response), f"{op.name} as a client reads it")
            return response

        scanner = server.seed.identities["scanner"]
        with mock.patch.object(aws_server.wire, "result", judging):
            scan(functools.cache(lambda service, region: support.client(server.url, scanner, service, region)))
        self.assertEqual([], sorted(wrong))
        self.assertGreater(len(judged), 40)


class OneOfEach(unittest.TestCase):
    """Kinds of sub-resources that no seed need have: a seed's few words make a whole answer of each."""

    def test_every_kind(self) -> None:
        role = "arn:aws:iam::123456789012:role/r"
        epoch = datetime(2026, 10, 1, tzinfo=timezone.utc)
        cluster = Cluster(
            describe={"name": "c", "version": "1.35"},
            nodegroups=[{"nodegroupName": "n"}],
            fargate_profiles=[{"fargateProfileName": "f"}],
            addons=[{"addonName": "a", "addonVersion": "v1"}],
            access_entries=[{"principalArn": role, "policies": [{"policyArn": "p", "accessScope": {"type": "cluster"}}]}],
            pod_identity_associations=[{"namespace": "ns", "serviceAccount": "sa", "roleArn": role}],
            identity_provider_configs=[{"identityProviderConfigName": "i", "issuerUrl": "https://i", "clientId": "x"}],
            insights=[{"name": "i", "category": "UPGRADE_READINESS", "insightStatus": {"status": "WARNING", "reason": "r"}}],
            capabilities=[{"capabilityName": "k", "type": "ARGOCD", "roleArn": role, "version": "1"}],
        )
        complete(cluster, "eu-west-1", "123456789012", epoch)
        data = EksData()
        data.add("eu-west-1", cluster)
        eks = EksOperations(data, lambda name: ("https://127.0.0.1:1", "Q0E="))
        model = service_model("eks")
        ids = {
            "name": "c", "clusterName": "c", "nodegroupName": "n", "fargateProfileName": "f", "addonName": "a", "principalArn": role,
            "associationId": cluster.pod_identity_associations[0]["associationId"], "id": cluster.insights[0]["id"],
            "capabilityName": "k", "identityProviderConfig": {"type": "oidc", "name": "i"},
        }  # fmt: skip
        cluster.describe["accessConfig"] = {"authenticationMode": "API"}
        asked = [name for name in model.operation_names if hasattr(eks, f"_{name}")]
        self.assertGreater(len(asked), 22)
        for name in asked:
            op = model.operation_model(name)
            params = {key: value for key, value in ids.items() if key in op.input_shape.members}
            if name == "DescribeAddonVersions":
                params = {}
            request = Request("GET", "/", "", {}, b"")
            answer = eks.answer(Call(request, "-", "eu-west-1", "eks", name, params))
            self.assertEqual([], misfits(op.output_shape, answer, name))


class Walker(unittest.TestCase):
    def test_it_sees_what_is_wrong(self) -> None:
        shape = service_model("eks").shape_for("Cluster")
        self.assertEqual([], misfits(shape, {"name": "shop", "deletionProtection": True}))
        self.assertEqual([".nmae: unknown"], misfits(shape, {"nmae": "shop"}))
        self.assertEqual([".name: 1 is no string"], misfits(shape, {"name": 1}))
        self.assertIn("none of", misfits(shape, {"status": "FINE"})[0])
