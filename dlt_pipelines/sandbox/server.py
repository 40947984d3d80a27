"""Serves the stand-in providers, one path each, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from dlt_pipelines import console
from dlt_pipelines.sandbox.klaviyo import api_key, klaviyo_app
from dlt_pipelines.sandbox.world import START, OrganizationWorld, build_world

HOST = "127.0.0.1"


def sandbox_app(world: Sequence[OrganizationWorld]) -> Starlette:
    """All stand-ins in one ASGI application, each below its own path."""
    return Starlette(routes=[Mount("/klaviyo", klaviyo_app(world))])


@contextlib.contextmanager
def running(world: Sequence[OrganizationWorld]) -> Iterator[str]:
    """Serves the world on a free port while the context lasts.

    Yields:
        The base URL, without a path.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that say they are TCP
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        port = listener.getsockname()[1]
        server = _server(world, port)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox could not be started")
            time.sleep(0.01)
        yield f"http://{HOST}:{port}"
        server.should_exit = True
        thread.join()


def settings(world: Sequence[OrganizationWorld], base_url: str) -> dict[str, str]:
    """The environment variables that point matchback at a served world."""
    variables: dict[str, str] = {}
    for one in world:
        if one.plan.provider == "klaviyo":
            prefix = f"SOURCES__KLAVIYO__{one.plan.organization_id.upper()}"
            variables |= {
                f"{prefix}__BASE_URL": f"{base_url}/klaviyo",
                f"{prefix}__API_KEY": api_key(one.plan.organization_id),
                f"{prefix}__INITIAL_DATE": START.strftime("%Y-%m-%d"),
            }
    return variables


def serve(port: int, scale: float, seed: int) -> None:
    """Serves a world until interrupted, and says how to point matchback at it."""
    world = build_world(seed, scale)
    console.line("Serving the stand-in providers. In another shell:")
    for variable, value in settings(world, f"http://{HOST}:{port}").items():
        console.line(f"  export {variable}={value}")
    _server(world, port).run()


def _server(world: Sequence[OrganizationWorld], port: int) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(sandbox_app(world), host=HOST, port=port, log_level="error", access_log=False))
