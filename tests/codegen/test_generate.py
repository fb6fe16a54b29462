"""From descriptions to modules that work."""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from codegen import description, output, params, resources, types
from codegen.align import align
from codegen.areas import AREAS, Area, Owners, closure, parts
from codegen.names import Namer
from codegen.naming import function_name, module_of, params_names, resource_classes, singular
from codegen.nodes import Object
from codegen.output import ROOT
from codegen.roots import requests, responses
from codegen.tables import HELPERS, names_file

from api_openai.core.json.codec import codec
from api_openai.core.json.model import Model
from api_openai.core.json.unknown_fields import HABITS

from .descriptions import (
    NUMBER,
    TEXT,
    answering,
    const,
    describe,
    drift,
    method,
    obj,
    param,
    ref,
)

SPEC = description.DEFAULT
needs_spec = pytest.mark.skipif(
    not (SPEC / "openapi.json").is_file(), reason=f"no API description in {SPEC}"
)

SCHEMAS = {
    "Thing": obj(
        "id kind",
        id=TEXT,
        kind=const("thing"),
        parts={"type": "array", "items": ref("Part")},
        **{"from": NUMBER, "a-b": TEXT, "2d": TEXT, "to_dict": TEXT, "list": TEXT},
        schema=TEXT,
        model_name=TEXT,
        model_ids=TEXT,
    ),
    "Part": {"oneOf": [ref("TextPart"), ref("ImagePart")]},
    "TextPart": obj("type text", type=const("text"), text=TEXT),
    "ImagePart": obj(
        "type", type={"type": "string", "enum": ["image", "photo"]}, of={"anyOf": [ref("Thing")]}
    ),
}
THINGS = describe(
    SCHEMAS,
    method(
        "things.create",
        "POST",
        "/things",
        param("name", required=True),
        param("part"),
        param("from_", "query"),
        answer="Thing",
    ),
    paths={
        ("POST", "/things"): answering(
            ref("Thing"), request=obj("name", name={**TEXT, "maxLength": 9}, part=ref("Part"))
        )
    },
)
AREA = [Area("things")]


def run(name: str, text: str) -> ModuleType:
    """Execute a generated module as a part of the library, which is what it imports from."""
    module = ModuleType(f"api_openai.core.api.types.{name}")
    module.__package__ = "api_openai.core.api.types"
    sys.modules[module.__name__] = module
    exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


@pytest.fixture
def things() -> Iterator[Any]:
    module = run("things", types.module(responses(THINGS, AREA), "things"))
    yield module
    del sys.modules[module.__name__]


def test_models_decode_and_encode(things: Any) -> None:
    document = b'{"id":"1","kind":"thing","parts":[{"type":"text","text":"a"},{"type":"photo"}]}'
    thing = msgspec.json.decode(document, type=things.Thing)
    assert [part.type for part in thing.parts] == ["text", "photo"]
    assert isinstance(thing.parts[1], things.ImagePart)
    assert msgspec.json.encode(thing) == document


def test_models_of_circles_resolve(things: Any) -> None:
    document = b'{"type":"image","of":{"id":"1","kind":"thing"}}'
    assert msgspec.json.decode(document, type=things.ImagePart).of.id == "1"


def test_fields_that_python_has_no_name_for_have_another(things: Any) -> None:
    document = {"id": "1", "kind": "x", "from": 3, "a-b": "c", "2d": "d", "to_dict": "e"}
    thing = codec(things.Thing).decode(msgspec.json.encode(document))
    assert (thing.from_, thing.a_b, thing.field_2d, thing.to_dict_) == (3, "c", "d", "e")
    assert thing.to_dict() == document


def test_fields_can_be_read_by_the_names_of_the_sdk_too(things: Any) -> None:
    given = {"id": "1", "kind": "x", "schema": "s", "model_name": "m"}
    thing = codec(things.Thing).decode(msgspec.json.encode(given))
    assert (thing.schema, thing.schema_, thing.run_model_name) == ("s", "s", "m")
    assert thing.api_model_ids is None
    assert "schema_" not in thing.to_dict()


def test_what_models_have_is_no_name_of_a_field() -> None:
    for name in dir(Model):
        if not name.startswith("_") and name not in HABITS:  # a field has a better claim to these
            assert types.identifier(name) == f"{name}_"


def test_params_take_models_where_they_stand_for_the_same() -> None:
    models = responses(THINGS, AREA)
    text = params.module(requests(THINGS, AREA), models, THINGS, "things")
    assert "class ThingCreateParams(Options, total=False):" in text
    assert "    name: Required[str]" in text
    assert '    """At most 9 characters."""' in text
    assert "things_models.Part" in text
    assert "class TextPartParam(TypedDict, total=False):" in text


def test_what_drifted_inside_a_body_is_in_the_parameters() -> None:
    body = obj(secret=obj("value", value=TEXT))
    create = method("things.create", "POST", "/things", param("secret"), answer="Part")
    operation = answering(ref("Part"), request=ref("Body"))
    changes = drift(fields={"after": {"required": False, "schema": NUMBER}}, optional="value")
    plan = requests(
        describe(
            {"Body": body, "Part": obj(x=TEXT)},
            create,
            paths={("POST", "/things"): operation},
            request_drift={"Body.secret": [changes]},
        ),
        AREA,
    )
    (secret,) = (shape for place, shape in plan.shapes.items() if place.endswith(":secret"))
    assert isinstance(secret, Object)
    assert [(each.name, each.required) for each in secret.fields] == [
        ("value", False),
        ("after", False),
    ]


