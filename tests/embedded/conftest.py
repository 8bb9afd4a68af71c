"""Installations that tests start, and that never outlive their test."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.installation import Installation
from tests.prepared import furnish


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path of its own: pytest's folders are long, and root's cannot be passed by others."""
    folder = Path(tempfile.mkdtemp(prefix="evp-home-"))
    yield folder / "var"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def used_home(home: Path) -> Path:
    """A home as its first start leaves it: for what is not about a first start."""
    furnish(home)
    return home


@pytest.fixture
def start() -> Iterator[Callable[..., Installation]]:
    """`start(home, ...)` gives a running installation."""
    started: list[Installation] = []

    def begin(*arguments: object, **options: object) -> Installation:
        started.append(Installation(*arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for installation in started:
        installation.kill_and_clear()
