"""Which parts of the API are generated, and which of them may import which.

A type that one area alone reaches lives there. One that several reach lives in the area among them
that all the others use, and in `shared` where there is none. `uses` must not go in circles.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
    socket: str | None = None
    """A module of its own for what is said in sessions over a WebSocket, where it has these."""


AREAS: Final = (
    Area("chat"),
    Area("completions", uses=("chat",)),
    Area("responses", events="responses_events", socket="responses_socket"),
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
    Area("realtime", socket="realtime_socket"),
    Area("live", uses=("responses", "decisions"), socket="live_socket"),
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
    Area(
        "beta_responses",
        uses=("responses", "responses_events"),
        socket="beta_responses_socket",
    ),
    Area("beta_realtime", uses=("realtime",), socket="beta_realtime_socket"),
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
        self._uses = {part.name: closure(part.name, areas) for part in _all_parts(areas)}

    def owner(self, reached: set[str]) -> str:
        """Return the module of a type that the areas `reached` reach."""
        for name in sorted(reached):
            if all(name == other or name in self._uses[other] for other in reached):
                return name
        return SHARED


def parts(area: Area) -> list[Area]:
    """The area, and those of its streams and its sessions, where these are apart."""
    found = [area]
    for each in (area.events, area.socket):
        if each:
            found.append(Area(each, uses=(*(part.name for part in found), *area.uses)))
    return found


def _all_parts(areas: Sequence[Area]) -> Iterator[Area]:
    """The parts of all areas; sessions use what is said in those of the areas that theirs uses."""
    sockets = {area.name: area.socket for area in areas if area.socket}
    for area in areas:
        for part in parts(area):
            more = (sockets[each] for each in area.uses if each in sockets)
            yield replace(part, uses=(*part.uses, *more)) if part.name == area.socket else part


def closure(name: str, areas: Sequence[Area]) -> set[str]:
    """The areas that `name` uses, those that these use included."""
    direct = {part.name: part.uses for part in _all_parts(areas)}
    found: set[str] = set()
    waiting = [*direct[name]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += direct[each]
    return found
