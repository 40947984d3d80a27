"""What is in the inbox: regular files by the folder they are in, and by name whatever is no such file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlt_pipelines.errors import InputFileError
from dlt_pipelines.sources.files.entities import ENTITIES, Entity
from dlt_pipelines.sources.files.reader import file_format, shown


@dataclass(frozen=True)
class InboxFile:
    """A file to be read.

    Attributes:
        entity: What its folder holds.
        path: Where it is.
        name: Its path below the inbox as the database keeps it, as `orders/may.csv`.
    """

    entity: Entity
    path: Path
    name: str


def inbox_files(inbox: Path, errors: list[InputFileError]) -> Iterator[InboxFile]:
    """Files of the entity folders in a fixed order, campaigns first.

    Nothing is opened: a pipe would wait for a writer, a device might never end.

    Args:
        inbox: The folder.
        errors: Gets a sentence for each thing that is no file of the inbox.
    """
    root = inbox.resolve()
    errors += [
        InputFileError(f"{shown(folder.name)}/: not a folder of the inbox; it knows {', '.join(ENTITIES)}.")
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder.name not in ENTITIES
    ]
    for folder_name, entity in ENTITIES.items():
        for path in sorted(_entries(root / folder_name, root, errors)):
            name = stored_name(path.relative_to(root))
            refusal = _refusal(path, root)
            if refusal is None:
                yield InboxFile(entity, path, name)
            else:
                errors.append(InputFileError(f"{shown(name)}: {refusal}"))


def stored_name(path: Path) -> str:
    r"""A path below the inbox as text that every database takes; two paths never have one name.

    A name may be of any bytes. Where they are no UTF-8, the folder is followed by `//`, which is in no path, the other
    bytes are `\xNN`, and a backslash is two.
    """
    name = path.as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        folder, _, rest = name.replace("\\", "\\\\").partition("/")
        return f"{folder}//{os.fsencode(rest).decode(errors='backslashreplace')}"
    return name


def holds(inbox: Path, name: str) -> bool:
    """Whether something of this stored name is in the inbox."""
    root = inbox.resolve()
    folder = root / name.partition("/")[0]
    return any(stored_name(path.relative_to(root)) == name for path in _entries(folder, root, []))


def _entries(folder: Path, root: Path, errors: list[InputFileError]) -> Iterator[Path]:
    """Everything below a folder but folders, and what is hidden; links are not followed."""
    if folder.is_symlink():
        # the folder of an entity itself
        yield folder
        return
    folders = [folder] if folder.is_dir() else []
    while folders:
        current = folders.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif not entry.name.startswith("."):
                        yield Path(entry.path)
        except OSError as error:
            name = shown(stored_name(current.relative_to(root)))
            errors.append(InputFileError(f"{name}/: the folder cannot be read ({error.strerror})."))


def _refusal(path: Path, root: Path) -> str | None:
    """Why something in the inbox is not read; None for a file to be read."""
    try:
        mode = path.stat().st_mode
        is_inside = Path(os.path.realpath(path, strict=True)).is_relative_to(root)
    except OSError as error:
        return f"it cannot be looked at ({error.strerror})."
    if not is_inside:
        return "it is a link that leads out of the inbox, so it is not followed; put a copy there."
    if stat.S_ISDIR(mode):
        return "it is a link to a folder, so it is not followed; what is in that folder is read where it is."
    if not stat.S_ISREG(mode):
        return "it is no regular file, so it is not read; take it out of the inbox."
    if file_format(path) is None:
        return "only .csv, .jsonl and .parquet files, or these with .gz, are read."
    return None
