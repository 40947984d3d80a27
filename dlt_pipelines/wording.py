"""How text of others is shown: cleaned, cut, and without what may be a person's."""

from __future__ import annotations

import re

LONGEST_FOREIGN, LONGEST_NAME = 300, 80
E_MAIL = re.compile(r"[^\s\"'<>,;:()]+@[^\s\"'<>,;:()]+")
# digits of a phone number or an account, with what may stand between them
NUMBER = re.compile(r"\+?\d[\d\s().-]{7,}\d")


def foreign(text: str, limit: int = LONGEST_FOREIGN) -> str:
    """A provider's or a tool's own words: on one line, printable, without e-mails and long numbers, and cut.

    Args:
        text: Whatever was answered.
        limit: The most characters.
    """
    # more than is shown, so that what is cut is no half of a number
    return NUMBER.sub("(number)", E_MAIL.sub("(e-mail)", _printable(text[: 4 * limit])))[:limit]


def shown(text: str, limit: int = LONGEST_NAME) -> str:
    """A name or an id, printable, and cut."""
    printable = _printable(text[: limit + 1])
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"


def _printable(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
