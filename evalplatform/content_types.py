"""The Content-Type of a request, before Django reads it.

Django decodes addresses and forms in whatever charset this header names, and fails on those that
are no text (base64) or nothing at all. Everything here is UTF-8; another charset is refused.
"""

from __future__ import annotations

import re
from typing import Any

REFUSED = "evalplatform.content_type_refused"
UTF_8 = {"utf-8", "utf8"}
CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
EXTENDED = re.compile(r";[^;=\"]*\*\s*=")  # RFC 2231: name*=charset'language'value


def make_plain(environ: dict[str, Any]) -> None:
    """Take a Content-Type away that is not UTF-8, and note that the request is to be refused."""
    header = environ.get("CONTENT_TYPE", "")
    charsets = {name.lower() for name in CHARSET.findall(header)}
    if charsets - UTF_8 or EXTENDED.search(header):
        environ["CONTENT_TYPE"] = ""
        environ[REFUSED] = True
