"""End to end over a street grid in which most houses were not mailed: whom does the address match credit?"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python.conftest import load_files, ship_configuration

# the names lie close together on purpose: a slip in one may spell another
NAMES = (
    *(
        "Maple",
        "Marple",
        "Oakdale",
        "Oakvale",
        "Birchwood",
        "Beechwood",
        "Ashland",
        "Highland",
        "Westfield",
        "Wakefield",
    ),
    *(
        "Cedar Hill",
        "Elm",
        "Elmwood",
        "Washington",
        "Jefferson",
        "Madison",
        "Harrison",
        "Lincoln",
        "Franklin",
        "Monroe",
    ),
    *("Monroe", "Evergreen", "Prairie", "Lakeview", "Riverside", "Sunset", "Meadowbrook", "Chestnut", "Walnut"),
    *(
        "Sycamore",
        "Hawthorne",
        "Rosewood",
        "Brentwood",
        "Kingston",
        "Clinton",
        "Sheridan",
        "Sherman",
        "Fairmont",
        "Fairview",
    ),
    *("21st", "22nd", "Saint Paul", "Martin Luther King", "MacArthur", "O'Brien"),
)
TYPES = {"Street": "St", "Avenue": "Ave", "Road": "Rd", "Drive": "Dr", "Lane": "Ln", "Boulevard": "Blvd"}
DIRECTIONALS = {"North": "N", "South": "S", "East": "E", "West": "W", "": ""}
MAILED_SHARE, NEIGHBOURS_SHARE = 0.4, 0.5
NO_DIRECTIONAL, NO_TYPE, TYPO = 0.10, 0.15, 0.05
STREETS_PER_ZIP, HOUSES_PER_STREET = 20, 40
SAMPLE_ZIPS, LONG_ZIPS = 10, 60
PRECISION, RECALL = 0.9995, 0.97


@dataclass(frozen=True)
class House:
    """A house of the grid, or a flat in it."""

    number: int
    directional: str
    name: str
    street_type: str
    unit: str
    zip_code: str

    def mailed_line(self) -> str:
        """As the print house has it: complete and in standard form."""
        words = (str(self.number), DIRECTIONALS[self.directional], self.name, TYPES[self.street_type], self.unit)
        return " ".join(word for word in words if word).upper()


def grid(chance: random.Random, zips: int) -> Iterator[House]:
    """Every house of every street; a ZIP lies on one side of the city's axis, so all its directionals are one."""
    for zip_number in range(zips):
        directional = chance.choice(list(DIRECTIONALS))
        for name in chance.sample(NAMES, STREETS_PER_ZIP):
            street_type = chance.choice(list(TYPES))
            first = chance.randrange(100, 9_000, 100)
            for place in range(HOUSES_PER_STREET):
                house = House(first + place, directional, name, street_type, "", f"{60_000 + zip_number:05}")
                flats = chance.randint(2, 6) if chance.random() < 0.05 else 0
                yield from (replace(house, unit=f"Apt {flat + 1}") for flat in range(flats))
                if not flats:
                    yield house


def typed_line(chance: random.Random, house: House) -> str:
    """As a buyer types it: long or short forms, and with the faults that the shares above tell."""
    directional, street_type, name = house.directional, house.street_type, house.name
    if chance.random() < 0.5:
        directional, street_type = DIRECTIONALS[directional], TYPES[street_type]
    if chance.random() < NO_DIRECTIONAL:
        directional = ""
    if chance.random() < NO_TYPE:
        street_type = ""
    if chance.random() < TYPO:
        name = mistyped(chance, name)
    unit = house.unit.replace("Apt ", chance.choice(("Apt ", "#", "Unit ", "apt. "))) if house.unit else ""
    line = " ".join(word for word in (str(house.number), directional, name, street_type, unit) if word)
    return chance.choice((str, str.lower, str.upper))(line)


