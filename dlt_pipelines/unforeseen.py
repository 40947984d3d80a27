"""Errors that nobody foresaw, in words."""

from __future__ import annotations

import os
import traceback
from pathlib import Path


def where(problem: BaseException) -> str:
    """Kind and place of an unforeseen error, without its text, which may quote a row.

    Of an error of the operating system also what it says of such errors (a full disk, missing rights).
    """
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    number = problem.errno if isinstance(problem, OSError) else None
    return f"{type(problem).__name__}{f' ({os.strerror(number)})' if number else ''}{place}"
