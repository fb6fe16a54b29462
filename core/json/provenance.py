"""Provenance of an answer (document, issues, head), carried by the object of the whole answer.

Such an object has a slot besides its fields: the bytes of its document, or a `Provenance` with the
issues met in decoding them and the head of the response. `meta` reads it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from .issues import Issue

if TYPE_CHECKING:
    from ..terms.http_message import Headers, ResponseHead
    from ..terms.rate_limits import RateLimits

__all__ = ["Carrier", "Meta", "Provenance", "attach", "hang", "meta", "provenance_of"]


class Provenance(msgspec.Struct, frozen=True):
    """Where a whole answer comes from: the document, what did not fit in it, the response's head."""

    raw: bytes | None = None
    issues: tuple[Issue, ...] = ()
    head: "ResponseHead | None" = None


class Carrier:
    """The slot of a root object. A mixin, because msgspec makes slots of fields only; it costs
    eight bytes where a `__dict__` would cost the garbage collector's header too."""

    __slots__ = ("_root",)

    if TYPE_CHECKING:  # msgspec evaluates the annotations of bases anew for every model
        _root: "bytes | Provenance"


hang: Final[Callable[[object, bytes | Provenance], None]] = vars(Carrier)["_root"].__set__
"""Put the bytes of its document, or a `Provenance`, on a `Model` or `Unknown`; frozen or not."""


def provenance_of(obj: object) -> Provenance:
    root: bytes | Provenance | None = getattr(obj, "_root", None)
    return Provenance(root) if isinstance(root, bytes) else root or Provenance()


def attach(obj: object, head: "ResponseHead") -> None:
    """Put the head of the response on `obj`, where that can carry one; nothing otherwise."""
    if isinstance(obj, Carrier):
        hang(obj, msgspec.structs.replace(provenance_of(obj), head=head))


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the answer that an object stands for; see `meta`."""

    raw: bytes | None = None
    """The document as the server sent it, after content decoding."""
    issues: tuple[Issue, ...] = ()
    """Where the document does not fit its type; at most 100."""
    status: int | None = None
    headers: "Headers | None" = None
    request_id: str | None = None
    rate_limits: "RateLimits | None" = None


def meta(obj: object) -> Meta:
    """Return what is known about the answer that `obj` stands for.

    Whole answers and single events of streams know it; objects within them, and objects made by
    hand, have nothing but the defaults.
    """
    root = provenance_of(obj)
    head = root.head
    if head is None:
        return Meta(raw=root.raw, issues=root.issues)
    from ..terms.rate_limits import RateLimits

    return Meta(
        raw=root.raw,
        issues=root.issues,
        status=head.status,
        headers=head.headers,
        request_id=head.headers.get("x-request-id"),
        rate_limits=RateLimits.of(head.headers),
    )