def mistyped(chance: random.Random, name: str) -> str:
    """A letter left out, doubled, exchanged for another, or turned round with the next."""
    letters = [place for place, letter in enumerate(name) if letter.isalpha() and place]
    place = chance.choice(letters)
    before, letter, after = name[:place], name[place], name[place + 1 :]
    faults: tuple[Callable[[], str], ...] = (
        lambda: before + after,
        lambda: before + letter + letter + after,
        lambda: before + chance.choice("aeiourstln") + after,
        lambda: before + after[:1] + letter + after[1:],
    )
    return chance.choice(faults)()


@dataclass(frozen=True)
class Linkage:
    """What the models credited: pairs of (the house that ordered, the house credited, or None)."""

    pairs: list[tuple[House, House | None]]
    mailed: frozenset[House]

    @property
    def precision(self) -> float:
        """Of the orders credited, the share credited to the house that ordered."""
        credited = [(ordered, house) for ordered, house in self.pairs if house is not None]
        return sum(ordered == house for ordered, house in credited) / len(credited)

    @property
    def recall(self) -> float:
        """Of the orders of houses that were mailed, the share credited to them."""
        theirs = [(ordered, house) for ordered, house in self.pairs if ordered in self.mailed]
        return sum(ordered == house for ordered, house in theirs) / len(theirs)


@pytest.fixture(scope="module")
def linkage(new_place: Callable[[str], Workspace], is_long: bool) -> Linkage:
    """A mailing, the orders of houses mailed and not mailed, and who was credited."""
    chance = random.Random(7)
    houses = list(grid(chance, LONG_ZIPS if is_long else SAMPLE_ZIPS))
    mailed = [house for house in houses if chance.random() < MAILED_SHARE]
    others = sorted(set(houses) - set(mailed), key=str)
    buyers = chance.sample(mailed, len(mailed) // 2) + chance.sample(others, int(len(mailed) * NEIGHBOURS_SHARE))
    place = new_place("grid")
    ship_configuration(place)
    with (place.config / "organizations.csv").open("a", encoding="utf-8") as file:
        file.write("grid,Grid,live,true,files,,,US,USD,UTC,,,\n")
    _write(place, "campaigns", "campaign_id,name,launched_at", ["mailing,Mailing,2026-01-01"])
    _write(
        place,
        "recipients",
        "campaign_id,recipient_id,created_at,is_holdout,sent_at,address1,postal_code",
        [f"mailing,{n},2026-01-01,false,2026-01-01,{one.mailed_line()},{one.zip_code}" for n, one in enumerate(mailed)],
    )
    _write(
        place,
        "orders",
        "order_id,ordered_at,currency,total_amount,ship_address1,ship_postal_code",
        [f"{n},2026-01-09,USD,50,{typed_line(chance, one)},{one.zip_code}" for n, one in enumerate(buyers)],
    )
    load_files(place)
    build(place, select="+int_match_candidates__address")
    with opened(place) as connection:
        credited = {
            int(order_id): mailed[int(recipient_id)]
            for order_id, recipient_id in connection.execute(
                "select order_id, recipient_id from intermediate.int_match_candidates__address "
                "where veto_reason is null"
            ).fetchall()
        }
    return Linkage([(house, credited.get(n)) for n, house in enumerate(buyers)], frozenset(mailed))


def _write(place: Workspace, entity: str, columns: str, rows: list[str]) -> None:
    folder = place.inbox / entity
    folder.mkdir(exist_ok=True)
    lines = [f"organization_id,{columns}", *(f"grid,{row}" for row in rows)]
    (folder / f"{entity}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.long
def test_neighbours_are_not_credited_and_few_buyers_are_missed(linkage: Linkage) -> None:
    print(f"\n{len(linkage.pairs)} orders: precision {linkage.precision:.5f}, recall {linkage.recall:.4f}")
    wrong = [
        f"{ordered.mailed_line()} {ordered.zip_code} was credited to {house.mailed_line()}"
        for ordered, house in linkage.pairs
        if house is not None and house != ordered
    ]
    assert linkage.precision >= PRECISION, "\n".join(wrong)
    assert linkage.recall >= RECALL
