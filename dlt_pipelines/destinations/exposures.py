"""What each tool gets, in which order and how often: the dbt exposures of the sync models, read as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from dlt_pipelines.config import PROJECT_ROOT
from dlt_pipelines.errors import ConfigurationError

EXPOSURES_FILE = PROJECT_ROOT / "models" / "exports" / "_exports__exposures.yml"


@dataclass(frozen=True)
class Publication:
    """An exposure.

    Attributes:
        tool: As in `publish_to`.
        label: The tool's name for people.
        owner: Who answers for it: name and e-mail.
        every_minutes: How often `matchback run` publishes; 0 is with each run.
        entities: The sync models without their prefix, in the order in which they are sent.
    """

    tool: str
    label: str
    owner: str
    every_minutes: float
    entities: tuple[str, ...]

    def model(self, entity: str) -> str:
        """The sync model of an entity."""
        return f"sync_{self.tool}__{entity}"


@cache
def publications() -> dict[str, Publication]:
    """The exposures that are published, by tool.

    Raises:
        ConfigurationError: An exposure names an entity whose model it does not depend on, or the other way round.
    """
    found = {}
    for exposure in yaml.safe_load(EXPOSURES_FILE.read_text(encoding="utf-8"))["exposures"]:
        settings, owner = exposure["config"]["meta"], exposure["owner"]
        one = Publication(
            tool=settings["tool"],
            label=exposure["label"],
            owner=f"{owner['name']} <{owner['email']}>",
            every_minutes=float(settings["every_minutes"]),
            entities=tuple(settings["entities"]),
        )
        if {f"ref('{one.model(entity)}')" for entity in one.entities} != set(exposure["depends_on"]):
            raise ConfigurationError(
                f"{EXPOSURES_FILE}: the entities of {exposure['name']} and the models it depends on are not the same."
            )
        found[one.tool] = one
    return found
