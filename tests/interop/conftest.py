"""Which real programs are here; `make interop` brings those that are too large for each run."""

import os
from pathlib import Path

HOME = os.environ.get("EVALPLATFORM_INTEROP", "")

collect_ignore = [] if HOME else ["test_inspect_ai.py", "test_openai_evals.py", "test_promptfoo.py"]
if HOME and not (Path(HOME) / "node/node_modules").exists():
    collect_ignore.append("test_promptfoo.py")  # a machine without npm
