"""Runs a script in the environment of the large readers, without a network."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("EVALPLATFORM_INTEROP", ""))

_OFFLINE = """
import json, sys

def refuse(event, args):
    inner = event == "socket.connect" and str(args[1]).find("127.0.0.1") >= 0
    if event in ("socket.connect", "socket.getaddrinfo") and not inner:
        raise RuntimeError(f"reached for the network: {event} {args}")

sys.addaudithook(refuse)
"""


def answered(script: str, directory: Path, *arguments: Path | str) -> Any:
    """What the script leaves as JSON in the file that its last argument names."""
    answer = directory / "answer.json"
    subprocess.run(
        [HOME / "python/bin/python", "-c", _OFFLINE + script, *arguments, answer],
        check=True, cwd=directory, env=os.environ | {"OPENAI_API_KEY": "none"},
    )  # fmt: skip
    return json.loads(answer.read_text("utf-8"))
