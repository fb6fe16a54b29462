"""Finding one's way in schemas: what a schema amounts to, and what each place in it is called.

A place is the name of a schema, or a way into one: `Response.incomplete_details`, `Page.data[]` for
the items of a list, `X.labels{}` for the values of a map, `X.filter|2` for the third branch of a
union that has several without a name. `drift.json` and `names.json` speak of the same places.
"""

from collections.abc import Iterable, Iterator

from .description import Description, Schema

REF = "#/components/schemas/"


def inner(place: str, field: str) -> str:
    """The place of a field."""
    return f"{place}.{field}"


def ref_of(schema: Schema) -> str | None:
    """The name that a schema stands for, if it is nothing but a reference."""
    if "$ref" in schema:
        name: str = schema["$ref"]
        return name.removeprefix(REF)
    parts = [part for part in schema.get("allOf", ()) if set(part) - {"nullable", "title"}]
    if len(parts) == 1 and "properties" not in schema:
        return ref_of(parts[0])
    return None


def is_null(schema: Schema) -> bool:
    return schema.get("type") == "null"


def branches(place: str, schema: Schema) -> list[tuple[str, Schema]] | None:
    """The members of a union with their places, null included; of another schema `None`.

    A single member besides null stands at the place of the union itself.
    """
    members = schema.get("anyOf") or schema.get("oneOf")
    if members is None:
        return None
    others = sum(1 for each in members if not is_null(each))
    return [
        (place if others == 1 else f"{place}|{index}", each) for index, each in enumerate(members)
    ]


def options(description: Description, place: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Everything that a value may be, with places: references followed, unions taken apart."""
    name = ref_of(schema)
    if name is not None:
        yield from options(description, name, description.schemas[name])
        return
    found = branches(place, schema)
    if found is None:
        yield place, schema
        return
    for at, each in found:
        yield from options(description, at, each)


Property = tuple[str, Schema]
"""The place and the schema of a property; the place is where it is written down."""


def properties(description: Description, place: str, schema: Schema) -> dict[str, Property]:
    """The properties of an object, those of the schemas it is made of included.

    Of a union of objects, all of their properties. Of anything else none.
    """
    name = ref_of(schema)
    if name is not None:
        return properties(description, name, description.schemas[name])
    found: dict[str, Property] = {}
    for part in schema.get("allOf", ()):
        found |= properties(description, place, part)
    for union in ("anyOf", "oneOf"):
        found |= _of_members(description, place, schema.get(union, ()))
    own = schema.get("properties", {})
    return found | {key: (inner(place, key), each) for key, each in own.items()}


def _of_members(
    description: Description, place: str, members: Iterable[Schema]
) -> dict[str, Property]:
    """The properties of the members of a union; one that they differ in is a union itself."""
    found: dict[str, list[Property]] = {}
    for member in members:
        for key, (at, schema) in properties(description, place, member).items():
            known = found.setdefault(key, [])
            if all(schema != each for _, each in known):
                known.append((at, schema))
    return {
        key: known[0]
        if len(known) == 1
        else (inner(place, key), {"anyOf": [schema for _, schema in known]})
        for key, known in found.items()
    }


def flat(description: Description, schema: Schema) -> dict[str, Schema]:
    """`properties` without their places."""
    return {name: each for name, (_, each) in properties(description, "", schema).items()}


def required(description: Description, schema: Schema) -> set[str]:
    """The properties that an object must have."""
    name = ref_of(schema)
    if name is not None:
        return required(description, description.schemas[name])
    found = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        found |= required(description, part)
    for union in ("anyOf", "oneOf"):
        if members := [required(description, part) for part in schema.get(union, ())]:
            found |= members[0].intersection(*members[1:])
    return found


def consts(description: Description, schema: Schema) -> set[object] | None:
    """The values that a schema is limited to, without null; `None` if it is not limited."""
    found: set[object] = set()
    for _, each in options(description, "", schema):
        if "const" in each:
            found.add(each["const"])
        elif "enum" in each:
            found |= set(each["enum"])
        elif not is_null(each):
            return None
    return found - {None} or None
