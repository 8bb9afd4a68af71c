"""What the OpenAPI description says of every operation alike: how it refuses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "example": "INVALID_REQUEST"},
                "message": {"type": "string"},
                "errors": {
                    "type": "array",
                    "description": "The rows or fields to blame.",
                    "items": {
                        "type": "object",
                        "required": ["row", "column", "message"],
                        "properties": {
                            "row": {"type": "integer", "nullable": True},
                            "column": {"type": "string"},
                            "message": {"type": "string"},
                            "value": {"type": "string"},
                        },
                    },
                },
                "details": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "Of a conflict: who holds it and until when, or both versions.",
                },
            },
        }
    },
}
REFUSALS = {
    "400": "The request is wrong; `errors` says where.",
    "401": "Invalid or missing API key.",
    "403": "The role or key may not do this.",
    "404": "Not there, or not for you: the two look the same.",
    "429": "Over the rate limit; Retry-After says for how many seconds.",
}


def add_refusals(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Post-processing hook: give each operation the refusals it does not describe itself."""
    result.setdefault("components", {}).setdefault("schemas", {})["Refusal"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for methods in result["paths"].values():
        for operation in methods.values():
            for status, text in REFUSALS.items():
                operation["responses"].setdefault(status, {"description": text, "content": content})
    return result


class BodyOfDelete(AutoSchema):
    """Describes the body of a DELETE of many rows, which names them."""

    def _get_request_body(self, direction: str = "request") -> Any:
        method, self.method = self.method, "POST" if self.method == "DELETE" else self.method
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method
