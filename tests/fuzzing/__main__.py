"""Coverage-guided fuzzing of one reader of items; see README.md. Not part of any test run."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["datasets.formats", "evalplatform.strict_json"]):
    from tests.fuzzing import held
    from tests.fuzzing.seeds import seeds_of, words_of

FOUND = Path(__file__).parent / "found"


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("reader", choices=held.READERS)
    told.add_argument("--seconds", type=int, default=90)
    told.add_argument("--crashes", type=Path, default=Path(tempfile.gettempdir()))
    asked = told.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzzing") as around:
        folder = Path(around) / "inputs"
        folder.mkdir()
        for number, seed in enumerate(seeds_of(asked.reader)):
            (folder / f"seed-{number}").write_bytes(seed)
        words = Path(around) / "words"
        words.write_text("".join(f'"{word}"\n' for word in words_of(asked.reader)))
        options = [
            f"-dict={words}",
            f"-max_total_time={asked.seconds}",
            f"-max_len={held.MAX_BYTES}",
            f"-artifact_prefix={asked.crashes}/{asked.reader}-",
            "-timeout=20",
            "-rss_limit_mb=2000",
            "-print_final_stats=1",
        ]
        atheris.Setup(
            [sys.argv[0], *options, str(folder), *map(str, FOUND.glob(asked.reader))],
            lambda data: held.hold(asked.reader, data),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
