"""How messages, logs and the ledger word what came from outside: names, a tool's own words, errors nobody foresaw.

A message names brands, files, lines, columns and ids, never another value. What is shown of a name is short and
printable. Of what a tool or the database says, people's data and keys are masked.
"""

from __future__ import annotations

import os
import re
import traceback
import unicodedata
from collections.abc import Iterator
from pathlib import Path

LONGEST_NAME, LONGEST_WORDS = 80, 300
# what is read of a text before it is masked: a page of HTML or a whole payload takes no time
READ_AT_MOST = 10_000
CUT = "…"

# The runner of GitHub Actions takes `::name::` at the start of a line, and `##[name]` anywhere, for a command.
COMMAND_AT_START = re.compile(r"^(\s*)::", re.MULTILINE)
COMMAND_ANYWHERE = "##["

# what begins a formula, in any spreadsheet; some skip blanks before it
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
URL = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)(?:[^\s/?#]*@)?([^\s?#\"'<>]*)[^\s\"'<>]*", re.IGNORECASE)
QUERY = re.compile(r"\?[\w.\[\]%-]+=[^\s\"'<>]*")
AT = r"(?:@|\uff20|%40|\\u0040)"
E_MAIL = re.compile(rf"(?:\"[^\"]{{1,64}}\"|[^\s@<>\"'(),;]{{0,256}}){AT}[^\s@<>\"'(),;]+", re.IGNORECASE)
NUMBER = re.compile(r"\d{6,}|\+?\d(?:[\s().\-/]{0,3}\d){6,}")
KEYS = (
    re.compile(r"\b(?:bearer|basic|klaviyo-api-key)\s+\S+", re.IGNORECASE),
    re.compile(
        r"\b(?:api[_-]?key|access[_-]?token|client[_-]?secret|authorization|password|secret|token)[\"']?\s*[:=]\s*\S+",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:sk|pk|rk|shp[a-z]{2}|gh[a-z]|xox[a-z]|whsec)[_-][\w-]+|\beyJ[\w-]+(?:\.[\w-]+)*", re.IGNORECASE),
    re.compile(r"(?=[A-Za-z_]*\d)[A-Za-z0-9_]{24,}"),
)

# How an exception of DuckDB, or of Python, begins. Some kinds speak of names alone, never of rows.
ERROR = re.compile(r"(?:\b(?:[A-Z][A-Za-z-]*|of) )*\b\w*(?:Error|Exception): |\bUnhandled error while executing .*\n")
ERRORS_OF_NAMES = tuple(
    f"{kind}: "
    for kind in (
        *("Binder Error", "Catalog Error", "Parser Error", "Permission Error", "IO Error", "Out of Memory Error"),
        *("ImportError", "ModuleNotFoundError"),
    )
)
TYPE_OR_NUMBER = re.compile(r"\b[A-Z]+\(\d+(?:, ?\d+)?\)|(?<![\w.])[-+]?\d[\d.,]*(?:e[-+]?\d+)?\b", re.IGNORECASE)
QUOTED = re.compile(r"(?<!\w)['\"]")
TYPE = r"(?:DECIMAL\(\d+(?:, ?\d+)?\)|(?:U?(?:TINY|SMALL|BIG|HUGE)?INT\d*|DOUBLE|FLOAT|BOOL|DATE|TIME|TIMESTAMP)\b)"
QUOTED_TARGET = re.compile(rf"['\"]( to {TYPE}(?: when casting from source column \w+)?)")
TRACEBACK_LINE = re.compile(r'\s*(?:Traceback \(most recent call last\):|File "[^"]*", line \d+, in \S+)$')


def shown(text: object, limit: int = LONGEST_NAME) -> str:
    r"""The name of a brand, file, column or setting, or an id, as a message shows it.

    Args:
        text: The name; whatever it is, its text is taken.
        limit: The most characters of it; a longer one loses its middle.

    Returns:
        One line of printable characters. The others, line breaks and marks of writing direction among them, are
        escaped as Python escapes them (`\n`, `\u202e`).
    """
    return _cut(_without_commands(_escaped(_cut(str(text), limit))), limit)


def foreign(text: object, limit: int = LONGEST_WORDS) -> str:
    """The own words of a tool or a provider, without what they quote of people and keys.

    Args:
        text: What it says.
        limit: The most characters; longer words lose their end.

    Returns:
        One line of printable characters. URLs have lost user, query and fragment; e-mails, numbers of six or more
        digits, phone numbers and what looks like a key are masked.
    """
    words = _end_cut(str(text), READ_AT_MOST)
    visible = (character for character in words if unicodedata.category(character) != "Cf")
    plain = " ".join("".join(one if one.isprintable() else " " for one in visible).split())
    for key in KEYS:
        plain = key.sub("(key)", plain)
    plain = QUERY.sub("", URL.sub(r"\1\2", plain))
    plain = NUMBER.sub("(number)", E_MAIL.sub("(e-mail)", plain))
    plain = _without_commands(plain)
    return plain if len(plain) <= limit else plain[: limit - 1] + CUT


def cell_for_people(value: object) -> object:
    """A cell of a CSV that people open: a text that a spreadsheet would run as a formula begins with an apostrophe.

    Numbers, dates and empty cells stay as they are.
    """
    return (
        f"'{value}"
        if isinstance(value, str) and (value.startswith(FORMULA) or value.lstrip().startswith(FORMULA))
        else value
    )


def unforeseen(problem: BaseException) -> str:
    """Kind and place of an error that nobody foresaw, without its text, which may quote a row.

    Of an error of the operating system also what it says of all such errors (a full disk, missing rights).
    """
    number = problem.errno if isinstance(problem, OSError) else None
    kind = type(problem).__name__ + (f" ({os.strerror(number)})" if number else "")
    if not (places := traceback.extract_tb(problem.__traceback__)):
        return kind
    return f"{kind} in {Path(places[-1].filename).name}, line {places[-1].lineno}"


def frames(problem: BaseException) -> str:
    """The traceback of an error, and of those it came from, for a log: kinds and places, no texts and no values."""
    return "\n".join(
        f"{type(one).__name__}\n{''.join(traceback.format_tb(one.__traceback__)).rstrip()}"
        for one in reversed([*chain(problem)])
    )


def frames_of(printed: str) -> str:
    """A printed traceback without its errors' texts, for a log."""
    return "\n".join(line for line in printed.splitlines() if TRACEBACK_LINE.match(line))


def without_values(message: str) -> str:
    """What dbt or DuckDB says of a build, without the values that DuckDB quotes.

    Args:
        message: Several lines, perhaps: which model, then DuckDB's words.

    Returns:
        The message up to DuckDB's sentence. Of that one the kind, its words up to the first text that it quotes, and
        the type which that was to become; its numbers are masked. What speaks of names alone, a column that is missing
        for example, stays as it is.
    """
    error = ERROR.search(message)
    if error is None or error[0].endswith(ERRORS_OF_NAMES):
        return printable(message)
    sentence = message[error.end() :]
    if quoted := QUOTED.search(sentence):
        # a value may hold quotation marks and line breaks, so nobody knows where it ends
        target = QUOTED_TARGET.search(sentence, quoted.end())
        sentence = f"{sentence[: quoted.start()]}'{CUT}'{target[1] if target else ''}"
    sentence = TYPE_OR_NUMBER.sub(lambda found: found[0] if found[0][0].isalpha() else CUT, sentence)
    return printable(message[: error.end()]) + foreign(sentence.partition("\n")[0])


def printable(text: str) -> str:
    """A text of several lines as it can be printed or logged: other control characters are escaped, nothing is cut.

    No line of it is a command to the runner of GitHub Actions.
    """
    return _without_commands("\n".join(_escaped(line) for line in text.split("\n")))


def _escaped(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _without_commands(text: str) -> str:
    return COMMAND_AT_START.sub(r"\1\\::", text).replace(COMMAND_ANYWHERE, "##\\[")


def _cut(text: str, limit: int) -> str:
    """The text with its middle left out, where it is longer than the limit."""
    if len(text) <= limit:
        return text
    end = (limit - len(CUT)) // 3
    return f"{text[: limit - len(CUT) - end]}{CUT}{text[len(text) - end :]}"


def _end_cut(text: str, limit: int) -> str:
    """The text's beginning; a word that the limit would cut in two, and so hide from the masks, is left out."""
    return text if len(text) <= limit else f"{text[:limit].rpartition(' ')[0]}{CUT}"


def chain(problem: BaseException | None) -> Iterator[BaseException]:
    """An error, the one that it came from, and so on."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
