"""Static files are collected when they have changed, and left alone when they have not."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import get_finder

from evalplatform.embedded import preparing


@pytest.fixture
def sources(settings: Any, tmp_path: Path) -> Any:
    """A folder with one static file, and where it is collected."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    get_finder.cache_clear()
    yield folder
    get_finder.cache_clear()


def edit(file: Path) -> None:
    """Some seconds later: Django's command compares times in whole seconds."""
    file.write_text("b {}  /* edited */")
    os.utime(file, (time.time() + 5, time.time() + 5))


def test_what_has_not_changed_is_not_collected_again(sources: Path, settings: Any) -> None:
    preparing.collect_static()
    collected = settings.STATIC_ROOT / "page.css"
    collected.write_text("left alone")
    preparing.collect_static()
    assert collected.read_text() == "left alone"


@pytest.mark.parametrize("change", ["edited", "added", "folder removed"])
def test_what_has_changed_is_collected(sources: Path, settings: Any, change: str) -> None:
    preparing.collect_static()
    if change == "edited":
        edit(sources / "page.css")
    elif change == "added":
        (sources / "more.css").write_text("c {}")
    else:
        for path in settings.STATIC_ROOT.iterdir():
            path.unlink()
    preparing.collect_static()
    collected = {each.name: each.read_text() for each in settings.STATIC_ROOT.glob("*.css")}
    assert collected == {each.name: each.read_text() for each in sources.iterdir()}


def test_a_collection_that_broke_off_is_made_anew(
    sources: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparing.collect_static()
    edit(sources / "page.css")

    def breaks(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(preparing, "call_command", breaks)
        with pytest.raises(OSError, match="No space left"):
            preparing.collect_static()
    preparing.collect_static()
    assert (settings.STATIC_ROOT / "page.css").read_text() == "b {}  /* edited */"
