"""The commands as a person runs them: what they say when something is wrong, and that the rest is done."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest
from click.testing import CliRunner

from dlt_pipelines.build import build
from dlt_pipelines.cli import cli
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import OrganizationWorld, build_world
from tests.python import parsed
from tests.python.conftest import ship_configuration


@pytest.fixture(scope="module")
def world() -> list[OrganizationWorld]:
    return build_world(5, 0.02)


@pytest.fixture(scope="module")
def base_url(world: list[OrganizationWorld]) -> Iterator[str]:
    with server.running(world) as url:
        yield url


@pytest.fixture
def ready(place: Workspace, world: list[OrganizationWorld]) -> Workspace:
    """A workspace with the configuration and the files of both organizations."""
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    return place


def matchback(place: Workspace, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, without this machine's settings."""
    inherited = {name: value for name, value in os.environ.items() if "__" not in name}
    return subprocess.run(
        [sys.executable, "-c", parsed.MATCHBACK, *arguments],
        cwd=PROJECT_ROOT,
        env=inherited | place.environment() | settings,
        capture_output=True,
        text=True,
        timeout=900,
    )


def count(place: Workspace, table: str) -> int:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        found: int = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
        return found


def test_without_credentials_the_message_says_where_to_put_them_and_the_rest_is_loaded(ready: Workspace) -> None:
    done = matchback(ready, "load")
    assert done.returncode == 1
    assert "SOURCES__KLAVIYO__JUNIPER__API_KEY" in done.stderr
    assert "[sources.klaviyo.juniper]" in done.stderr
    assert "Traceback" not in done.stderr
    assert count(ready, "raw_files.orders") > 0


def test_a_wrong_key_is_named_but_not_shown(ready: Workspace, base_url: str, world: list[OrganizationWorld]) -> None:
    settings = server.settings(world, base_url) | {"SOURCES__KLAVIYO__JUNIPER__API_KEY": "pk_do_not_show"}
    done = matchback(ready, "load", **settings)
    assert done.returncode == 1
    assert "klaviyo of organization juniper: the key was refused (401)" in done.stderr
    assert "pk_do_not_show" not in done.stdout + done.stderr
    with pytest.raises(duckdb.CatalogException):
        count(ready, "raw_klaviyo.order_events")


def test_a_provider_that_is_down_is_named_and_a_later_load_makes_up_for_it(
    ready: Workspace, base_url: str, world: list[OrganizationWorld]
) -> None:
    settings = server.settings(world, base_url)
    down = settings | {"SOURCES__KLAVIYO__JUNIPER__BASE_URL": "http://127.0.0.1:9"}
    done = matchback(ready, "load", **down)
    assert done.returncode == 1
    assert "could not be reached (ConnectError)" in done.stderr
    assert matchback(ready, "load", **settings).returncode == 0
    assert count(ready, "raw_klaviyo.order_events") > 0


def test_an_unknown_provider_is_named_and_the_others_go_on(ready: Workspace) -> None:
    path = ready.config / "organizations.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",klaviyo,", ",klavyo,"), encoding="utf-8")
    done = matchback(ready, "load")
    assert done.returncode == 1
    assert "the provider 'klavyo' is unknown" in done.stderr
    assert count(ready, "raw_files.orders") > 0
    assert matchback(ready, "doctor").returncode == 1


def test_run_builds_in_spite_of_a_bad_file_and_says_which(ready: Workspace) -> None:
    path = ready.config / "organizations.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("juniper")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    (ready.inbox / "orders" / "late.csv").write_text("organization_id,order_id\nlarkfield,x\n", encoding="utf-8")
    log = "organization_id,campaign_id,recipient_id,sent_at\n"
    log += "larkfield,new_movers,X1,2026-08-01\nlarkfield,easter,X1,2026-08-01\nlarkfield,easter,X2,2026-08-01\n"
    (ready.inbox / "recipients" / "log.csv").write_text(log, encoding="utf-8")
    done = matchback(ready, "run")
    assert done.returncode == 1
    assert "orders/late.csv, line 1: the required column ordered_at is missing" in done.stderr
    assert count(ready, "marts.fct_order_attributions") > 0
    assert "2 recipients of 'easter' of organization larkfield wait: the campaign is in no file" in done.stdout
    assert "1 recipients of 'new_movers' of organization larkfield wait: no file of recipients/ gives" in done.stdout
    assert path.read_text(encoding="utf-8") == "\n".join(kept) + "\n", "the configuration is only read"


def test_an_unknown_column_is_named_and_the_file_is_loaded_without_it(ready: Workspace) -> None:
    header = "organization_id,campaign_id,recipient_id,shoe_size\n"
    (ready.inbox / "recipients" / "extra.csv").write_text(f"{header}larkfield,new_movers,C1,43\n", encoding="utf-8")
    done = matchback(ready, "load", "--source", "files")
    assert done.returncode == 1
    assert "recipients/extra.csv: unknown columns were kept out: 'shoe_size'" in done.stderr
    assert count(ready, "raw_files.recipients where file_name = 'recipients/extra.csv'") == 1


