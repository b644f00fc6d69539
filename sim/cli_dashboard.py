"""The command that opens the dashboard: a page in the browser, served from this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from sim.errors import bad_input

PORT = 8765


def dashboard_options(parser: argparse.ArgumentParser) -> None:
    """What ``dashboard`` understands."""
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?", default="baseline",
                        help="what is shown first: a YAML file, or a shipped scenario (default: baseline)")
    parser.add_argument("--host", metavar="HOST", default="127.0.0.1",
                        help="address to listen on (default: 127.0.0.1, this machine alone)")
    parser.add_argument("--port", metavar="N", default=str(PORT), help=f"port (default: {PORT}; 0: any free one)")


def dashboard(options: argparse.Namespace) -> int:
    """Open a page on which a market is stepped, played and compared."""
    from sim.cli import FINE, load

    port = options.port
    if not port.isdecimal() or int(port) > 65_535:
        raise bad_input(f"--port {port}", "a whole number from 0 to 65,535 is expected")
    load(options.scenario, ())
    try:
        from sim.dashboard.server import listen, serve
    except ModuleNotFoundError as error:
        raise bad_input("dashboard", f"{error.name} is not installed; install the dashboard's own packages with "
                                     "`pip install 'compute-futures[ui]'`") from None
    socket = listen(options.host, int(port))
    where = "this machine alone" if options.host in ("127.0.0.1", "localhost", "::1") else \
        "anybody who can reach this machine; there is no password"
    shown = f"[{options.host}]" if ":" in options.host else options.host
    print(f"http://{shown}:{socket.getsockname()[1]}/   open to {where}; stop with Ctrl-C", file=sys.stderr, flush=True)
    serve(options.scenario, socket, options.host)
    return FINE


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"dashboard": dashboard_options}
