"""Answers in each AWS protocol's own wire shape: results from plain data, and errors.

Data has the shape that boto3 gives: member names as in botocore's model, times as aware datetimes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree

from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser

from .identify import Call, service_model

REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class AwsError(Exception):
    """An error that AWS would answer."""

    def __init__(self, code: str, message: str, status: int = 400, **members: str):
        super().__init__(message)
        self.code, self.message, self.status, self.members = code, message, status, members


def protocol(service: str) -> str:
    """Of several that a service speaks, that of plain requests."""
    model = service_model(service)
    spoken = model.metadata.get("protocols", [model.metadata["protocol"]]) if model else ["json"]
    return "query" if "query" in spoken else spoken[0]


# ---- results -------------------------------------------------------------------------------------


def result(op: OperationModel, data: dict[str, Any]) -> Response:
    """`data` as the answer of `op`."""
    kind = op.service_model.metadata["protocol"]
    if kind in ("json", "rest-json"):
        body = _to_json(op.output_shape, data) if op.output_shape else {}
        version = op.service_model.metadata.get("jsonVersion", "1.1")
        content_type = "application/json" if kind == "rest-json" else f"application/x-amz-json-{version}"
        return Response(200, {"Content-Type": content_type}, json.dumps(body).encode())
    if kind == "rest-xml":
        payload = op.output_shape.serialization["payload"]
        root = ElementTree.Element(payload)
        _members_to_xml(op.output_shape.members[payload], data[payload], root)
        return Response(200, {"Content-Type": "application/xml"}, _xml_bytes(root))
    if kind not in ("query", "ec2"):
        raise NotImplementedError(f"answers of protocol {kind}")
    root = ElementTree.Element(f"{op.name}Response", xmlns=_xml_namespace(op))
    into = root
    if kind == "ec2":
        ElementTree.SubElement(root, "requestId").text = REQUEST_ID
    else:
        into = ElementTree.SubElement(root, f"{op.name}Result")
        metadata = ElementTree.SubElement(root, "ResponseMetadata")
        ElementTree.SubElement(metadata, "RequestId").text = REQUEST_ID
    if op.output_shape:
        _members_to_xml(op.output_shape, data, into)
    return Response(200, {"Content-Type": "text/xml;charset=UTF-8"}, _xml_bytes(root))


def parse(op: OperationModel, response: Response) -> dict[str, Any]:
    """The data of an answer, as boto3 would give it."""
    parser = create_parser(op.service_model.metadata["protocol"])
    raw = {"status_code": response.status, "headers": response.headers, "body": response.body}
    data = parser.parse(raw, op.output_shape)
    data.pop("ResponseMetadata", None)
    return data


def _to_json(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return {
            member.serialization.get("name", name): _to_json(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if kind == "list":
        return [_to_json(shape.member, item) for item in value]
    if kind == "map":
        return {key: _to_json(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        if shape.serialization.get("timestampFormat") == "iso8601":
            return _iso(value)
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    return value


def _members_to_xml(shape: Shape, value: dict[str, Any], into: ElementTree.Element) -> None:
    for name, member in shape.members.items():
        if value.get(name) is not None:
            _to_xml(member, value[name], member.serialization.get("name", name), into)


def _to_xml(shape: Shape, value: Any, name: str, into: ElementTree.Element) -> None:
    kind = shape.type_name
    if kind == "list":
        flat = shape.serialization.get("flattened")
        holder = into if flat else ElementTree.SubElement(into, name)
        item_name = name if flat else shape.member.serialization.get("name", "member")
        for item in value:
            _to_xml(shape.member, item, item_name, holder)
        return
    node = ElementTree.SubElement(into, name)
    if kind == "structure":
        _members_to_xml(shape, value, node)
    elif kind == "map":
        for key, item in value.items():
            entry = ElementTree.SubElement(node, "entry")
            ElementTree.SubElement(entry, shape.key.serialization.get("name", "key")).text = key
            _to_xml(shape.value, item, shape.value.serialization.get("name", "value"), entry)
    elif kind == "boolean":
        node.text = "true" if value else "false"
    elif kind == "timestamp":
        node.text = _iso(value)
    else:
        node.text = value if isinstance(value, str) else str(value)


def _iso(value: datetime) -> str:
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _xml_namespace(op: OperationModel) -> str:
    metadata = op.service_model.metadata
    return metadata.get("xmlNamespace", f"http://ec2.amazonaws.com/doc/{metadata['apiVersion']}/")


def _xml_bytes(root: ElementTree.Element) -> bytes:
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


# ---- errors --------------------------------------------------------------------------------------


def error(service: str, problem: AwsError) -> Response:
    """An error in the shape of the service's protocol."""
    kind, code = protocol(service), problem.code
    if kind in ("json", "rest-json"):
        body: dict[str, Any] = {"message": problem.message, **problem.members}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": REQUEST_ID}
        if kind == "rest-json":
            headers = {**headers, "Content-Type": "application/json", "x-amzn-ErrorType": code}
        else:
            body["__type"] = code
        return Response(problem.status, headers, json.dumps(body).encode())
    if kind == "ec2":
        root = ElementTree.Element("Response")
        inner = ElementTree.SubElement(ElementTree.SubElement(root, "Errors"), "Error")
        ElementTree.SubElement(root, "RequestID").text = REQUEST_ID
    elif kind == "query":
        root = ElementTree.Element("ErrorResponse")
        inner = ElementTree.SubElement(root, "Error")
        ElementTree.SubElement(inner, "Type").text = "Sender" if problem.status < 500 else "Receiver"
        ElementTree.SubElement(root, "RequestId").text = REQUEST_ID
    else:
        root = inner = ElementTree.Element("Error")
    ElementTree.SubElement(inner, "Code").text = code
    ElementTree.SubElement(inner, "Message").text = problem.message
    return Response(problem.status, {"Content-Type": "text/xml;charset=UTF-8"}, _xml_bytes(root))


