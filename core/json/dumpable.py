"""The methods by which objects become builtins or JSON, with the keywords known from pydantic."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from .dump import IncEx

__all__ = ["Dumpable", "Extent"]

Fallback: TypeAlias = Callable[[Any], Any] | None
Extent: TypeAlias = Literal["every", "set", "changed"]
"""Which fields are in a document: all; those that the server sent; those unlike their defaults."""


class Dumpable:
    """A mixin of structs, and of other objects that have a JSON document."""

    __slots__ = ()

    def _to_builtins(self, extent: Extent, fallback: Fallback = None) -> Any:
        """The object as builtins, by the names of the API."""
        from .encode import builtins

        return builtins(self, defaults=extent == "every", fallback=fallback)

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> dict[str, Any]:
        """Return the JSON object as builtins.

        A whole answer gives the server's document exactly. An object within one, or one made by
        hand, gives the fields that differ from their defaults, tags included.

        `use_api_names=False` names fields as attributes are. Values are those of JSON in every
        `mode`, and there is nothing to warn about.
        """
        return self.model_dump(
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def to_json(
        self,
        *,
        indent: int | None = None,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> str:
        """Return the JSON of `to_dict`, compact or indented by `indent` spaces."""
        return self.model_dump_json(
            indent=indent,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def model_dump(
        self,
        *,
        mode: Literal["json", "python"] | str = "python",
        include: "IncEx | None" = None,
        exclude: "IncEx | None" = None,
        context: Any = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        exclude_computed_fields: bool = False,
        round_trip: bool = False,
        warnings: bool | Literal["none", "warn", "error"] = True,
        fallback: Callable[[Any], Any] | None = None,
        serialize_as_any: bool = False,
        polymorphic_serialization: bool | None = None,
    ) -> dict[str, Any]:
        """Return the JSON object as builtins, with the keywords known from pydantic.

        Unlike in `to_dict`, fields that the server left out are there, as `None`, unless one of the
        `exclude_` keywords is given. Names are the server's; `by_alias=False` gives those of
        attributes (`async_`), and `include` and `exclude` know both. `fallback` is asked about
        values of objects made by hand that JSON has no form for.

        The others are taken and change nothing: values are those of JSON in every `mode`, subclasses
        are written whole, no field is computed, and there is nothing to warn about.
        """
        extent: Extent = "changed" if exclude_defaults else "set" if exclude_unset else "every"
        document: dict[str, Any] = self._to_builtins(extent, fallback)
        attributes = by_alias is False
        if include is None and exclude is None and not attributes:
            if not exclude_none:
                return document
            from .encode import without_none

            return without_none(document)  # type: ignore[no-any-return]
        from .dump import selected

        return selected(  # type: ignore[no-any-return]
            self, document, include, exclude, attributes=attributes, exclude_none=exclude_none
        )

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        ensure_ascii: bool = False,
        include: "IncEx | None" = None,
        exclude: "IncEx | None" = None,
        context: Any = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        exclude_computed_fields: bool = False,
        round_trip: bool = False,
        warnings: bool | Literal["none", "warn", "error"] = True,
        fallback: Callable[[Any], Any] | None = None,
        serialize_as_any: bool = False,
        polymorphic_serialization: bool | None = None,
    ) -> str:
        """Return the JSON of `model_dump`, compact or indented by `indent` spaces."""
        from .dump import json_of

        document = self.model_dump(
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            fallback=fallback,
        )
        return json_of(document, indent, ensure_ascii=ensure_ascii)
