"""Answers that moto lacks, and members that moto drops: both from the seed, beside a few defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jmespath

from .identify import Call
from .wire import AwsError

Item = dict[str, Any]

# What an account answers that has nothing of the kind.
EMPTY: dict[str, Item] = {
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "ec2:GetImageBlockPublicAccessState": {"ImageBlockPublicAccessState": "block-new-sharing"},
    "ec2:DescribeVpcBlockPublicAccessExclusions": {"VpcBlockPublicAccessExclusions": []},
    "ec2:GetInstanceMetadataDefaults": {"AccountLevel": {}},
    "ec2:GetSnapshotBlockPublicAccessState": {"State": "unblocked"},
    "guardduty:GetFindings": {"Findings": []},
    "guardduty:ListCoverage": {"Resources": []},
    "guardduty:ListFindings": {"FindingIds": []},
    "inspector2:BatchGetFindingDetails": {"findingDetails": []},
    "inspector2:ListCoverage": {"coveredResources": []},
    "ssm:DescribeInstanceInformation": {"InstanceInformationList": []},
    "ssm:DescribeInstancePatchStates": {"InstancePatchStates": []},
}
GLOBAL_SERVICES = {"iam", "sts"}
INSPECTOR = "inspector2:BatchGetAccountStatus"


@dataclass(frozen=True)
class Answer:
    """One entry of a seed's `answers:`, used instead of moto's."""

    answer: str
    """The operation, e.g. `guardduty:ListCoverage`."""
    gives: Item
    region: str | None = None
    when: Item = field(default_factory=dict)
    """Parameters that the call must have."""

    def fits(self, call: Call) -> bool:
        return (
            self.answer == call.action
            and self.region in (None, call.region)
            and all(call.params.get(key) == value for key, value in self.when.items())
        )


@dataclass(frozen=True)
class Patch:
    """One entry of a seed's `patches:`: sets members of what moto answers."""

    answer: str
    select: str
    """JMESPath to the objects that are changed."""
    set: Item
    region: str | None = None

    def apply(self, call: Call, data: Item) -> None:
        if self.answer == call.action and self.region in (None, call.region):
            for found in jmespath.search(self.select, data) or ():
                found.update(self.set)  # the very objects of `data`: JMESPath copies lists, not what is in them


def _inspector_off(call: Call) -> Item:
    """An account that never enabled Inspector; moto answers nothing at all."""
    off = {"status": "DISABLED", "errorCode": "RESOURCE_NOT_FOUND", "errorMessage": "Inspector is not enabled"}
    resources = {name: off for name in ("ec2", "ecr", "lambda", "lambdaCode")}
    return {
        "accounts": [{"accountId": call.account, "state": off, "resourceState": resources}],
        "failedAccounts": [],
    }


@dataclass(frozen=True)
class Regions:
    enabled: tuple[str, ...]
    not_opted_in: tuple[str, ...] = ()

    def check(self, call: Call) -> None:
        """AWS knows no caller in a region that the account has not enabled."""
        if call.region in self.enabled or call.service in GLOBAL_SERVICES:
            return
        if call.service == "ec2":
            raise AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)

    def describe(self, call: Call) -> Item:
        """moto ignores every parameter of DescribeRegions and always answers all regions there are."""
        rows = [(name, "opt-in-not-required") for name in self.enabled]
        if call.params.get("AllRegions") == "true":
            rows += [(name, "not-opted-in") for name in self.not_opted_in]
        names = {value for key, value in call.params.items() if key.startswith("RegionName.")}
        wanted = {"region-name": names, **_filters(call.params)}
        keep_names, keep_status = wanted["region-name"], wanted.get("opt-in-status")
        return {
            "Regions": [
                {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}
                for name, status in rows
                if (not keep_names or name in keep_names) and (not keep_status or status in keep_status)
            ]
        }


def _filters(params: Item) -> dict[str, set[str]]:
    """EC2's flat filters: `Filter.1.Name=a&Filter.1.Value.1=b`."""
    found: dict[str, set[str]] = {}
    for key, name in params.items():
        number, _, rest = key.removeprefix("Filter.").partition(".")
        if key.startswith("Filter.") and rest == "Name":
            found[name] = {v for k, v in params.items() if k.startswith(f"Filter.{number}.Value.")}
    return found


class Gaps:
    def __init__(self, regions: Regions, answers: list[Answer], patches: list[Patch]):
        self.regions, self._answers, self._patches = regions, answers, patches

    def has(self, call: Call) -> bool:
        """Whether the seed itself, or a default, answers this call."""
        defaults = call.action in EMPTY or call.action == INSPECTOR
        return defaults or any(answer.fits(call) for answer in self._answers)

    def answer(self, call: Call) -> Item | None:
        """The answer to give instead of moto's; None to ask moto."""
        if call.action == "ec2:DescribeRegions":
            return self.regions.describe(call)
        for answer in self._answers:
            if answer.fits(call):
                return answer.gives
        if call.action == "cloudtrail:GetEventDataStore":
            raise AwsError("EventDataStoreNotFoundException", "The specified event data store was not found.", 400)
        if call.action == INSPECTOR:
            return _inspector_off(call)
        return EMPTY.get(call.action)

    def patch(self, call: Call, data: Item) -> None:
        for patch in self._patches:
            patch.apply(call, data)
