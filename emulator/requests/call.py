"""`Call`, a request as handlers get it."""

from collections.abc import Mapping

import msgspec

from ..faults.scripted import Scripted
from ..http.forms import Blob
from ..http.request import RequestHead
from ..store.state import State


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was read to its end and routed, with the state that it is answered from."""

    head: RequestHead
    path: tuple[str, ...]
    """The values of the path's parameters."""
    document: dict[str, object]
    """The JSON body; empty where there was none."""
    state: State
    scripted: Scripted = Scripted()
    query: Mapping[str, object] = {}
    """The query as values, where its route is in the catalogue."""
    files: Mapping[str, list[Blob]] = {}
    """The files of a form, by the names of its parts."""
    is_form: bool = False
    """Whether the document came as a form, in which all values are texts."""
