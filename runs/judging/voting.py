"""Several votes on one question, and what they come to."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from runs.verdicts import Confidence, Verdict


def settle(votes: Sequence[Verdict]) -> Verdict:
    """The verdict most votes are for; of a tie, one that does not pass.

    Confidence is low when the votes differ or one of them is low itself. Feedback is the first
    such vote's.
    """
    counts = Counter(vote.auto_eval for vote in votes)
    most = max(counts.values())
    chosen = min((vote for vote in votes if counts[vote.auto_eval] == most), key=_preference)
    if len(votes) == 1:
        return chosen
    is_sure = len(counts) == 1 and all(vote.confidence is Confidence.HIGH for vote in votes)
    tally = ", ".join(f"{n} {_shown(said)}" for said, n in sorted(counts.items()))
    return dataclasses.replace(
        chosen,
        confidence=Confidence.HIGH if is_sure else Confidence.LOW,
        feedback=f"{len(votes)} votes ({tally}). {chosen.feedback}".rstrip(),
    )


def _preference(vote: Verdict) -> tuple[bool, float, str]:
    """What comes first of a tie: what does not pass, the smaller number, the earlier text."""
    try:
        number = float(vote.auto_eval)
    except ValueError:
        number = 0.0
    return (vote.is_passed is True, number, vote.auto_eval)


def _shown(said: str) -> str:
    return said if len(said) <= 40 else f"{said[:37]}..."
