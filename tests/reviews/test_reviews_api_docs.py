"""The examples of docs/reviews-api.md are run as they stand, against a server."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reviews.models import Review, WebhookDelivery, WebhookSubscription
from tests.cast import Cast, make_key
from tests.webhook_server import WebhookServer

PAGE = Path(__file__).parents[2] / "docs" / "reviews-api.md"


@pytest.mark.django_db(transaction=True)
def test_the_examples_work_as_they_stand(
    cast: Cast, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    with WebhookServer() as hooks:
        settings.OUTBOUND_ALLOWED = [hooks.place]
        text = PAGE.read_text().replace("http://127.0.0.1:8000", live_server.url)
        text = text.replace("evp_...", make_key(cast.olga))
        text = text.replace("https://hooks.example.org/reviews", hooks.url)
        script = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("curl -s ", "curl -sS --fail ")],
            capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
        )  # fmt: skip

    assert done.returncode == 0, done.stderr[-3000:]
    review = Review.all_rows.get()
    assert (review.is_complete, review.is_counted, review.n_revisions) == (True, True, 1)
    assert [got.headers["X-Evalplatform-Event"] for got in hooks.got] == ["test"]
    assert WebhookDelivery.all_rows.get().state == "delivered"
    assert WebhookSubscription.all_rows.get().is_enabled is False
