"""POST /api/v1/sessions: conversations come in, one or many; sending them again changes nothing."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.formats.conversations import session_from_object
from datasets.formats.ids import Ids, OnceEach
from datasets.formats.records import RowError, RowWarning, row_error
from datasets.intake import Intake, Row, Taken, take_now
from datasets.models import Source
from evalplatform.errors import RowsRefusedError
from evalplatform.scoping.api import ScopedAPIMixin

MAX_LISTED = 100
REFUSED = "Nothing was saved: some sessions need a change."
_ELEMENT = re.compile(r"sessions\[(\d+)\]\.?")


class SessionIntakeMixin(ScopedAPIMixin):
    """The POST of the sessions address; its verb is `edit_evidence`."""

    verbs = {"post": "edit_evidence"}

    def post(self, request: Request) -> Response:
        """Store one session, or all of `{"sessions": [...]}`, or nothing when one is wrong."""
        rows, warnings = read_sessions(body_of(request))
        intake, taken = take_now(rows, by=self.actor, kind=Source.Kind.API)
        return Response(answer(intake, taken, warnings))


def body_of(request: Request) -> Any:
    """The parsed body; what strict JSON refuses is placed in its session."""
    try:
        return request.data
    except RowsRefusedError as error:
        raise RowsRefusedError(str(error.detail), map(in_its_row, error.errors)) from error


def in_its_row(error: dict[str, Any]) -> dict[str, Any]:
    """Turn `sessions[2].title` into row 3, column `title`; a single object is row 1."""
    found = _ELEMENT.match(error["column"])
    if not found:
        return error | {"row": 1}
    return error | {"row": int(found[1]) + 1, "column": error["column"][found.end() :]}


def read_sessions(body: Any) -> tuple[list[Row], list[RowWarning]]:
    """The sessions of a body; RowsRefusedError with the first hundred faults of all of them."""
    rows: list[Row] = []
    errors: list[RowError] = []
    warnings: list[RowWarning] = []
    ids, once = Ids(), OnceEach()
    for row, value in enumerate(elements(body), start=1):
        session, wrong, noted = session_from_object(value, row)
        errors += wrong
        warnings += once.fresh(noted)
        if session is not None:
            settled = ids.settle(row, session, "externalId")
            if isinstance(settled, RowError):
                errors.append(settled)
            else:
                rows.append((row, settled))
    if errors:
        raise RowsRefusedError(REFUSED, map(asdict, errors[:MAX_LISTED]))
    return rows, warnings[:MAX_LISTED]


def elements(body: Any) -> list[Any]:
    """The objects of a body: those under `sessions`, else the body itself."""
    if not isinstance(body, dict):
        refuse("", 'Write one session as an object, or {"sessions": [...]}.')
    if "sessions" not in body:
        return [body]
    sessions = body["sessions"]
    if not isinstance(sessions, list):
        refuse("sessions", "This must be a list of sessions. Write [...].")
    if len(sessions) > settings.MAX_SESSIONS_PER_CALL:
        cap = settings.MAX_SESSIONS_PER_CALL
        message = f"These are {len(sessions):,} sessions. Send at most {cap:,} at once."
        refuse("sessions", message)
    if unknown := body.keys() - {"sessions"}:
        refuse(min(unknown), "This does not belong beside the list. Write it into each session.")
    return list(sessions)


def refuse(column: str, message: str) -> NoReturn:
    raise RowsRefusedError(message, [asdict(row_error(None, column, message))])


def answer(intake: Intake, taken: list[Taken], warnings: list[RowWarning]) -> dict[str, Any]:
    """What became of it all, and of each session in the order given."""
    return {
        "sessions": asdict(intake.sessions),
        "messages": asdict(intake.messages),
        "results": [
            {"id": str(each.session_id), "externalId": each.external_id, "status": each.status}
            for each in taken
        ],
        "warnings": [asdict(each) for each in warnings],
    }
