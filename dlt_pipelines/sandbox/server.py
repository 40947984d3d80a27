"""Serves the stand-in providers and destinations, one path each, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from dlt_pipelines import console
from dlt_pipelines.sandbox import commercetools, klaviyo, odp, ometria, omnisend, shopify
from dlt_pipelines.sandbox.faults import Faults
from dlt_pipelines.sandbox.shop import Clock, Shop
from dlt_pipelines.sandbox.world import START, OrganizationWorld, build_world

HOST = "127.0.0.1"
APPS = {
    "klaviyo": klaviyo.klaviyo_app,
    "ometria": ometria.ometria_app,
    "shopify": shopify.shopify_app,
    "commercetools": commercetools.commercetools_app,
}
FAULT_SHARE = 0.1


@dataclass(frozen=True)
class Destinations:
    """The accounts that organizations have at the destinations, by organization.

    Attributes:
        odp: At ODP.
        omnisend: At Omnisend.
    """

    odp: dict[str, odp.OdpAccount]
    omnisend: dict[str, omnisend.OmnisendAccount]


def destinations_of(
    organization_ids: Iterable[str], faults_seed: int | None = None, share: float = FAULT_SHARE
) -> Destinations:
    """Empty accounts.

    Args:
        organization_ids: Whose.
        faults_seed: Makes them misbehave; None for good behaviour.
        share: Chance of each fault at each opportunity.
    """

    def faults(tool: str, place: int) -> Faults:
        return Faults(tool, 0 if faults_seed is None else faults_seed + place, 0.0 if faults_seed is None else share)

    names = list(organization_ids)
    return Destinations(
        odp={
            name: odp.OdpAccount(name, faults("odp", place), is_400_atomic=place % 2 == 0)
            for place, name in enumerate(names)
        },
        omnisend={name: omnisend.OmnisendAccount(name, faults("omnisend", place)) for place, name in enumerate(names)},
    )


def shops_of(
    world: Sequence[OrganizationWorld], clock: Clock | None = None, faults_seed: int | None = None
) -> list[Shop]:
    """A shop for each organization whose orders a provider serves.

    Args:
        world: The organizations.
        clock: Their time; None for the machine's.
        faults_seed: Makes them misbehave; None for good behaviour.
    """
    return [
        Shop(one, None if faults_seed is None else Faults(one.plan.provider, faults_seed + place, FAULT_SHARE), clock)
        for place, one in enumerate(world)
        if one.plan.provider in APPS
    ]


def sandbox_app(shops: Sequence[Shop], destinations: Destinations) -> Starlette:
    """All stand-ins in one ASGI application, each below its own path."""
    return Starlette(
        routes=[
            *(
                Mount(f"/{provider}", app([shop for shop in shops if shop.world.plan.provider == provider]))
                for provider, app in APPS.items()
            ),
            Mount("/odp", odp.odp_app(list(destinations.odp.values()))),
            Mount("/omnisend", omnisend.omnisend_app(list(destinations.omnisend.values()))),
        ]
    )


@contextlib.contextmanager
def running(
    world: Sequence[OrganizationWorld],
    shops: Sequence[Shop] | None = None,
    destinations: Destinations | None = None,
) -> Iterator[str]:
    """Serves the world on a free port while the context lasts.

    Args:
        world: The organizations.
        shops: Their shops; None for well-behaved ones.
        destinations: Their accounts at the destinations; None for empty, well-behaved ones.

    Yields:
        The base URL, without a path.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that say they are TCP
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        port = listener.getsockname()[1]
        accounts = destinations or destinations_of(one.plan.organization_id for one in world)
        server = _server(shops_of(world) if shops is None else shops, accounts, port)
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
        name = one.plan.organization_id
        own = {
            "klaviyo": {"base_url": f"{base_url}/klaviyo", "api_key": klaviyo.api_key(name)},
            "ometria": {
                "base_url": f"{base_url}/ometria",
                "api_key": ometria.api_key(name),
                # nothing is to be spared here
                "requests_per_second": "0",
            },
            "shopify": {
                "base_url": f"{base_url}/shopify/{name}",
                "client_id": name,
                "client_secret": shopify.client_secret(name),
            },
            "commercetools": {
                "base_url": f"{base_url}/commercetools",
                "auth_url": f"{base_url}/commercetools",
                "project_key": name,
                "client_id": name,
                "client_secret": commercetools.client_secret(name),
            },
        }.get(one.plan.provider)
        if own:
            prefix = f"SOURCES__{one.plan.provider.upper()}__{name.upper()}"
            variables |= {f"{prefix}__{setting.upper()}": value for setting, value in own.items()}
            variables[f"{prefix}__INITIAL_DATE"] = START.strftime("%Y-%m-%d")
    return variables


def destination_settings(organization_ids: Iterable[str], base_url: str) -> dict[str, str]:
    """The environment variables that point matchback at the served destinations."""
    variables: dict[str, str] = {}
    for name in organization_ids:
        for tool, key in (("odp", odp.api_key(name)), ("omnisend", omnisend.api_key(name))):
            prefix = f"DESTINATION__{tool.upper()}__{name.upper()}"
            variables[f"{prefix}__BASE_URL"] = f"{base_url}/{tool}"
            variables[f"{prefix}__API_KEY"] = key
            # nothing is to be spared here
            variables[f"{prefix}__REQUESTS_PER_SECOND"] = "0"
            variables[f"{prefix}__POLL_SECONDS"] = "0.05"
    return variables


def serve(port: int, scale: float, seed: int, faults_seed: int | None) -> None:
    """Serves a world until interrupted, and says how to point matchback at it."""
    world = build_world(seed, scale)
    console.line("Serving the stand-in providers. In another shell:")
    base_url, names = f"http://{HOST}:{port}", [one.plan.organization_id for one in world]
    for variable, value in (settings(world, base_url) | destination_settings(names, base_url)).items():
        console.line(f"  export {variable}={value}")
    if faults_seed is not None:
        console.line(f"They misbehave, by the seed {faults_seed}: about one request in ten meets a fault.")
    _server(shops_of(world, faults_seed=faults_seed), destinations_of(names, faults_seed), port).run()


def _server(shops: Sequence[Shop], destinations: Destinations, port: int) -> uvicorn.Server:
    app = sandbox_app(shops, destinations)
    return uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="critical", access_log=False))
