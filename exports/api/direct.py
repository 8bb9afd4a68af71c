"""GET /api/export: the file itself, in one answer (formats.md 1.4 and 1.5)."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseBase, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from datasets.filters import NAMES
from datasets.models import Session
from evalplatform.accounts.authentication import KeyAuthentication
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Unavailable
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.api import ScopedAPIView
from exports.api.serializers import ErrorSerializer
from exports.catalog import FORMATS, ExportFormat, file_name
from exports.downloading import WholeFile, send
from exports.formats.options import ExportOptions, InvalidOptionsError
from exports.formats.records import Tally
from exports.selection import MOST, Selection, any_eval_ready
from exports.source import read_sessions, snapshot
from exports.storing import temporary_file
from exports.writing import write_pieces

STATUSES = ("golden", "correct", "incorrect", "needs_review")
OPTIONS = tuple(ExportOptions().canonical())
KNOWN = ("format", "limit", "sessionIds", *NAMES, *OPTIONS)
POSITIVE = {"type": "integer", "minimum": 1}
MEDIA_TYPES = sorted({one.media_type.partition(";")[0] for one in FORMATS.values()})
NONE_READY = "No eval-ready sessions found"
NONE_MATCH = "No sessions match the specified filters"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class TheFileItself(BaseContentNegotiation):
    """`format` names our file here; DRF would take it for a renderer of its own."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


@dataclass(frozen=True)
class Asked:
    """What one call asks for, checked."""

    export_format: ExportFormat
    options: ExportOptions
    selection: Selection


class DirectExportView(ScopedAPIView):
    """The eval-ready sessions that the key may see, as one file."""

    verbs = {"get": Verb.EXPORT, "head": Verb.EXPORT}
    model = Session
    authentication_classes = (KeyAuthentication,)
    content_negotiation_class = TheFileItself

    @extend_schema(
        operation_id="export_file",
        summary="Download eval-ready sessions as a file",
        parameters=[
            OpenApiParameter("format", str, required=True, enum=list(FORMATS)),
            OpenApiParameter("status", str, enum=STATUSES, many=True),
            OpenApiParameter("tag", str, many=True, description="Any of these tags."),
            OpenApiParameter("limit", POSITIVE, description="At most so many, the newest."),
            OpenApiParameter("sessionIds", str, description="Ids separated by commas."),
            OpenApiParameter("include_metadata", bool),
        ],
        responses={
            **{(200, media_type): OpenApiTypes.BINARY for media_type in MEDIA_TYPES},
            **{code: OpenApiResponse(ErrorSerializer) for code in (400, 401, 403, 404, 429)},
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = read_asked(request.query_params, self.actor)
        handle = temporary_file()
        try:
            file, tally = write_whole(handle, asked, self.actor)
            response = send(request._request, file, handle)
        except OSError as error:
            handle.close()
            if error.errno in NO_ROOM:
                raise Unavailable("The server has no room to write the file: try later.") from error
            raise
        except BaseException:
            handle.close()
            raise
        response.headers["X-Export-Sessions"] = str(tally.n_sessions)
        response.headers["X-Export-TestCases"] = str(tally.n_test_cases)
        return response


def write_whole(handle: BinaryIO, asked: Asked, actor: Actor) -> tuple[WholeFile, Tally]:
    """Write one moment's file, so that a failure is an error and never half a file."""
    tally, now = Tally(), datetime.now(UTC)
    with snapshot() as using:
        rows = asked.selection.rows(actor)
        if not rows.exists():
            raise NotFound(NONE_MATCH if any_eval_ready(actor) else NONE_READY)
        sessions = read_sessions(rows, using=using, limit=asked.selection.limit)
        digest = write_pieces(handle, asked.export_format.write(sessions, asked.options, tally))
        handle.flush()
    file = WholeFile(
        n_bytes=digest.n_bytes,
        sha256=digest.sha256,
        name=file_name(asked.export_format.slug, now.date()),
        media_type=asked.export_format.media_type,
    )
    note_direct_export(actor, asked, file, tally)
    return file, tally


def note_direct_export(actor: Actor, asked: Asked, file: WholeFile, tally: Tally) -> None:
    """Record that the team's evidence went out; there is no export row to name."""
    changes = {
        "format": asked.export_format.slug,
        "selection": asked.selection.canonical(),
        "n_sessions": tally.n_sessions,
        "sha256": file.sha256,
    }
    with transaction.atomic():
        record(
            actor, "export.direct", actor.team, changes={k: [None, v] for k, v in changes.items()}
        )


def read_asked(params: QueryDict, actor: Actor) -> Asked:
    """Read the parameters; ValidationError (400) names each that is wrong."""
    errors: dict[str, Any] = {
        name[:60]: f"There is no such parameter; there are {', '.join(KNOWN)}."
        for name in params
        if name not in KNOWN
    }
    given_format = params.get("format", "")
    if given_format not in FORMATS:
        errors["format"] = f"format is one of {', '.join(FORMATS)}."
    if any(status not in STATUSES for status in params.getlist("status")):
        errors["status"] = f"status is one of {', '.join(STATUSES)}."
    if not is_positive(params.get("limit", "1")):
        errors["limit"] = "limit is a whole number, 1 or more."
    try:
        options = ExportOptions.parse({name: params[name] for name in OPTIONS if name in params})
    except InvalidOptionsError as error:
        errors |= error.errors
    if errors:
        raise ValidationError(errors)
    return Asked(FORMATS[given_format], options, read_selection(params, actor))


def read_selection(params: QueryDict, actor: Actor) -> Selection:
    """Read which sessions are asked for."""
    return Selection.checked(
        actor,
        filters={name: params.getlist(name) for name in NAMES if name in params},
        session_ids=params.get("sessionIds", "").split(",") if "sessionIds" in params else None,
        limit=read_limit(params.get("limit", "")) if "limit" in params else None,
    )


def is_positive(text: str) -> bool:
    """Say whether the text is a whole number from 1, in plain digits."""
    return text.isascii() and text.isdigit() and bool(text.strip("0"))


def read_limit(digits: str) -> int:
    """Return the number, or the largest we count to for one that is larger still."""
    return MOST if len(digits.lstrip("0")) > len(str(MOST)) else min(int(digits), MOST)
