"""`python -m evalplatform.embedded`: `run` starts everything, `with-servers` one command."""

import argparse
import sys

from evalplatform.embedded.refusals import StartError
from evalplatform.embedded.stopping import Wishes


def main() -> int:
    """0 when stopped as asked; 1 and one clear line when something stands in the way."""
    parser = argparse.ArgumentParser(prog="python -m evalplatform.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="servers, web, worker and beat, until Ctrl-C")
    run.add_argument("--stop-with-parent", action="store_true", help="end when the caller ends")
    alone = commands.add_parser("with-servers", help="one command with servers of its own")
    alone.add_argument("words", nargs="+", metavar="COMMAND")
    options = parser.parse_args()
    try:
        if options.command == "run":
            wishes = Wishes()  # before the rest is loaded, which takes a while
            from evalplatform.embedded.supervisor import run as run_everything

            run_everything(wishes, stop_with_parent=options.stop_with_parent)
            return 0
        from evalplatform.embedded.borrowing import run_with_servers

        return run_with_servers(options.words)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
