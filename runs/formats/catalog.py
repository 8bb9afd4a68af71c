"""Every format in which outputs that were made elsewhere come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from runs.formats import inspect_log, output_csv, promptfoo_results
from runs.formats.outputs import OutputReading


@dataclass(frozen=True)
class OutputFormat:
    """One format; `read(stream, model=...)` yields outputs, errors and warnings."""

    slug: str
    label: str
    suffixes: tuple[str, ...]
    help: str
    read: Callable[..., OutputReading]


OUTPUT_FORMATS = {
    each.slug: each
    for each in (
        OutputFormat(
            "qa-csv", "Outputs CSV", (".csv",),
            "Question and Answer; In Tokens, Out Tokens and Duration if you know them. Every other "
            "column is context.",
            output_csv.read,
        ),
        OutputFormat(
            "promptfoo", "promptfoo results", (".json",),
            "The results.json that promptfoo eval writes with -o.",
            promptfoo_results.read,
        ),
        OutputFormat(
            "inspect", "Inspect log", (".json", ".eval"),
            "A log of Inspect written with --log-format json.",
            inspect_log.read,
        ),
    )
}  # fmt: skip
SAMPLE = 1 << 16


def guess(stream: BinaryIO) -> OutputFormat:
    """The format by what the file holds; leaves the stream at its beginning."""
    sample = stream.read(SAMPLE)
    stream.seek(0)
    if sample.startswith(b"PK"):
        return OUTPUT_FORMATS["inspect"]
    bare = sample.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not bare.startswith((b"{", b"[")):
        return OUTPUT_FORMATS["qa-csv"]
    is_promptfoo = b'"evalId"' in bare or b'"results"' in bare.split(b'"samples"')[0]
    is_inspect = b'"eval"' in bare and b'"status"' in bare
    return OUTPUT_FORMATS["promptfoo" if is_promptfoo and not is_inspect else "inspect"]
