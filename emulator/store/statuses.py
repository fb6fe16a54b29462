"""Statuses of objects: each look at one takes it a step further, until nothing is left to do.

An object begins with the first status of its course. What belongs to a later step, as the time at
which it was completed, is not there before that step.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from ..fake_data import model_fields
from ..fake_data.instances import fits
from ..http.json_documents import Object, text
from .state import State

NOW: Final = object()
"""Stands for the time at which a step is taken."""


class StatusStep(NamedTuple):
    """A status, and what else it brings with it."""

    status: str
    facts: Mapping[str, object] = {}


Course = tuple[StatusStep, ...]

COURSES: Final[Mapping[str, Course]] = {
    "Batch": (
        StatusStep("validating"),
        StatusStep("in_progress", {"in_progress_at": NOW}),
        StatusStep("finalizing", {"finalizing_at": NOW}),
        StatusStep("completed", {"completed_at": NOW}),
    ),
    "FineTuningJob": (
        StatusStep("validating_files"),
        StatusStep("queued"),
        StatusStep("running", {"estimated_finish": NOW}),
        StatusStep("succeeded", {"finished_at": NOW, "trained_tokens": 1000}),
    ),
    "Video": (
        StatusStep("queued", {"progress": 0}),
        StatusStep("in_progress", {"progress": 50}),
        StatusStep("completed", {"progress": 100, "completed_at": NOW}),
    ),
    "VectorStore": (StatusStep("in_progress"), StatusStep("completed", {"last_active_at": NOW})),
    "VectorStoreFile": (StatusStep("in_progress", {"usage_bytes": 0}), StatusStep("completed")),
    "VectorStoreFileBatch": (StatusStep("in_progress"), StatusStep("completed")),
    "Run": (
        StatusStep("queued"),
        StatusStep("in_progress", {"started_at": NOW}),
        StatusStep("completed", {"completed_at": NOW}),
    ),
    "RunStep": (StatusStep("completed", {"completed_at": NOW}),),
    "Message": (StatusStep("completed", {"completed_at": NOW}),),
    "EvalRun": (StatusStep("queued"), StatusStep("in_progress"), StatusStep("completed")),
    "EvalRunOutputItem": (StatusStep("pass"),),
    "ContainerResource": (StatusStep("running"),),
    "AutomationInvocation": (StatusStep("queued"), StatusStep("completed")),
    "EnvironmentInfo": (StatusStep("pending"), StatusStep("ready")),
    "AgentSession": (StatusStep("in_progress"), StatusStep("idle")),
    "Turn": (StatusStep("completed", {"completed_at": NOW}),),
    "ExternalStorageConfiguration": (StatusStep("pending"), StatusStep("validated")),
    "Invite": (StatusStep("pending"),),
    "Upload": (StatusStep("pending"),),
    "Project": (StatusStep("active"),),
}
"""By the class of the answer."""

_ENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "cancel": ("cancelling", "cancelled"),
    "archive": ("archived",),
    "pause": ("paused",),
    "resume": ("running", "active"),
}
"""What an action makes of a status: the first that the object can have."""

_LEAVES: Final = {"cancelling": StatusStep("cancelled", {"cancelled_at": NOW})}


def course_of(cls: type[Any]) -> Course:
    """Return the steps of the objects of a class; none where they have no status, or keep it."""
    return COURSES.get(cls.__name__, ())


def begun(document: Object, cls: type[Any], now: int, *, at: int = 0) -> Object:
    """Return a new object as it is at one of the steps of its course (`-1`: the last)."""
    course = course_of(cls)
    if not course:
        return document
    at = range(len(course))[at]
    fields = {field.name: field for field in model_fields.fields(cls)}
    for step in course[at + 1 :]:
        for name in step.facts.keys() - course[at].facts.keys():
            field = fields.get(name)
            if field is not None and field.required and fits(field.plain, None):
                document[name] = None
            elif field is not None and not field.required:
                document.pop(name, None)
    for step in course[: at + 1]:
        _take(document, step, cls, now)
    return document


def advance(document: Object, cls: type[Any], state: State) -> bool:
    """Take an object one step further; whether there was one to take."""
    status = text(document.get("status"))
    following = _LEAVES.get(status)
    course = course_of(cls)
    for step, after in pairwise(course):
        if step.status == status:
            following = after
    if following is None:
        return False
    _take(document, following, cls, state.now())
    return True


def is_moving(document: Object, cls: type[Any]) -> bool:
    """Whether an object has not come to the end of its course."""
    status = text(document.get("status"))
    return status in _LEAVES or any(step.status == status for step in course_of(cls)[:-1])


def act(document: Object, cls: type[Any], action: str, state: State) -> None:
    """Do to an object what an action is named after."""
    for field in model_fields.fields(cls):
        if field.name == "status":
            known = model_fields.values(field.type)
            for value in _ENDS.get(action, ()):
                if value in known or not known:
                    _take(document, StatusStep(value, {f"{value}_at": NOW}), cls, state.now())
                    return


def _take(document: Object, step: StatusStep, cls: type[Any], now: int) -> None:
    fields = {field.name: field for field in model_fields.fields(cls)}
    for name, value in {"status": step.status, **step.facts}.items():
        field = fields.get(name)
        if field is None:
            continue
        fact = now if value is NOW else value
        if fits(field.plain, fact):
            document[name] = fact
