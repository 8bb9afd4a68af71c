"""One computed number, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

NO_DATA = "no_data"
FEWER_THAN_TWO_RATERS = "fewer_than_two_raters"
NO_OVERLAP = "no_overlap"
NO_VARIATION = "no_variation"
TOO_FEW_UNITS = "too_few_units"
INCOMPLETE_DESIGN = "incomplete_design"
NOT_APPLICABLE = "not_applicable"
NOT_RANDOM = "not_random"
UNFINISHED = "unfinished"
REASONS = {
    NO_DATA: "There are no ratings.",
    FEWER_THAN_TWO_RATERS: "Only one person rated.",
    NO_OVERLAP: "Nothing was rated by two people.",
    NO_VARIATION: "Only one value was used, so that nothing can be said beyond chance.",
    TOO_FEW_UNITS: "Too few units were rated twice.",
    INCOMPLETE_DESIGN: "Not everybody rated the same units.",
    NOT_APPLICABLE: "This number is not defined for such ratings.",
    NOT_RANDOM: "What was reviewed was not drawn at random from all there is.",
    UNFINISHED: "Not all that was drawn is reviewed, and chance did not say what came first.",
}

_KNOWN = frozenset({None, *REASONS})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with standard error, interval and n; or no value and one of REASONS, never NaN.

    `n` counts the units the value stands on. `se` and the interval are None where a single unit
    leaves nothing to estimate them from.
    """

    value: float | None = None
    reason: str | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int = 0

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None) or self.reason not in _KNOWN:
            raise ValueError(f"A quantity has a value or a known reason: {self!r}")
        for number in (self.value, self.se, self.ci_low, self.ci_high):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"A quantity is finite: {self!r}")

    def as_json(self) -> dict[str, Any]:
        """The six fields, null where there is nothing."""
        return asdict(self)


def null(reason: str, n: int = 0) -> Quantity:
    """No value, and why."""
    return Quantity(reason=reason, n=n)