def access_denied(call: Call, principal: str) -> AwsError:
    kind = protocol(call.service)
    if kind == "ec2":
        return AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
    code = "AccessDenied" if kind in ("query", "rest-xml") else "AccessDeniedException"
    message = f"User: {principal} is not authorized to perform: {iam_action(call)}"
    return AwsError(code, message, 400 if kind == "json" else 403)


def throttled(call: Call) -> AwsError:
    code, message, status = {
        "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
        "query": ("Throttling", "Rate exceeded", 400),
        "rest-xml": ("SlowDown", "Please reduce your request rate.", 503),
        "rest-json": ("TooManyRequestsException", "Rate exceeded", 429),
    }.get(protocol(call.service), ("ThrottlingException", "Rate exceeded", 400))
    return AwsError(code, message, status)


def expired(call: Call) -> AwsError:
    code, status = {
        "ec2": ("RequestExpired", 400),
        "query": ("ExpiredToken", 403),
        "rest-xml": ("ExpiredToken", 400),
        "rest-json": ("ExpiredTokenException", 403),
    }.get(protocol(call.service), ("ExpiredTokenException", 400))
    message = "Request has expired." if code == "RequestExpired" else "The security token included in the request is expired"
    return AwsError(code, message, status)


def unknown_credentials(call: Call) -> AwsError:
    code, status = {
        "ec2": ("AuthFailure", 401),
        "query": ("InvalidClientTokenId", 403),
        "rest-xml": ("InvalidAccessKeyId", 403),
        "rest-json": ("UnrecognizedClientException", 403),
    }.get(protocol(call.service), ("UnrecognizedClientException", 400))
    message = "The security token included in the request is invalid."
    if code == "AuthFailure":
        message = "AWS was not able to validate the provided access credentials"
    return AwsError(code, message, status)


def failed(call: Call, status: int) -> AwsError:
    """A fault of the service itself, such as 500 or 503."""
    code = {"ec2": "InternalError", "query": "InternalFailure"}.get(protocol(call.service), "InternalServerException")
    if status == 503:
        code = {"ec2": "Unavailable", "query": "ServiceUnavailable"}.get(protocol(call.service), "ServiceUnavailableException")
    return AwsError(code, "An internal error has occurred", status)


# Operations that IAM calls otherwise.
IAM_NAMES = {
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}


def iam_action(call: Call) -> str:
    """The action's name in an IAM policy."""
    if call.action in IAM_NAMES:
        return IAM_NAMES[call.action]
    prefixes = {"efs": "elasticfilesystem", "elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing"}
    prefix = prefixes.get(call.service, call.service)
    return f"{prefix}:{call.operation}"
