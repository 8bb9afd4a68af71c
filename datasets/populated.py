"""Those who want to know that auto-population brought new items, such as runs, which come later.

Datasets cannot name them: imports flow left only.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from datasets.models import Dataset

Listener = Callable[[Dataset, int, Sequence[uuid.UUID]], object]
_listeners: list[Listener] = []


def on_populated(listener: Listener) -> None:
    """Have it called with dataset, version and the new items' keys, in the poll's transaction.

    A listener looks after its own failures: what it raises undoes the poll.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def tell(dataset: Dataset, version: int, keys: Sequence[uuid.UUID]) -> None:
    """Tell everybody who wants to know."""
    for listener in _listeners:
        listener(dataset, version, keys)