CONFIGURATIONS = {
    "a missing column": ("status,", "stat,", "line 1: the column status is missing"),
    "a wrong status": (",live,", ",alive,", "line 2: status is 'alive'"),
    "a wrong truth value": (",true,", ",si,", "line 2: sync_orders is 'si'"),
    "an organization twice": ("larkfield,Larkfield", "juniper,Larkfield", "'juniper' stands twice"),
    "two that settings cannot tell apart": ("larkfield,Lark", "Juniper,Lark", "has the settings' names of 'juniper'"),
    "an id that is no id": ("larkfield,Lark", "lark field,Lark", "line 3: organization_id is 'lark field'"),
}


@pytest.mark.parametrize(("old", "new", "message"), CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_a_wrong_configuration_is_named_by_file_and_line(old: str, new: str, message: str, ready: Workspace) -> None:
    path = ready.config / "organizations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = matchback(ready, "load")
    assert done.returncode == 1
    assert message in done.stderr
    assert str(path) in done.stderr


def test_a_wrong_row_leaves_its_own_brand_out_by_name_and_the_others_go_on(ready: Workspace) -> None:
    path = ready.config / "organizations.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        brands = list(csv.DictReader(lines))
    wrong = [
        brands[0] | {"organization_id": f"wrong{number}", "provider": "files"} | values
        for number, values in enumerate(
            (
                {"timezone": "Europe/Atlantis"},
                {"sync_orders": "si"},
                {"address_max_tier": "high"},
                {"global_holdout_share": "0,1"},
                {"organization_id": "twice"},
                {"organization_id": "twice"},
            )
        )
    ]
    larkfield = [brand for brand in brands if brand["organization_id"] == "larkfield"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*brands[0]])
        writer.writeheader()
        writer.writerows([*wrong, *larkfield])
    done = matchback(ready, "load", "--source", "files")
    assert done.returncode == 1
    for problem in ("timezone is 'Europe/Atlantis'", "sync_orders is 'si'", "'high'", "'0,1'", "'twice' stands twice"):
        assert done.stderr.count(problem) == 1
    assert count(ready, "raw_files.orders where organization_id = 'larkfield'") > 0
    build(ready, select="+dim_organizations")
    assert count(ready, "marts.dim_organizations where is_stale") == len(wrong) - 1


def test_commands_on_an_empty_workspace_say_what_to_do_first(place: Workspace) -> None:
    for arguments in (
        ["explain", "--organization", "a", "--order", "o"],
        ["mailing-list", "spring"],
        ["plan", "spring"],
    ):
        (place.config / "organizations.csv").write_text(
            "organization_id,name,status,sync_orders,provider,country,currency\n", encoding="utf-8"
        )
        done = matchback(place, *arguments)
        assert done.returncode == 1
        assert "Run `matchback run` first" in done.stderr


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "1e9", "big"])
@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_a_world_of_no_size_is_refused(command: str, scale: str) -> None:
    done = CliRunner().invoke(cli, [command, "--scale", scale])
    assert done.exit_code == 2
    assert "Invalid value for '--scale'" in done.output


def test_a_missing_configuration_is_named(place: Workspace) -> None:
    done = matchback(place, "load")
    assert done.returncode == 1
    assert "organizations.csv is not there" in done.stderr


def test_a_database_in_use_is_a_sentence(ready: Workspace) -> None:
    matchback(ready, "load", "--source", "files")
    with duckdb.connect(str(ready.database)):
        done = matchback(ready, "load")
    assert done.returncode == 75
    assert "is in use by another process" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_keeps_dbt_from_running_is_said_and_its_traceback_is_in_the_log(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship_configuration(place)
    monkeypatch.setenv("MATCHBACK_MEMORY_LIMIT", "plenty")
    with pytest.raises(MatchbackError) as raised:
        build(place)
    assert "Memory must have a number" in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert "Traceback" in (place.home / "logs" / "dbt.log").read_text(encoding="utf-8")


def test_a_value_that_ends_a_build_is_told_nowhere(place: Workspace) -> None:
    ship_configuration(place)
    with (place.config / "match_methods.csv").open("a", encoding="utf-8") as seed:
        seed.write("email,12 Main St,true,,\n")
    with pytest.raises(MatchbackError) as raised:
        build(place, select="match_methods")
    logged = (place.home / "logs" / "dbt.log").read_text(encoding="utf-8")
    for told in (str(raised.value), logged):
        assert "match_methods.csv, line 6: priority must be a whole number." in told
        assert "Main" not in told


def test_dbt_build_passes_on_an_empty_database_with_every_unit_test(place: Workspace) -> None:
    """What an analyst does who clones the repository and runs `dbt build`, before any load."""
    ship_configuration(place)
    environment = os.environ | place.environment()
    done = subprocess.run(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build", "--project-dir", str(PROJECT_ROOT)],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "ERROR=0" in done.stdout
    for name in ("organizations", "match_methods", "blackout_periods"):
        shipped = (PROJECT_ROOT / "seeds" / "config" / f"{name}.csv").read_bytes()
        assert (place.config / f"{name}.csv").read_bytes() == shipped, "dbt must not write into the configuration"
