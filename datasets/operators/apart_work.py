"""The process behind `apart`: reads a question, answers it, reads the next, and ends with its
parent.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from multiprocessing.connection import Connection

from datasets.operators import patterns, schemas, yaml_outputs
from datasets.operators.operator import OperatorError

WORK = {
    "regex": patterns.search,
    "matches_json_schema": schemas.validate,
    "valid_yaml": yaml_outputs.parse,
}
MEMORY = 2 << 30
_ORPHAN_SECONDS = 10.0  # of the processor's time, for a question whose asker died
_FRAMES = 4_000


def answer(slug: str, output: str, criteria: str) -> tuple[str, str]:
    """The reason why the output fails ("" = it passes), and the reason why nobody can say."""
    try:
        return WORK[slug](output, criteria), ""
    except OperatorError as error:
        return "", str(error)
    except MemoryError:
        return "", "This check needs more memory than one check may take. Simplify its criteria."


def main(line: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent says when it ends
    sys.setrecursionlimit(_FRAMES)
    line.send_bytes(b"ready")
    while True:
        try:
            question = json.loads(line.recv_bytes())
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_PROF, _ORPHAN_SECONDS)  # SIGPROF, unhandled, ends it
        said = json.dumps(answer(*question)).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        line.send_bytes(said)


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
