"""What the writers of reviews are given before the lines: whose review it is and how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class HumanHead:
    """The run's review as formats.md 2.9 has it; the four rates are null where none can be."""

    run_id: str
    run_name: str
    status: str  # pending | completed | archived
    created_by: str
    created_at: datetime
    completed_at: datetime | None
    n_reviews: int
    assigned: tuple[str, ...]
    pass_rate: float | None
    flagged_rate: float | None
    auto_agreement: float | None
    reviewer_agreement: float | None


@dataclass(frozen=True, slots=True)
class LabHead:
    """The Lab session without its cases: `metadata` and `exported_by` as the contract has them.

    `suspicious` are nulls that should not be: {"where", "what"} each, at most a hundred of
    `n_suspicious`.
    """

    exported_at: str
    exported_by: dict[str, Any]
    metadata: dict[str, Any]
    suspicious: list[dict[str, str]] = field(default_factory=list)
    n_suspicious: int = 0
