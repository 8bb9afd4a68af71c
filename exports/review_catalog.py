"""The export formats of reviews; menus, API, help and tests are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from exports.formats import review_csv, review_lab, review_markdown, review_tables
from exports.formats.csv_lines import csv_line
from exports.formats.options import TableFormat, read_options, read_switch, read_table_format
from exports.review_statements import LABEL_COLUMNS
from exports.storing import made_beside

if TYPE_CHECKING:
    from exports.review_contents import ReviewFile
    from exports.review_scope import ReviewScope


@dataclass(frozen=True, kw_only=True)
class ReviewOptions:
    """`spreadsheet_safe` puts a ' before cells that a spreadsheet program would run.

    `suggestions`: what the product proposes stands beside what was said; None leaves it to the
    format.
    """

    spreadsheet_safe: bool = False
    tables: TableFormat = TableFormat.CSV
    suggestions: bool | None = None

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> ReviewOptions:
        """The options by name; InvalidOptionsError for what there is not."""
        return cls(**read_options(values, _READ))

    def canonical(self) -> dict[str, bool | str | None]:
        """Equal options give equal JSON."""
        return {name: str(v) if isinstance(v, str) else v for name, v in asdict(self).items()}


_READ: dict[str, Callable[[object], Any]] = {
    "spreadsheet_safe": lambda value: read_switch("spreadsheet_safe", value),
    "tables": read_table_format,
    "suggestions": lambda value: None if value is None else read_switch("suggestions", value),
}


@dataclass(frozen=True)
class ReviewExportFormat:
    """One format; `version` goes up whenever the same reviews would give other bytes.

    `options` are those that it heeds, `suggests` whether it has suggestions unless told otherwise.
    `of_run` needs a run, `of_queue` a review of it or of sessions. `head` and `rows` say how
    review_contents.py reads it.
    """

    slug: str
    label: str
    suffix: str
    media_type: str
    version: int
    rows: str  # human | lab | pairs | lines | labels | objects | tables
    write: Callable[[ReviewFile], Iterator[str] | Iterator[bytes]]
    options: tuple[str, ...]
    help: str
    row_name: str
    of_run: bool = True
    of_queue: bool = False
    suggests: bool = False


CSV = "text/csv; charset=utf-8"


def _labels_csv(file: ReviewFile) -> Iterator[bytes]:
    yield csv_line(LABEL_COLUMNS).encode()
    for block in file.rows:
        yield block.data
        file.tally.n_rows += block.n_rows


def _tables(file: ReviewFile) -> Iterator[bytes]:
    options = file.options
    return made_beside(
        lambda out: review_tables.write(
            out,
            file.rows,
            file.head,
            file.tally,
            is_parquet=options.tables is TableFormat.PARQUET,
            is_safe=options.spreadsheet_safe,
        )
    )


_FORMATS = (
    ReviewExportFormat(
        "human-review-csv", "Human review CSV", ".csv", CSV, 1, "human",
        lambda file: review_csv.write(
            file.head, file.rows, file.tally, is_safe=file.options.spreadsheet_safe
        ),
        ("spreadsheet_safe",),
        "The run's review with its rates, then every completed review, spread down over rows.",
        "reviews", of_queue=True,
    ),
    ReviewExportFormat(
        "lab-json", "Lab session JSON", ".json", "application/json", 1, "lab",
        lambda file: review_lab.write_json(file.head, file.rows, file.tally),
        ("suggestions",),
        "The whole session: every case, its primary review and all others, nulls and all.",
        "cases", suggests=True,
    ),
    ReviewExportFormat(
        "lab-csv", "Lab session CSV", ".csv", CSV, 1, "lines",
        lambda file: review_lab.write_csv(file.rows, file.tally, has_twins=file.suggests),
        ("spreadsheet_safe", "suggestions"),
        "One row per case with the answers of its primary review, to compare scores.",
        "cases",
    ),
    ReviewExportFormat(
        "lab-markdown", "Lab session Markdown", ".md", "text/markdown; charset=utf-8", 1, "pairs",
        lambda file: review_markdown.write(file.head, file.rows, file.tally),
        ("suggestions",),
        "The session to read: prompts, responses, reviews and what was settled.",
        "cases", suggests=True,
    ),
    ReviewExportFormat(
        "behavior-csv", "Behavioral labels CSV", ".csv", CSV, 1, "labels", _labels_csv,
        ("spreadsheet_safe",),
        "One row per label: intent, affect, strategy and humanness, by reviewer.",
        "labels",
    ),
    ReviewExportFormat(
        "behavior-json", "Behavioral labels JSON", ".json", "application/json", 1, "objects",
        lambda file: review_lab.write_labels(file.rows, file.tally),
        (),
        "The same as a list of objects.",
        "labels",
    ),
    ReviewExportFormat(
        "review-tables", "Review tables", ".zip", "application/zip", 1, "tables", _tables,
        ("spreadsheet_safe", "tables"),
        "A ZIP of plain tables: reviews, answers, exposures, adjudications and agreement.",
        "reviews", of_run=False, of_queue=True,
    ),
)  # fmt: skip

REVIEW_FORMATS = {each.slug: each for each in _FORMATS}


def fault_of(export_format: ReviewExportFormat, scope: ReviewScope) -> str:
    """What the format lacks in the scope, and what to do, or ""."""
    if export_format.of_queue and scope.queue is None:
        return "Nobody reviews this run: make a queue over it first."
    if export_format.of_run and scope.run_id is None:
        return "This queue is over sessions: take review-tables, which hold its reviews."
    return ""
