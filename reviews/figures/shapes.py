"""What figures of agreement there are of a queue: of people, items, metrics, and of the whole.

Everything here is plain and frozen; `as_json()` gives the same to whoever asks. A figure that can
be looked into says by which `filter` (parameters of the items behind it, `agreement_items`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from reviews.agreement.quantity import Quantity

if TYPE_CHECKING:  # they bring numpy along
    from reviews.agreement.bounds import Deciding, Range
    from reviews.agreement.corrected import Corrected

Filter = Mapping[str, str]
REFERENCE_LINES = (0.667, 0.800)  # Krippendorff's; where people draw lines, not what is good


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of cells with its interval; `n_items` are the units it is clustered by."""

    quantity: Quantity
    n_cells: int
    n_items: int
    filter: Filter


@dataclass(frozen=True, slots=True)
class Beside:
    """Reviewer<->Reviewer and Auto<->Reviewer of the same ratings, or of the same cells.

    What people agree on among themselves is the most an automatic verdict can reach.
    """

    n_ratings: int
    share: float | None
    reviewers: Rate
    auto: Rate


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What did not enter any figure, or only some, and why; `unit` says what `n` counts."""

    reason: str
    label: str
    n: int
    unit: str
    filter: Filter = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned:
    """A caution beside a figure; `metric` is "" where it is about all of them."""

    code: str
    message: str
    n: int
    share: float | None = None
    about: tuple[str, ...] = ()
    metric: str = ""


@dataclass(frozen=True, slots=True)
class AutoFigures:
    """The automatic verdicts of one kind of check against the reviewers.

    `table` has rows pass and fail of the machine, columns pass and fail of the reviewers, each cell
    counting once, shared by its reviewers. `false_pass` is the costly one: of what reviewers fail,
    the share that the machine passes.
    """

    agreement: Rate
    kappa: Quantity
    table: tuple[tuple[float, float], tuple[float, float]]
    false_pass: Rate
    false_fail: Rate


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """One criterion (`criterion:key`) or kind of check (`check:operator`), of level nominal,
    ordinal, interval, sets or text.

    `alpha` is null under ten compared cells; `n_unanimous` of `n_compared` is said instead.
    `by_value`: specific agreement of each value, for sets alpha of each label. `close`: within one
    step of a rating, or the mean likeness of two sets.
    """

    key: str
    label: str
    kind: str
    level: str
    values: tuple[str, ...]
    n_ratings: int
    n_cells: int
    n_compared: int
    n_unanimous: int
    agreement: Rate
    close: Rate | None
    alpha: Quantity
    ac: Quantity
    by_value: Mapping[str, Quantity]
    icc: Quantity | None
    auto: AutoFigures | None
    warnings: tuple[Warned, ...]
    filter: Filter

    @property
    def has_prevalence(self) -> bool:
        """Whether AC and specific agreement are to be read beside alpha."""
        return any(each.code == "prevalence" for each in self.warnings)


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One reviewer against the others: null under 20 shared cells. `alpha_without` by metric."""

    id: str
    name: str
    n_ratings: int
    leave_one_out: Quantity
    alpha_without: Mapping[str, Quantity]
    filter: Filter


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Two reviewers on the cells both rated; kappa by metric (quadratic for ratings)."""

    first: str
    second: str
    agreement: Quantity
    kappas: Mapping[str, Quantity]
    is_thin: bool
    filter: Filter


@dataclass(frozen=True, slots=True)
class DisputedItem:
    """An item on which reviewers differ: the mean disagreement of its compared cells, 0 to 1.

    `costs` is by metric what it takes off alpha: 0.004 of 1 - alpha.
    """

    key: str
    label: str
    position: int
    disagreement: float
    n_compared: int
    n_ratings: int
    costs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FloorFigures:
    """A chosen floor: the least that a figure must be before the review may be finalised."""

    figure: str
    label: str
    least: float
    quantity: Quantity
    is_met: bool
    filter: Filter


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the headline rates can still become, how few items decide each chosen floor on a share,
    and the run's pass rate as people would give it; None where no verdict of a run is reviewed."""

    reviewers: Range
    auto: Range
    deciding: Mapping[str, Deciding]
    corrected: Corrected | None


@dataclass(frozen=True, slots=True)
class AgreementFigures:
    """All figures of a queue that one actor may be told.

    `scope` is `queue` for who runs it, else `own`: only items that the actor has reviewed and that
    are open to them, and of people themselves alone. `is_weighted`: shares, alpha, AC and
    specific agreement weigh each item by 1 / its probability of inclusion. `outlook` is for who
    runs the queue.
    """

    queue: str
    scope: str
    is_blind: bool
    is_weighted: bool
    n_ratings: int
    n_cells: int
    n_items: int
    n_reviewers: int
    reviewers: Rate
    auto: Rate
    same_cells: Beside
    false_pass: Rate
    false_fail: Rate
    exposed: Beside
    blind: Beside
    flagged_share: float | None
    left_out: tuple[LeftOut, ...]
    metrics: tuple[MetricFigures, ...]
    people: tuple[PersonFigures, ...]
    pairs: tuple[PairFigures, ...]
    disputed: tuple[DisputedItem, ...]
    warnings: tuple[Warned, ...]
    floors: tuple[FloorFigures, ...]
    outlook: Outlook | None
    reference_lines: tuple[float, ...] = REFERENCE_LINES

    def as_json(self) -> dict[str, Any]:
        """The same as plain lists and dicts, in full precision; null where there is nothing."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0
