"""Reading of API bodies with the same strictness as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from evalplatform import strict_json
from evalplatform.errors import RowsRefusedError, TooLarge


class StrictJsonParser(BaseParser):
    """JSON that PostgreSQL can hold: no NUL, lone surrogates, NaN, duplicate keys or deep nests.

    A body over DATA_UPLOAD_MAX_MEMORY_SIZE is refused after that many bytes.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        cap = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(cap + 1)
        if len(body) > cap:
            raise TooLarge(f"The body is larger than {cap:,} bytes: send it in parts.")
        try:
            return strict_json.loads(body)
        except strict_json.StrictJsonError as error:
            raise RowsRefusedError(
                str(error),
                [
                    {"row": None, "column": each.path, "message": each.message, "value": each.value}
                    for each in error.problems[:100]
                    if each.path
                ],
            ) from error
