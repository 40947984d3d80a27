"""Peak memory of a command and all its children together, as the sum of their proportional set sizes.

    python benchmarks/peak_memory.py .venv/bin/matchback demo

Sampled ten times a second from /proc (Linux), so that pages shared between processes count once.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path


def family(root: int) -> list[int]:
    """A process and its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended between the listing and the look
        parents[int(stat.parent.name)] = int(fields[1])
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def proportional_set_size(process: int) -> int:
    """Memory of a process in KiB; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> int:
    """Runs the command and prints the peak."""
    process = subprocess.Popen(sys.argv[1:])
    peak = 0
    finished = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not finished.is_set():
            peak = max(peak, sum(map(proportional_set_size, family(process.pid))))
            time.sleep(0.1)

    sampler = threading.Thread(target=sample)
    sampler.start()
    code = process.wait()
    finished.set()
    sampler.join()
    print(f"peak memory: {peak / 1024:.0f} MiB", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
