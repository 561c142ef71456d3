"""The API's description, from OpenAPI to what the page shows."""

from collections.abc import Iterator
from typing import Any


def operations_of(openapi: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every operation with its tag, method, path, texts, parameters and fields of its body."""
    return [
        {
            "tag": operation["tags"][0],
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation.get("description", ""),
            "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
            **_body(openapi, operation.get("requestBody")),
        }
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    ]


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    words = parameter.get("description") or _words(parameter["schema"])
    return {"name": parameter["name"], "required": parameter.get("required", False), "description": words}


def _body(openapi: dict[str, Any], body: dict[str, Any] | None) -> dict[str, Any]:
    if body is None:
        return {"body_type": "", "body": []}
    media_type, content = next(iter(body["content"].items()))
    return {"body_type": media_type, "body": list(_fields(_resolved(openapi, content["schema"])))}


def _fields(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, field in schema.get("properties", {}).items():
        words = field.get("description") or _words(field)
        yield {"name": name, "required": name in schema.get("required", ()), "description": words}


def _resolved(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: dict[str, Any] = openapi["components"]["schemas"][name] if name else schema
    return resolved


def _words(schema: dict[str, Any]) -> str:
    kinds = (kind.get("type") or kind.get("$ref", "").rpartition("/")[2] for kind in [schema, *schema.get("anyOf", [])])
    return " or ".join(filter(None, kinds))
