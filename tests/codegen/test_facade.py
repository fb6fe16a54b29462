"""The facade: what the SDK exports is read off its source, and found among our types."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from codegen import counterparts, exports, facade
from codegen.areas import Area
from codegen.counterparts import Counterparts, Found, Made
from codegen.roots import requests, responses

from api_openai import _lazy

from .descriptions import TEXT, answering, const, describe, method, obj, param, ref

SOURCE: Mapping[str, str] = {
    "__init__.py": "from .shared import Color as Color\nfrom .cat import Cat as Cat, Sound as Sound\n",
    "shared/__init__.py": "from .color import Color as Color\n",
    "shared/color.py": (
        "from typing_extensions import Literal, TypeAlias\n"
        '__all__ = ["Color"]\n'
        'Color: TypeAlias = Literal["red", "blue"]\n'
    ),
    "cat.py": (
        "from typing import Dict, List, Optional, Union\n"
        "from ..models import BaseModel\n"
        "from . import shared\n"
        "from .paw import Paw, Claw as Claw\n"
        "class Sound(BaseModel): ...\n"
        "class Cat(BaseModel): ...\n"
        "Paws = List[Union[Paw, None]]\n"
        "Coat = Annotated[Dict[str, Optional[shared.Color]], Something()]\n"
        'Later: TypeAlias = Union["Cat", str]\n'
        "_private = Cat\n"
        "_T = TypeVar('_T')\n"
        "Plain = print\n"
    ),
    "paw.py": "class Paw: ...\nclass Claw: ...\n",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> exports.Exports:
    root = tmp_path_factory.mktemp("types")
    for path, text in SOURCE.items():
        Path(root, path).parent.mkdir(exist_ok=True)
        Path(root, path).write_text(text)
    return exports.read(root)


def test_exports_lead_to_definitions(found: exports.Exports) -> None:
    top = {"Color": "shared.color.Color", "Cat": "cat.Cat", "Sound": "cat.Sound"}
    assert found.packages == {"": top, "shared": {"Color": "shared.color.Color"}}


def test_modules_have_what_they_define_and_hand_on(found: exports.Exports) -> None:
    assert set(found.modules) == {"cat", "paw", "shared.color"}
    assert found.modules["cat"]["Claw"] == "paw.Claw"
    own = {name for name, target in found.modules["cat"].items() if not target}
    assert own == {"Sound", "Cat", "Paws", "Coat", "Later", "Plain"}


def test_aliases_are_expressions_over_definitions(found: exports.Exports) -> None:
    assert found.aliases == {
        "shared.color.Color": "Literal['red', 'blue']",
        "cat.Paws": "list[Union[paw.Paw, None]]",
        "cat.Coat": "dict[str, Optional[shared.color.Color]]",
        "cat.Later": "Union[cat.Cat, str]",
    }


SCHEMAS = {
    "Cat": obj("id kind", id=TEXT, kind=const("cat")) | {"x-sdk": "cats.cat.Cat"},
    "Dog": obj("id kind", id=TEXT, kind=const("dog")) | {"x-sdk": "cats.dog.Hound"},
}
PETS = describe(
    SCHEMAS,
    method(
        "cats.create", "POST", "/cats", param("name", required=True), answer="Cat", events="Cat"
    ),
    method("cats.dog", "GET", "/cats/dog", answer="Dog"),
    paths={
        ("POST", "/cats"): answering(ref("Cat"), request=obj("name", name=TEXT)),
        ("GET", "/cats/dog"): answering(ref("Dog")),
    },
)
FACTS = counterparts.Exports(
    packages={
        "": {"CatCreateParams": "cat_create_params.CatCreateParams", "Gone": "gone.Gone"},
        "shared": {},
        "shared_params": {},
        "cats": {"Cat": "cats.cat.Cat", "Hound": "cats.dog.Hound", "Pet": "cats.pet.Pet"},
    },
    modules={"cats.cat": {"Cat": ""}, "cats.pet": {"Pet": "", "Color": ""}},
    aliases={
        "cats.pet.Pet": "Union[cats.cat.Cat, cats.dog.Hound, None]",
        "cats.pet.Color": "Literal['red']",
        "cats.pet.Broken": "Union[cats.cat.Cat, gone.Gone]",
        "cats.kitten.Kitten": "cats.cat.Cat",
        "cats.ring.Ring": "list[cats.ring.Ring]",
    },
)
AREAS = (Area("cats"),)


@pytest.fixture
def of(monkeypatch: pytest.MonkeyPatch) -> Counterparts:
    monkeypatch.setattr(counterparts, "exports", lambda: FACTS)
    monkeypatch.setattr(facade, "exports", lambda: FACTS)
    return Counterparts(PETS, responses(PETS, AREAS), requests(PETS, AREAS))


def test_a_class_is_found_by_its_place(of: Counterparts) -> None:
    assert of.of("cats.cat.Cat") == Found("core.api.types.cats", "Cat")
    assert of.of("cats.kitten.Kitten") == Found("core.api.types.cats", "Cat")
    assert of.of("gone.Gone") is None


def test_parameters_are_found_by_the_method(of: Counterparts) -> None:
    params = Found("core.api.params.cats", "CatCreateParams")
    for name in ("CatCreateParams", "CatCreateParamsBase"):
        assert of.of(f"cat_create_params.{name}") == params
    streaming = of.of("cat_create_params.CatCreateParamsStreaming")
    assert isinstance(streaming, Made)
    assert (streaming.parts, streaming.stream) == ((params,), "Required[Literal[True]]")
    assert of.of("dog_create_params.DogCreateParams") is None


def test_an_alias_is_written_if_all_of_it_is_here(of: Counterparts) -> None:
    pet = of.of("cats.pet.Pet")
    assert isinstance(pet, Made)
    assert pet.text == "{0} | {1} | None"
    assert [part.module for part in pet.parts] == ["core.api.types.cats"] * 2
    assert of.of("cats.pet.Broken") is None
    assert of.of("cats.ring.Ring") is None


def test_a_module_is_a_line_that_is_read_back() -> None:
    long = {f"Part{n}": Found("core.api.params.cats", f"Tail{n}") for n in range(20)}
    names = {
        "CatToy": Found("core.api.types.cats", "Toy"),
        "CatToyBell": Found("core.api.types.cats", "CatToyBell"),
        "Bell": Found("types._aliases.cats_params", "CatToyBell"),
        "Plain": Found("core.structured.outcomes", "Plain"),
    }
    modules = {
        "cats.cat_toy": names,
        "cats.part": long,
        "dog": {"Dog": Found("core.api.types.dogs", "Dog")},
    }
    text = facade.modules_text(modules)
    assert "\ncat_toy: types.cats *=Toy *Bell; structured.outcomes Plain; " in text
    assert max(len(line) for line in text.splitlines()) <= 100
    found: dict[str, Any] = {}
    exec(text, found)
    assert set(found["MODULES"]) == {"", "cats"}
    for name, ours in modules.items():
        package, _, module = name.rpartition(".")
        line = _lazy.read_modules(found["MODULES"][package])[module]
        pairs = {
            theirs: Found(home, own or theirs)
            for home, listed in _lazy.read_homes(module, line).items()
            for theirs, _, own in (each.partition("=") for each in listed.split())
        }
        assert pairs == ours


def test_the_files(of: Counterparts) -> None:
    assert of
    models, taken = responses(PETS, AREAS), requests(PETS, AREAS)
    files = facade.files(PETS, AREAS, models, taken)
    cats = files["src/api_openai/types/cats/__init__.py"]
    assert "from ...core.api.types.cats import Cat as Cat" in cats
    assert "Pet: TypeAlias" not in cats
    assert "from ...types._aliases.cats import Pet as Pet" in cats
    aliases = files["src/api_openai/types/_aliases/cats.py"]
    assert "Pet: TypeAlias = cats.Cat | cats." in aliases
    modules = files["src/api_openai/types/_modules.py"]
    assert '"cats": """\ncat: types.cats *\npet: aliases.cats Color=*Color *\n"""' in modules
    assert "`Gone`" in facade.report(PETS, AREAS, models, taken)