def test_names_that_two_would_have_are_told_apart() -> None:
    schemas = {
        "A": obj(inner=obj(x=TEXT)),
        "B": obj(a_inner=obj(y=TEXT)),
        "AInner": obj(z=TEXT),
    }
    homes: dict[str, str] = dict.fromkeys(("AInner", "A.inner", "B.a_inner"), "area")
    namer = Namer(describe(schemas), "response", {})
    names, _ = namer.names(homes, homes, {"shared"}, {})
    assert names == {"AInner": "AInner", "A.inner": "AInner2", "B.a_inner": "BAInner"}


def test_equal_shapes_are_written_once() -> None:
    schemas = {
        "Answer": obj(one=ref("OneParam"), two=ref("One"), three=ref("Three")),
        "OneParam": obj("x", x=TEXT),
        "One": obj("x", x=TEXT),
        "Three": obj(x=TEXT),
    }
    area = method("things.get", "GET", "/things", answer="Answer")
    plan = responses(
        describe(schemas, area, paths={("GET", "/things"): answering(ref("Answer"))}), AREA
    )
    assert plan.same == {"OneParam": "One"}
    assert sorted(plan.names.values()) == ["Answer", "One", "Three"]


def test_a_type_lives_where_all_who_reach_it_may_import_from() -> None:
    areas = [Area("a"), Area("b", uses=("a",)), Area("c", uses=("b",)), Area("d")]
    owners = Owners(areas)
    assert owners.owner({"c"}) == "c"
    assert owners.owner({"a", "b", "c"}) == "a"
    assert owners.owner({"b", "c"}) == "b"
    assert owners.owner({"a", "d"}) == "shared"


def test_areas_do_not_use_each_other_in_circles() -> None:
    for part in (each for area in AREAS for each in parts(area)):
        assert part.name not in closure(part.name, AREAS)


@pytest.mark.parametrize(
    ("client", "module", "function"),
    [
        ("chat.completions.messages.list", "chat", "completions_messages_list"),
        ("files.list", "files", "list_"),
        ("beta.threads.runs.create", "beta_threads", "runs_create"),
        ("admin.organization.projects.users.list", "admin_organization_projects", "users_list"),
    ],
)
def test_modules_and_functions(client: str, module: str, function: str) -> None:
    assert (module_of(client), function_name(client)) == (module, function)


def test_parameters_are_named_after_the_resource_or_more_of_it() -> None:
    clients = ("chat.messages.list", "x.runs.list", "x.y.runs.list")
    found = params_names(describe({}, *(method(each, "GET", "/") for each in clients)))
    assert found["chat.messages.list"] == "MessageListParams"
    assert {found["x.runs.list"], found["x.y.runs.list"]} == {"XRunListParams", "YRunListParams"}


def test_resources_are_named_after_the_end_of_their_path() -> None:
    assert resource_classes(["a", "a.b", "a.c.b"]) == {"a": "A", "a.b": "AB", "a.c.b": "CB"}


@pytest.mark.parametrize(
    ("many", "one"), [("items", "item"), ("batches", "batch"), ("policies", "policy")]
)
def test_singular(many: str, one: str) -> None:
    assert singular(many) == one


def test_without_ruff_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("codegen.output.shutil.which", nowhere)
    with pytest.raises(SystemExit, match="ruff"):
        output.format_all({})


def test_the_disk_is_compared_and_brought_up_to_date(tmp_path: Path) -> None:
    files: Mapping[str, str] = {"core/api/types/a.py": "a = 1\n"}
    old = tmp_path / "core/api/types/old.py"
    old.parent.mkdir(parents=True)
    old.write_text("")
    assert output.changed(dict(files), tmp_path) == ["core/api/types/a.py", "core/api/types/old.py"]
    assert output.write(dict(files), tmp_path) == ["core/api/types/a.py", "core/api/types/old.py"]
    assert not old.exists()
    assert output.changed(dict(files), tmp_path) == []


@needs_spec
def test_regenerating_gives_no_difference() -> None:
    if output.ruff() is None:
        pytest.skip("generated code is formatted with ruff, which is not installed")
    files = output.format_all(output.generate(description.load(SPEC)))
    assert output.changed(files, ROOT) == []


@needs_spec
def test_the_whole_description_can_be_generated() -> None:
    whole = description.load(SPEC)
    areas = [Area(name) for name in dict.fromkeys(each.area for each in whole.methods)]
    files = output.generate(whole, areas)
    for path, text in files.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
    written = "".join(
        text for path, text in files.items() if path.startswith("core/api/operations")
    )
    assert written.count(" = Blueprint(") == len(whole.methods)
    assert sum(each.alias_of is None for each in whole.methods) == 388


@needs_spec
def test_the_table_of_names_is_what_the_sdk_says() -> None:
    sdk = pytest.importorskip("openai")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (pinned,) = (each for each in project["dependency-groups"]["bench"] if "openai" in each)
    if not pinned.endswith(f"=={sdk.__version__}"):
        pytest.skip(f"the table is of {pinned}, this is {sdk.__version__}")
    names, rows = align(description.load(SPEC, sessions=False))
    assert names == names_file()
    assert rows == json.loads(description.SESSIONS_FILE.read_text("utf-8"))


def test_resources_without_methods_have_a_place_in_the_tree() -> None:
    methods = [
        method("files.list", "GET", "/files"),
        method("beta.threads.create", "POST", "/threads"),
        method("beta.threads.runs.create", "POST", "/threads/{thread_id}/runs"),
    ]
    texts = resources.tree(methods)
    assert set(texts) == {"__init__", "beta"}
    assert "from .beta import Beta" in texts["__init__"]
    assert "from .beta_threads import Threads" in texts["beta"]


def test_methods_written_by_hand_come_from_a_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HELPERS, "things", "ThingHelpers")
    text = resources.module("things", [method("things.list", "GET", "/things")])
    assert "from ..helpers.things import ThingHelpers" in text
    assert "class Things(ThingHelpers[M]):" in text
