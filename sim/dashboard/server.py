"""The server of the page: this machine alone unless told otherwise, and nothing fetched from elsewhere."""

from __future__ import annotations

import os
import secrets
import socket
from typing import Any

from sim.dashboard.settings import START
from sim.errors import bad_input

LOCAL = ("127.0.0.1", "localhost", "::1", "[::1]")
QUIET = {  # before solara is imported: its own banner, telemetry, reloading and outside assets are off
    "SOLARA_APP": "sim.dashboard.app", "SOLARA_MODE": "production", "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_THEME_SHOW_BANNER": "False", "SOLARA_THEME_TITLE": "compute-futures", "SOLARA_SERVER_HTTP_GZIP": "False",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False", "SOLARA_KERNEL_CULL_TIMEOUT": "20m", "SOLARA_KERNEL_MAX_COUNT": "40",
    "SOLARA_SESSION_SECRET_KEY": "", "SOLARA_PERFORM_CHECK": "False"}


def application(scenario: str, hosts: list[str]) -> Any:
    """The web application; ``hosts`` are the names under which it answers, "*" for any."""
    os.environ.update({**QUIET, START: scenario, "SOLARA_SESSION_SECRET_KEY": secrets.token_hex(16)})
    from solara.server.starlette import app
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return TrustedHostMiddleware(Readable(app), allowed_hosts=hosts)


class Readable:
    """Says in which language the page is and lets readers enlarge it, which solara's own template does not."""

    CHANGES = ((b"<html>", b'<html lang="en">'), (b", maximum-scale=1, user-scalable=no, minimal-ui", b""))

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; pages are changed as a whole, everything else goes through as it comes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def pass_on(message: Any) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                start.update(message)
            elif message["type"] == "http.response.body" and start:
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    await self._send(start, b"".join(parts), send)
            else:
                await send(message)

        await self.app(scope, receive, pass_on)

    async def _send(self, start: dict[str, Any], page: bytes, send: Any) -> None:
        for old, new in self.CHANGES:
            page = page.replace(old, new)
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
        await send({"type": "http.response.body", "body": page})


def _is_page(message: Any) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound already, so that a taken port is told at once. Raises BadInput where that fails."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)  # who calls before everything is loaded is answered then
    except OSError as error:
        found.close()
        raise bad_input(f"--host {host} --port {port}", f"cannot listen there: {error.strerror or error}; "
                                                        "another --port may be free") from None
    return found


def serve(scenario: str, listening: socket.socket, host: str) -> None:
    """Serve until stopped with Ctrl-C."""
    app = application(scenario, list(LOCAL) if host in LOCAL else ["*"])
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", ws_max_size=2**22, timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])
