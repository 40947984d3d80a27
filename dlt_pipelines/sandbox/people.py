"""Invented names and addresses. Any likeness is chance; e-mails use the domains reserved for examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FIRST_NAMES = (
    "Ada Alma Anders Ansel Beatrix Bram Calla Cato Cleo Cosmo Dara Dorian Edda Elio Esme Fenn Flora Gideon Greta "
    "Hale Hattie Idris Ilse Iona Jonas Juno Kasper Kit Lark Leif Lior Mabel Magnus Mira Nell Nico Odile Orla Otis "
    "Petra Quill Rhea Roan Sable Sela Soren Tamsin Thea Ulla Vera Viggo Wren Xanthe Yara Zeno"
).split()
LAST_NAMES = (
    "Abbotsway Alderman Ashdown Barrowby Beckwith Bellamy Birchall Brightwater Calloway Carraway Coldstream Copperton "
    "Dalloway Darkwood Eastlake Elderberry Fairbrook Fallowfield Fernsby Goodfellow Greywick Hallowell Hartigan "
    "Hollybush Ironwood Juniperus Kettlewell Larkspur Lindqvist Longacre Marchbanks Merriweather Moorcroft "
    "Nightingale Oakhurst Overbury Penhallow Pennywhistle Quillfeather Ravenscroft Rosewarne Sallowfield Silverton "
    "Stonebridge Tanglewood Thistlewood Underhay Vanterpool Wainwright Whitlock Winterbourne Yarrowby"
).split()
# names that no vocabulary of street words knows
STREET_NAMES = (
    "Acorn Ambleside Aspenwood Barleycorn Bluebell Bramblewood Buttercup Candlewick Chestnut Cinnamon Clementine "
    "Cloverdale Cobblestone Dandelion Driftwood Elmhurst Featherstone Firefly Foxglove Gingerbread Goldfinch "
    "Hazelnut Heatherwood Honeysuckle Hummingbird Ivywood Jasmine Kestrel Kingfisher Lavender Lilac Lupine "
    "Magnolia Maplewood Marigold Meadowlark Mistletoe Mulberry Nutmeg Oleander Partridge Peppermint Periwinkle "
    "Poppyseed Primrose Quicksilver Rosemary Saffron Sandpiper Snowdrop Sparrowhawk Starling Sunflower Sycamore "
    "Tangerine Thimbleberry Thistledown Tumbleweed Violet Walnut Whippoorwill Wildflower Willowbank Wisteria"
).split()

US_STREET_TYPES = [("Street", "St", "St."), ("Avenue", "Ave", "Ave."), ("Road", "Rd", "Rd."), ("Lane", "Ln", "Ln.")]
UK_STREET_TYPES = [("Street", "St", "St."), ("Road", "Rd", "Rd."), ("Lane", "Ln", "Lane"), ("Close", "Cl", "Close")]
US_DIRECTIONS = [("", "", ""), ("North", "N", "N."), ("East", "E", "E."), ("", "", "")]
US_PLACES = [
    ("Alderbrook", "OR", "97001"),
    ("Brightwater", "NC", "27006"),
    ("Cedarhaven", "OH", "43001"),
    ("Dunmoor", "TX", "75001"),
    ("Eastmere", "MA", "02108"),
    ("Fernhollow", "IL", "60601"),
]
UK_PLACES = [
    ("Ambermouth", "", "AM1 2QD"),
    ("Bexholme", "", "BX4 7RT"),
    ("Caldersea", "", "CS10 9WP"),
    ("Dovebridge", "", "DV6 3LH"),
]
NUMBERS = 900


@dataclass(frozen=True)
class Address:
    """A postal address as its parts; `written` spells it in one of several ways that mean the same."""

    country: str
    number: int
    direction: int
    street: str
    street_type: int
    unit: int
    city: str
    region: str
    postal_code: str

    def written(self, style: int) -> dict[str, str]:
        """The address as somebody might write it.

        Args:
            style: 0 for the tidy form of a mail file; any other number picks abbreviations, case, the place of
                the unit and the form of the postcode, and now and then leaves the street type out.

        Returns:
            address1, address2, city, region, postal_code and country.
        """
        form = style % 3
        types = US_STREET_TYPES if self.country == "US" else UK_STREET_TYPES
        direction = US_DIRECTIONS[self.direction][form] if self.country == "US" else ""
        street_type = "" if style % 11 == 10 else types[self.street_type][form]
        street = " ".join(part for part in (direction, self.street, street_type) if part)
        line1, line2 = f"{self.number} {street}", ""
        if self.unit and self.country == "US":
            unit = (f"Apt {self.unit}", f"#{self.unit}", f"Apartment {self.unit}")[form]
            line1, line2 = (f"{line1}, {unit}", "") if style % 2 else (line1, unit)
        elif self.unit:
            flat = (f"Flat {self.unit}", f"flat {self.unit}", f"Apartment {self.unit}")[form]
            line1, line2 = (f"{flat}, {line1}", "") if style % 2 else (flat, line1)
        if style % 5 == 4:
            line1 = line1.upper()
        if style % 7 == 6:
            line1 = line1.replace(" ", "  ", 1)
        return {
            "address1": line1,
            "address2": line2,
            "city": self.city.upper() if style % 5 == 4 else self.city,
            "region": self.region,
            "postal_code": self._postal_code(style),
            "country": self.country,
        }

    def _postal_code(self, style: int) -> str:
        if self.country == "GB":
            return (self.postal_code, self.postal_code.replace(" ", ""), self.postal_code.lower())[style % 3]
        # a spreadsheet drops the leading zero; the post office adds four digits
        return (self.postal_code, str(int(self.postal_code)), f"{self.postal_code}-0001")[style % 3]


def addresses(country: str, households: int, random: np.random.Generator) -> list[Address]:
    """A different address for each household."""
    places = US_PLACES if country == "US" else UK_PLACES
    streets = len(STREET_NAMES)
    per_place = NUMBERS * streets
    if households > per_place * len(places):
        raise ValueError(f"only {per_place * len(places)} different addresses exist; lower the scale")
    picked = random.permutation(per_place * len(places))[:households]
    directions, types = random.integers(0, 4, households), random.integers(0, 4, households)
    units = np.where(random.random(households) < 0.25, random.integers(1, 40, households), 0)
    return [
        Address(
            country,
            int(number % NUMBERS) + 1,
            int(direction),
            STREET_NAMES[int(number // NUMBERS) % streets],
            int(street_type),
            int(unit),
            *places[int(number // per_place)],
        )
        for number, direction, street_type, unit in zip(picked, directions, types, units, strict=True)
    ]
