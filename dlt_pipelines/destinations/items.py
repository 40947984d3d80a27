"""What is sent, what is not, and what became of it: the vocabulary of publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """What the ledger says of an object at a destination; see `ops.publish_ledger`."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Item:
    """An object as it goes over the wire.

    Attributes:
        sync_key: The row's key.
        payload_hash: Of the row.
        body: JSON, UTF-8.
        match_id: What the destination's answers name it by, where they do.
    """

    sync_key: str
    payload_hash: str
    body: bytes
    match_id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not sent because the destination would refuse it.

    Attributes:
        sync_key: The row's key.
        payload_hash: Of the row.
        code: Why.
        pointer: Which field; None where it is none.
    """

    sync_key: str
    payload_hash: str
    code: str
    pointer: str | None = None


@dataclass(frozen=True)
class Request:
    """A request as it would be made.

    Attributes:
        method: Of HTTP.
        path: Below the host.
        body: JSON, UTF-8.
    """

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Batch:
    """Objects that go in one request.

    Attributes:
        batch_id: Later ones are greater, over all runs.
        entity: What they are.
        items: In order; no key twice.
        is_update: Whether the destination has them already and asks for another method then.
    """

    batch_id: str
    entity: str
    items: Sequence[Item]
    is_update: bool = False


@dataclass(frozen=True)
class Fault:
    """What a destination says against one object.

    Attributes:
        code: Why.
        message: In its words.
        pointer: Which field.
    """

    code: str
    message: str | None = None
    pointer: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a batch.

    Attributes:
        status: Of all its objects that `faults`, `again` and `updates` do not name; None where these name all.
        http_status: What was answered.
        remote_job_id: The destination's id of an asynchronous job, which is to be asked about.
        fault: Why, where the status is no good one.
        faults: Objects that were refused, by `sync_key`.
        again: Objects to be sent again at once, in the batches that they are to be sent in, for they were not taken.
        updates: Objects that are there already and are to be sent as updates.
    """

    status: Status | None
    http_status: int | None = None
    remote_job_id: str | None = None
    fault: Fault | None = None
    faults: Mapping[str, Fault] = field(default_factory=dict)
    again: Sequence[Sequence[Item]] = ()
    updates: Sequence[Item] = ()
