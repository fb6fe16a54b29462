"""Which parts of the API are generated, and which of them may import which.

A type that one area alone reaches lives there. One that several reach lives in the area among them
that all the others use, and in `shared` where there is none. `uses` must not go in circles.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the API: a module of types, params, operations and resources each."""

    name: str
    """Its module; client paths begin with it, with dots for underscores."""
    uses: tuple[str, ...] = ()
    """The areas whose types its own may be made of."""
    events: str | None = None
    """A module of its own for what only streams are made of, where there is much of it: whoever
    does not stream need not import it."""


AREAS: Final = (
    Area("chat"),
    Area("completions", uses=("chat",)),
    Area("responses", events="responses_events"),
    Area("conversations", uses=("responses",)),
    Area("embeddings"),
    Area("audio"),
    Area("images"),
    Area("videos"),
    Area("files"),
    Area("uploads", uses=("files",)),
    Area("batches"),
    Area("models"),
    Area("moderations"),
    Area("realtime", uses=("responses",)),
    Area("live", uses=("responses",)),
    Area("vector_stores"),
    Area("fine_tuning", uses=("evals",)),
    Area("evals", uses=("responses",)),
    Area("containers"),
    Area("skills"),
    Area("webhooks"),
    Area("safety"),
    Area("decisions"),
    Area("content_provenance_checks"),
    Area("beta_assistants"),
    Area("beta_threads", uses=("beta_assistants",)),
    Area("beta_responses", uses=("responses", "responses_events")),
    Area("beta_realtime", uses=("realtime",)),
    Area("beta_chatkit"),
    Area("beta_agents", uses=("responses",)),
    Area("admin_organization_admin_api_keys"),
    Area("admin_organization_audit_logs"),
    Area("admin_organization_certificates"),
    Area("admin_organization_data_retention"),
    Area("admin_organization_external_keys"),
    Area("admin_organization_external_storage"),
    Area("admin_organization_groups"),
    Area("admin_organization_invites"),
    Area("admin_organization_projects"),
    Area("admin_organization_roles"),
    Area("admin_organization_spend_alerts"),
    Area("admin_organization_spend_limit"),
    Area("admin_organization_usage"),
    Area("admin_organization_users"),
    Area("admin_organization_workload_identity_providers"),
)
"""In the order in which the client shows them."""


class Owners:
    """Says in which module a type lives."""

    def __init__(self, areas: Iterable[Area]) -> None:
        areas = list(areas)
        self._uses = {
            part.name: closure(part.name, areas) for area in areas for part in parts(area)
        }

    def owner(self, reached: set[str]) -> str:
        """Return the module of a type that the areas `reached` reach."""
        for name in sorted(reached):
            if all(name == other or name in self._uses[other] for other in reached):
                return name
        return SHARED


def parts(area: Area) -> list[Area]:
    """The area, and the one of its streams, if that is apart."""
    return [area, Area(area.events, uses=(area.name, *area.uses))] if area.events else [area]


def closure(name: str, areas: Iterable[Area]) -> set[str]:
    """The areas that `name` uses, those that these use included."""
    direct = {part.name: part.uses for area in areas for part in parts(area)}
    found: set[str] = set()
    waiting = [*direct[name]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += direct[each]
    return found
