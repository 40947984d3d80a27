"""PostgreSQL with the hand-written script's SQL: indexed, analyzed, two processes a query, no log of writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from common import INPUTS, LEDGER, VERDICTS, hand_over

INDEXES = """
create index on recipients (email_key);
create index on recipients (campaign_id, address_identity);
create index on recipients (campaign_id, email_key);
create index on recipients (campaign_id, recipient_id);
create index on recipients (code_key);
create index on address_matches (address_reading);
create index on orders (order_id);
create index on orders (email_key);
create index on orders (address_reading);
analyze;
"""


def run(folder: Path) -> float:
    """Decides every order in a server of its own and returns the seconds that took."""
    binaries = Path(os.environ.get("POSTGRES_BIN") or Path(shutil.which("initdb") or "initdb").parent)
    data = Path(tempfile.mkdtemp(prefix="matchback-postgres-"))
    # the server refuses to run as root
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(data, user)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(data),
        "fsync": "off",
        "max_wal_size": "20GB",
        "shared_buffers": "2GB",
        "work_mem": "512MB",
        "maintenance_work_mem": "1GB",
        "jit": "off",
        "max_parallel_workers_per_gather": "1",
        "effective_cache_size": "6GB",
        "TimeZone": "UTC",
    }
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": data}
    subprocess.run([binaries / "initdb", "-D", data / "db", "-U", "bench", "--no-sync"], check=True, **quiet)
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([binaries / "postgres", "-D", data / "db", *flags], **quiet)
    client = ["psql", "-h", str(data), "-U", "bench", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"]
    try:
        for _ in range(100):
            if subprocess.run([*client, "-c", "select 1"], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        with duckdb.connect() as connection:
            for table in INPUTS:
                described = connection.execute(f"describe select * from '{folder / f'{table}.parquet'}'").fetchall()
                kinds = {"DOUBLE": "double precision"}
                columns = ", ".join(f"{name} {kinds.get(kind, kind)}" for name, kind, *_ in described)
                connection.execute(
                    f"copy (from '{folder / f'{table}.parquet'}') to '{data / f'{table}.csv'}' (header false)"
                )
                copy = f"\\copy {table} from '{data / f'{table}.csv'}' (format csv)"
                subprocess.run([*client, "-c", f"create unlogged table {table} ({columns})", "-c", copy], check=True)
                (data / f"{table}.csv").unlink()
        subprocess.run([*client, "-c", INDEXES], check=True)
        started = time.monotonic()
        subprocess.run([*client, "-f", str(Path(__file__).parent / "postgres.sql")], check=True)
        seconds = time.monotonic() - started
        with duckdb.connect() as connection:
            for table, names in (("ledger", LEDGER), ("verdicts", VERDICTS)):
                path = data / f"{table}.csv"
                subprocess.run([*client, "-c", f"\\copy {table} to '{path}' (format csv)"], check=True)
                types = ", ".join(f"'{name}': 'varchar'" for name in names)
                layout = "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"'"
                # an empty reason is quoted, no reason is not
                nulls = "nullstr = '', allow_quoted_nulls = false"
                connection.execute(
                    f"create table {table} as from read_csv('{path}', {layout}, {nulls}, columns = {{{types}}})"
                )
            hand_over(connection, folder, "postgres")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(data, ignore_errors=True)
    return seconds
