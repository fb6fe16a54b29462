"""Documents of the generic handlers: collections and single ones, by their paths."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..http.json_documents import Object


@dataclass(slots=True)
class Collection:
    """The objects below one path, such as `/threads/thread_1/messages`, the oldest first."""

    items: dict[str, Object] = field(default_factory=dict[str, Object])
    gone: set[str] = field(default_factory=set[str])
    """What was deleted here, and is not to be made up again."""
    invented: set[str] = field(default_factory=set[str])
    """What was made up, and then changed: nobody created it."""


@dataclass(slots=True)
class Objects:
    """All collections. `keep` bounds the objects of each: the oldest gives way."""

    keep: int = 10_000
    collections: dict[str, Collection] = field(default_factory=dict[str, Collection])
    singles: dict[str, Object] = field(default_factory=dict[str, Object])

    def of(self, path: str) -> dict[str, Object] | None:
        """Return the objects of a collection; None where nothing ever was."""
        found = self.collections.get(path)
        return None if found is None else found.items

    def get(self, path: str, name: str) -> Object | None:
        """Return one object, if it is there."""
        found = self.collections.get(path)
        return None if found is None else found.items.get(name)

    def is_real(self, path: str, name: str) -> bool:
        """Whether an object was created and not made up."""
        found = self.collections.get(path)
        return found is not None and name in found.items and name not in found.invented

    def is_gone(self, path: str, name: str) -> bool:
        """Whether an object was there and was deleted."""
        found = self.collections.get(path)
        return found is not None and name in found.gone

    def put(self, path: str, name: str, document: Object, *, created: bool = False) -> Object:
        """Remember an object, which has just been `created` or is one that there was before."""
        collection = self.collections.setdefault(path, Collection())
        if created:
            collection.invented.discard(name)
        elif name not in collection.items:
            collection.invented.add(name)
        while name not in collection.items and len(collection.items) >= self.keep:
            del collection.items[next(iter(collection.items))]
        collection.items[name] = document
        collection.gone.discard(name)
        return document

    def delete(self, path: str, name: str) -> None:
        """Forget an object, and all that is below it."""
        collection = self.collections.get(path)
        if collection is not None and collection.items.pop(name, None) is not None:
            collection.gone |= {name} - collection.invented
        for below in list(self._below(f"{path}/{name}/")):
            self.collections.pop(below, None)
            self.singles.pop(below, None)

    def _below(self, beginning: str) -> Iterator[str]:
        for path in (*self.collections, *self.singles):
            if path.startswith(beginning):
                yield path
