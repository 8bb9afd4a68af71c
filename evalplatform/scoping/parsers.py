"""Reading of API bodies with the same strictness as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class StrictJsonParser(BaseParser):
    """JSON that PostgreSQL can hold: no NUL, lone surrogates, NaN, duplicate keys or deep nests."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        from evalplatform import strict_json

        try:
            return strict_json.loads(stream.read())
        except strict_json.StrictJsonError as error:
            raise ParseError(str(error)) from error
