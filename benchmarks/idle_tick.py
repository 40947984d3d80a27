"""An idle tick over many organizations: nothing new at any provider, requests excluded.

    python benchmarks/idle_tick.py [--organizations 300]

The organizations are spread over the four providers and served by the sandbox. After three loads (the first reads
everything, the second what its overlap shows again) the fourth is timed: every request is recorded, and the time spent
in requests is told apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Prints the seconds of a tick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organizations", type=int, default=300)
    count = parser.parse_args().organizations
    from dlt_pipelines.config import workspace
    from dlt_pipelines.load import load
    from dlt_pipelines.sandbox import server
    from dlt_pipelines.sandbox.files import write_configuration
    from dlt_pipelines.sandbox.world import HERON, JUNIPER, MARLOW, TAMARIND, build_world

    plans = [
        replace(plan, organization_id=f"org{number:03d}", campaigns=plan.campaigns[:1], strangers_orders=2_000)
        for number in range(count)
        for plan in [(JUNIPER, HERON, MARLOW, TAMARIND)[number % 4]]
    ]
    world = build_world(1, 0.01, plans)
    waited = Requests()
    with server.running(world) as base_url, tempfile.TemporaryDirectory() as home:
        os.environ |= server.settings(world, base_url)
        os.environ |= {"MATCHBACK_HOME": home, "MATCHBACK_CONFIG": f"{home}/config"}
        place = workspace().create()
        write_configuration(place.config, world)
        for _ in range(3):
            assert not load(place).errors
        with waited:
            started = time.monotonic()
            report = load(place)
            seconds = time.monotonic() - started
    assert not report.errors
    assert report.rows_new == 0
    rows = sum(one.rows_read for one in report.records)
    print(f"{count} organizations, {waited.count:,} requests, {rows:,} rows read again")
    idle = seconds - waited.busy
    print(f"tick {seconds:.1f} s, of which some request was under way for {waited.busy:.1f} s: {idle:.1f} s without")


class Requests:
    """Counts requests, and the time during which at least one was under way."""

    def __init__(self) -> None:
        self.count, self.busy = 0, 0.0
        self._under_way, self._since = 0, 0.0
        self._lock = threading.Lock()
        self._send = httpx.Client.send

    def __enter__(self) -> None:
        def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            with self._lock:
                self.count += 1
                if not self._under_way:
                    self._since = time.monotonic()
                self._under_way += 1
            try:
                return self._send(client, request, **options)
            finally:
                with self._lock:
                    self._under_way -= 1
                    if not self._under_way:
                        self.busy += time.monotonic() - self._since

        httpx.Client.send = send  # type: ignore[method-assign, assignment]

    def __exit__(self, *_error: object) -> None:
        httpx.Client.send = self._send  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
