"""The address key and the fuzzy tiers, beside what others do.

    python benchmarks/addresses.py keys  [--rows 1000000] [--memory 2GB] [--threads 1]
    python benchmarks/addresses.py tiers [--orders 1000000] [--mailed 20000000]

`keys` standardises generated American addresses: our models, the naive key (upper case, six regular expressions, the
ZIP behind it), and on a sample of the same addresses usaddress and scourgify (`pip install usaddress
usaddress-scourgify`; left out where they are missing). One core each, in one run. `tiers` matches orders that have no
equal key with mailed addresses, at tiers 2 to 5, on two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DBT = "from dbt.cli.main import cli; cli()"
KEY_MODELS = (
    *("int_address_vocabulary", "int_address_countries", "int_addresses__located", "int_addresses__punctuated"),
    *("int_addresses__worded", "int_addresses__folded", "int_address_words"),
    *("int_address_shapes__marked", "int_address_shapes__parted", "int_address_shapes", "int_address_parts"),
    *("int_address_parts__canonical", "int_addresses"),
)
TIER_MODELS = (
    *("int_address_pairs__exact", "int_address_blocks__same_unit", "int_address_blocks__one_unit"),
    *("int_address_pairs__tolerant", "int_address_pairs__city", "int_address_pairs__lowest"),
)
LIBRARY_SAMPLE = 20_000
# 10,000 street names: 100 beginnings, 100 endings
GENERATED = r"""
    select
        1 + hash(i) % 9999 || ' ' || (['N ', 'S. ', 'North ', '', ''])[1 + (hash(i + 1) % 5)::int]
        || substr('BraClaDorFinGraHolJunKelLinMarNorOakPerQuiRosSheTanUllVerWes', 1 + 3 * (hash(i + 2) % 20)::int, 3)
        || chr(97 + (hash(i + 3) % 26)::int) || (['ford', 'wood', 'ton', 'ley', 'mont'])[1 + (hash(i + 4) % 5)::int]
        || ([' Street', ' St.', ' Ave', ' Avenue', ' Blvd', ' Road', ' Drive'])[1 + (hash(i + 5) % 7)::int]
        || (['', '', ' Apt ' || hash(i + 6) % 99, ' #' || hash(i + 6) % 99])[1 + (hash(i + 7) % 4)::int] as address1,
        null::varchar as address2,
        'Springfield' as city,
        'IL' as region,
        lpad((hash(i + 8) % 40000)::varchar, 5, '0') as postal_code,
        'US' as country,
        md5(i::varchar) as address_id,
        'bench' as organization_id
    from range({rows}) as numbers (i)
