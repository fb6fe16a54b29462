"""Names for classes: the official SDK's where it has one, and one that says the place if not."""

import re
from collections.abc import Iterable, Mapping

from .description import Description, Side
from .naming import camel, singular
from .tables import OWN_NAMES, RESERVED, SOURCES, is_main, names_file


class Namer:
    """Chooses the names of one side's shapes."""

    def __init__(
        self,
        description: Description,
        side: Side,
        wanted: dict[str, str],
    ) -> None:
        self._schemas = description.schemas
        self._side: Side = side
        self._wanted = wanted

    def _classes(self, place: str) -> list[str]:
        """The SDK's classes for a place, as `module.Class`; what endpoints call it comes first."""
        for source in SOURCES:
            if place in (found := names_file()[source][self._side]):
                return found[place]
        own: str | None = self._schemas.get(place, {}).get("x-sdk")
        return [own] if own else []

    def sdk_name(self, place: str) -> str | None:
        """The name that the SDK has for a shape, if it has one alone, or one of a file's own."""
        own = self._wanted.get(place) or OWN_NAMES.get(place)
        if own is not None:
            return own
        classes = self._classes(place)
        if place in self._schemas:
            classes = [each for each in classes if is_main(each)] or classes
        names = list(dict.fromkeys(each.rpartition(".")[2] for each in classes))
        if len(names) == 1 or (names and any(is_main(each) for each in classes)):
            return names[0] if place not in names else place
        title = self._schemas.get(place, {}).get("title", "")
        if re.fullmatch(r"([A-Z][a-z]+){2,}", title) and place in self._schemas:
            return str(title)
        return None

    def default(self, place: str) -> str:
        """A name made of the place."""
        if "~" in place:
            whole, _, value = place.rpartition("~")
            name = self.sdk_name(whole) or self.default(whole)
            return f"{name}{_words(value)}" if value else name
        at, _, field = place.rpartition(".")
        if at:
            many = field.endswith("[]")
            word = singular(field[:-2]) if many else field.rstrip("{}")
            return f"{self.sdk_name(at) or self.default(at)}{_words(word)}"
        client, _, end = place.partition(":")
        name = "".join(_words(part) for part in re.split(r"[^A-Za-z0-9]+", client))
        if end:
            name += _words(end)
        if place not in self._schemas:
            return name
        if self._side == "response":
            return name.removesuffix("Param")
        return name if name.endswith(("Param", "Params")) else f"{name}Param"

    def _prefixed(self, place: str, name: str) -> str:
        """A name that is taken, with the main class of its file or its place in front of it."""
        classes = self._classes(place)
        if classes and place not in self._wanted:
            file = camel(classes[0].split(".")[-2])
            if not name.startswith(file):
                return f"{file}{name}"
        return self.default(place)

    def names(
        self,
        places: Iterable[str],
        homes: dict[str, str],
        shared: set[str],
        importers: Mapping[str, set[str]],
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Name `places`, and say which of them could not have the SDK's name.

        Names are unique in each module together with the shared ones, and with those of other
        modules that are imported there: `importers` are the modules that name a place. The SDK's
        come first, then those of classes alone in their file; within these the order is that of
        `places`.
        """
        places = list(places)
        taken: set[tuple[str, str]] = set()
        found: dict[str, str] = {}
        renamed: dict[str, str] = {}

        def free(place: str, name: str) -> bool:
            if name in RESERVED:
                return False
            if homes[place] in shared:
                return all(name != other for _, other in taken)
            return not any((each, name) in taken for each in {*scopes(place), *shared})

        def scopes(place: str) -> set[str]:
            return {homes[place], *importers.get(place, ())}

        def rank(place: str) -> int:
            if place in self._wanted:
                return 0
            main = any(is_main(each) for each in self._classes(place))
            return 1 if main and self.sdk_name(place) else 2

        for place in sorted(places, key=lambda p: (rank(p), homes[p] not in shared)):
            first = self.sdk_name(place)
            choices = [first] if first else []
            choices += [self.default(place)] if not first else []
            choices.append(self._prefixed(place, choices[0]))
            choices += [
                self.default(place),
                _words(place),
                *(f"{choices[0]}{n}" for n in range(2, 99)),
            ]
            name = next(each for each in choices if free(place, each))
            taken.update((each, name) for each in scopes(place))
            found[place] = name
            if first and name != first:
                renamed[place] = first
        return {place: found[place] for place in places}, renamed


def _words(text: str) -> str:
    """`input_items`, `inputItems` and `input.items` to `InputItems`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))
