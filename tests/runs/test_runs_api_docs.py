"""The examples of docs/runs-api.md are run as they stand, against a server."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evalplatform.audit.models import AuditEvent
from runs.models import CheckResult, Run
from tests.cast import Cast, make_key
from tests.runs.engine import work_off

PAGE = Path(__file__).parents[2] / "docs" / "runs-api.md"
NAMES = ("ENDPOINT", "RUN", "DATASET", "EVALUATOR", "CONFIG", "BEFORE", "AFTER")
NOTHING_FAILED = re.compile(r"^curl .*/retry .*$", re.MULTILINE)  # its answer is a 409 here


def run_shell(text: str) -> dict[str, str]:
    """Run the examples, each of which must succeed; return the ids they kept."""
    script = text.replace("curl -s ", "curl -sS --fail -o /dev/stderr ")
    script = re.sub(r"(\w+=\$\(curl -sS --fail) -o /dev/stderr", r"\1", script)
    kept = "".join(f'echo "{name}=${name}"\n' for name in NAMES)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{''.join(f'{n}=${{{n}:-}}; ' for n in NAMES)}\n"
         f"{script}\n{kept}"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


@pytest.mark.django_db(transaction=True)
def test_the_examples_work_as_they_stand(cast: Cast, live_server: Any) -> None:
    text = PAGE.read_text().replace("http://127.0.0.1:8000", live_server.url)
    text = NOTHING_FAILED.sub("", text.replace("evp_...", make_key(cast.eva)))
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    begin, start, look, config, override, compare, outputs, take_out = blocks

    kept = run_shell("\n".join([begin, start, look, config]))
    work_off()
    result = CheckResult.all_rows.get(run=kept["AFTER"], operator="includes")
    override = override.replace("<item>", str(result.run_item_id))
    override = override.replace("<check>", str(result.pk))
    given = "".join(f"{name}={value}\n" for name, value in kept.items())
    run_shell("\n".join([begin, given, override, compare, outputs, take_out]))

    assert sorted(Run.all_rows.values_list("kind", "n_items")) == [
        ("full", 1), ("imported", 1), ("launched", 2), ("launched", 50), ("preview", 1),
    ]  # fmt: skip
    result.refresh_from_db()
    assert (result.state, result.edited_auto_eval) == ("done", "")
    assert AuditEvent.all_rows.filter(verb="result.override").count() == 2