"""
SIX_REPLACEMENTS = (
    *(("[^A-Z0-9# ]", ""), (r"\\bSTREET\\b", "ST"), (r"\\bAVENUE\\b", "AVE"), (r"\\bROAD\\b", "RD")),
    *((r"\\b(APARTMENT|APT|UNIT|SUITE|STE)\\b", "#"), (" +", " ")),
)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["keys", "tiers"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--mailed", type=int, default=20_000_000)
    parser.add_argument("--memory", default="2GB", help="what DuckDB may hold")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        project = Project(Path(home))
        if arguments.what == "keys":
            keys(project, arguments.rows, arguments.memory, arguments.threads)
        else:
            tiers(project, arguments.orders, arguments.mailed)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


class Project:
    """A database with the seeds, and the models' compiled SQL."""

    def __init__(self, home: Path) -> None:
        config = home / "config"
        config.mkdir()
        for name in ("organizations", "match_methods", "blackout_periods"):
            (config / f"{name}.csv").write_bytes((ROOT / "seeds" / "config" / f"{name}.csv").read_bytes())
        with (config / "organizations.csv").open("a", encoding="utf-8") as file:
            file.write("bench,Bench,live,true,files,,,US,USD,UTC,,,5\n")
        self.database = home / "matchback.duckdb"
        self.target = home / "target"
        self.environment = os.environ | {
            "MATCHBACK_HOME": str(home),
            "MATCHBACK_DATABASE": str(self.database),
            "MATCHBACK_CONFIG": str(config),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(home / "logs"),
        }
        self.dbt("build", "--select", "resource_type:seed", "int_organizations", "--exclude-resource-type", "unit_test")
        self.dbt("compile", "--select", "path:models/intermediate")

    def dbt(self, *arguments: str) -> None:
        """Runs dbt; what it says goes to the terminal when it fails."""
        command = [sys.executable, "-c", DBT, "--quiet", *arguments]
        subprocess.run(
            [*command, "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def opened(self, threads: int, memory: str) -> duckdb.DuckDBPyConnection:
        """A connection with the models' schema as default."""
        connection = duckdb.connect(str(self.database))
        connection.execute(f"set threads = {threads}")
        connection.execute(f"set memory_limit = '{memory}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("create schema if not exists intermediate")
        return connection

    def run(self, connection: duckdb.DuckDBPyConnection, model: str) -> float:
        """Makes a model as dbt does; the seconds it took."""
        manifest = json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))
        kind = manifest["nodes"][f"model.matchback.{model}"]["config"]["materialized"]
        [path] = (self.target / "compiled").rglob(f"{model}.sql")
        started = time.monotonic()
        connection.execute(f"create or replace {kind} intermediate.{model} as {path.read_text(encoding='utf-8')}")
        return time.monotonic() - started


def keys(project: Project, rows: int, memory: str, threads: int) -> None:
    """Times our key, the naive key and the libraries on the same addresses."""
    connection = project.opened(threads, memory)
    connection.execute(f"create or replace table intermediate.int_addresses__distinct as {GENERATED.format(rows=rows)}")
    naive = "upper(address1)"
    for pattern, replacement in SIX_REPLACEMENTS:
        naive = f"regexp_replace({naive}, '{pattern}', '{replacement}', 'g')".replace("\\\\", "\\")
    started = time.monotonic()
    connection.execute(
        "create or replace table intermediate.naive as "
        f"select address_id, {naive} || postal_code as key from intermediate.int_addresses__distinct"
    )
    naive_seconds = time.monotonic() - started
    parts = {model: project.run(connection, model) for model in KEY_MODELS}
    seconds = sum(parts.values())
    print(f"{rows:,} addresses, {threads} thread(s), DuckDB's memory limit {memory}")
    print(f"  naive key      {naive_seconds:8.1f} s  {rows / naive_seconds:12,.0f} a second")
    print(f"  our key        {seconds:8.1f} s  {rows / seconds:12,.0f} a second", end="")
    print(f"  ({naive_seconds / seconds:.2f} of the naive key's speed)")
    for model, one in parts.items():
        if one > seconds / 50:
            print(f"    {model:<30} {one:6.1f} s")
    sample = connection.execute(
        f"select address1, city, region, postal_code from intermediate.int_addresses__distinct limit {LIBRARY_SAMPLE}"
    ).fetchall()
    libraries(sample, rows / seconds)


def libraries(sample: list[tuple[str, str, str, str]], ours: float) -> None:
    """Times usaddress and scourgify, where they are installed."""
    try:
        import scourgify
        import usaddress
    except ImportError as error:
        print(f"  {error.name} is not installed: left out")
        return

    def tagged(line: str, city: str, region: str, zip_code: str) -> None:
        # what it gives up has cost its time as well
        with contextlib.suppress(usaddress.RepeatedLabelError):
            usaddress.tag(f"{line}, {city}, {region} {zip_code}")

    def normalised(line: str, city: str, region: str, zip_code: str) -> None:
        with contextlib.suppress(scourgify.exceptions.AddressNormalizationError):
            scourgify.normalize_address_record(f"{line}, {city}, {region} {zip_code}")

    for name, parse in (("usaddress", tagged), ("scourgify", normalised)):
        started = time.monotonic()
        for row in sample:
            parse(*row)
        speed = len(sample) / (time.monotonic() - started)
        print(f"  {name:<14} {'':10}  {speed:12,.0f} a second  (ours is {ours / speed:.1f} times as fast)")


def tiers(project: Project, orders: int, mailed: int) -> None:
    """Times tiers 2 to 5 for orders whose key nobody has."""
    connection = project.opened(2, "12GB")
    address = """
        'US' as address_country,
        lpad((hash(i) % 40000)::varchar, 5, '0') as address_postcode,
        'TOWN' || hash(i) % 40000 as address_city,
        (1 + hash(i + 1) % 999)::varchar as address_number,
        '' as address_unit,
        {directional} as address_predirectional,
        'STREET' || chr((65 + hash(i + 2) % 26)::int) || chr((65 + hash(i + 3) % 26)::int) as address_street_core,
        {street_type} as address_street_type,
        '' as address_postdirectional,
        null::bigint as address_range_start,
        null::bigint as address_range_end
    """
    keyed = """
        select
            *,
            address_country || '|' || address_postcode || '|' || address_number || '|' || address_unit || '|'
            || address_predirectional || address_street_core || address_street_type as address_key,
            address_key as address_identity,
            address_key || '@' || address_city as address_reading
        from ({select})
    """
    # an order of each twentieth mailed house, its directional left out: no key is equal
    complete = address.format(directional="'N'", street_type="'ST'")
    connection.execute(
        "create or replace table intermediate.int_campaign_addresses as "
        + keyed.format(
            select=f"select 'bench' as organization_id, 'mailing' as campaign_id, {complete}, 1::bigint as recipients "
            f"from range({mailed}) as numbers (i)"
        )
    )
    without = (
        address.format(directional="''", street_type="'ST'").replace("(i)", "(i * 20)").replace("(i +", "(i * 20 +")
    )
    connection.execute(
        "create or replace table intermediate.int_order_addresses as "
        + keyed.format(select=f"select 'bench' as organization_id, {without} from range({orders}) as numbers (i)")
    )
    seconds = {model: project.run(connection, model) for model in TIER_MODELS}
    print(f"{orders:,} unmatched orders, {mailed:,} mailed addresses, 2 threads: {sum(seconds.values()):.1f} s")
    for model, one in seconds.items():
        if one > 0.05:
            print(f"    {model:<30} {one:6.1f} s")
    for tier, pairs in connection.execute(
        "select match_tier, count(*) from intermediate.int_address_pairs__lowest group by match_tier order by 1"
    ).fetchall():
        print(f"  tier {tier}: {pairs:,} pairs")


if __name__ == "__main__":
    main()
