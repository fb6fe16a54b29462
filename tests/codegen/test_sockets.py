"""Sessions over a WebSocket: what is said in them, and where its types go."""

from dataclasses import replace

from codegen import params
from codegen.additions import BETA_EVENTS
from codegen.areas import Area, Owners
from codegen.description import Description, Schema
from codegen.facts import events
from codegen.naming import module_of
from codegen.output import generate
from codegen.roots import requests, responses
from codegen.senders import files
from codegen.sockets import Socket, sockets

from .descriptions import NUMBER, TEXT, answering, const, describe, method, obj, param, ref

HEARD: Schema = {"anyOf": [ref("Began"), ref("Ended")]}
SAID: Schema = {"anyOf": [ref("Ask"), ref("Leave")]}
TALK = Socket(
    client="things.connect",
    names={"server": "ThingServerEvent", "client": "ThingClientEvent"},
    events={"server": HEARD, "client": SAID},
    kinds={"server": ["began", "ended"], "client": ["thing.ask", "thing.more.leave"]},
    query=obj("model", model=TEXT),
)
AREAS = [Area("things", socket="things_socket"), Area("others", uses=("things",))]
SCHEMAS = {
    "Thing": obj("id", id=TEXT, note=obj(text=TEXT)),
    "Began": obj("type thing", type=const("began"), thing=ref("Thing")),
    "Ended": obj("type why", type=const("ended"), why=obj(reason=TEXT)),
    "Ask": obj("type", type=const("thing.ask"), setting=ref("Setting")),
    "Leave": obj("type why", type=const("thing.more.leave"), why=TEXT),
    "Setting": obj(size=NUMBER),
}


def things() -> Description:
    create = method("things.create", "POST", "/things", param("setting"), answer="Thing")
    operation = answering(ref("Thing"), request=obj(setting=ref("Setting")))
    found = describe(SCHEMAS, create, paths={("POST", "/things"): operation})
    return replace(found, sockets=(TALK,))


def test_lists_of_events_make_unions() -> None:
    lists = {
        "live_server_events": [{"schema": "A", "type": "a"}, {"schema": "B", "type": "b"}],
        "responses_server_event": [{"schema": "A", "type": "a"}, {"schema": "Title", "type": "c"}],
    }
    union: Schema = {"anyOf": [ref("A"), obj("type", type=const("c"))]}
    schemas = {"A": obj(), "B": obj(), "ResponsesServerEvent": union}
    schemas |= dict.fromkeys(BETA_EVENTS.values(), obj())
    further = [{"type": "d", "schema": ref("D")}, {"type": "e", "schema": ref("E")}]
    extra: Schema = {
        "responses_server_events": {
            "schema": {"anyOf": [ref("D"), ref("E")], "discriminator": {}},
            "events": further,
        },
        "responses_client_events": {"schema": ref("F"), "events": [{"type": "f", "schema": {}}]},
    }
    rows = sockets({"components": {"schemas": schemas}}, {"x-events": extra}, lists)
    found = {each.client: each for each in rows}
    assert found["live.connect"].events["server"] == {"anyOf": [ref("A"), ref("B")]}
    assert found["live.connect"].names == {"server": "ServerEvent", "client": "ClientEvent"}
    responses = found["responses.connect"]
    assert responses.events["server"]["anyOf"] == [*union["anyOf"], ref("D"), ref("E")]
    assert responses.kinds == {"server": ["a", "c", "d", "e"], "client": ["f"]}
    assert responses.events["client"]["anyOf"][-1] == ref("F")
    query = found["beta.realtime.connect"].query
    assert (query["properties"], query["required"]) == ({"model": TEXT}, ["model"])
    assert module_of("beta.realtime.connect") == found["beta.realtime.connect"].area


def test_what_is_said_has_a_module_of_its_own() -> None:
    models = responses(things(), AREAS)
    homes = {models.names[place]: models.homes[place] for place in models.names}
    assert {name for name, home in homes.items() if home == "things"} == {"Thing", "ThingNote"}
    assert {name for name, home in homes.items() if home == "things_socket"} == {
        *("ThingServerEvent", "Began", "Ended", "EndedWhy"),
        *("ThingClientEvent", "Ask", "Leave", "Setting"),
    }
    assert models.tags["Began"].values == ("began",)
    assert '"things_socket:ThingServerEvent": ["began", "ended"]' in events(things(), models)


def test_what_a_client_says_is_a_parameter_too() -> None:
    description = things()
    models, taken = responses(description, AREAS), requests(description, AREAS)
    text = params.module(taken, models, description, "things_socket")
    assert "class AskParam(TypedDict, total=False):" in text
    assert "ThingClientEventParam: TypeAlias = AskParam | Given[things_socket_models.Ask]" in text
    assert "class ThingConnectParams(TypedDict, total=False):" in text
    assert "    model: Required[str]" in text
    assert "Began" not in text


def test_parameters_of_endpoints_load_nothing_of_sessions() -> None:
    description = things()
    text = params.module(
        requests(description, AREAS), responses(description, AREAS), description, "things"
    )
    assert "setting: SettingParam | Omit" in text
    assert "socket" not in text


def test_a_session_changes_no_name_of_an_endpoint() -> None:
    alike = {**SCHEMAS, "EndedNote": obj(text=TEXT)}
    alike["Ended"] = obj("type why", type=const("ended"), why=ref("EndedNote"))
    names = {"EndedNote": "things.ended_note.EndedNote"}
    alike["EndedNote"] = {**alike["EndedNote"], "x-sdk": names["EndedNote"]}
    models = responses(replace(things(), schemas=alike), AREAS)
    assert models.names["Thing.note"] == "ThingNote"
    assert models.names["EndedNote"] == "EndedNote"
    assert "Thing.note" not in models.same


def test_names_that_are_imported_are_taken() -> None:
    names = {"Thing": "things.thing.Note", "Ended.why": "things.ended.Note"}
    schemas = {**SCHEMAS, "Thing": {**SCHEMAS["Thing"], "x-sdk": names["Thing"]}}
    schemas["Why"] = {**obj(reason=TEXT), "x-sdk": names["Ended.why"]}
    schemas["Ended"] = obj("type why", type=const("ended"), why=ref("Why"))
    models = responses(replace(things(), schemas=schemas), AREAS)
    assert models.homes["Thing"] != models.homes["Why"]
    assert models.names["Thing"] != models.names["Why"]


def test_sessions_use_those_of_the_areas_that_theirs_uses() -> None:
    owners = Owners([Area("a", socket="a_socket"), Area("b", uses=("a",), socket="b_socket")])
    assert owners.owner({"a_socket", "b_socket"}) == "a_socket"
    assert owners.owner({"a", "b_socket"}) == "a"
    assert owners.owner({"b", "a_socket"}) == "shared"


def test_all_of_it_is_generated() -> None:
    files = generate(things(), AREAS)
    assert "core/api/types/things_socket.py" in files
    assert "core/api/params/things_socket.py" in files
    assert "socket" not in files["core/api/types/things.py"]
    assert "things_socket" in files["tests/facts/answers.json"]


def test_what_a_client_says_is_a_function_and_a_method() -> None:
    description = things()
    written = files(description, AREAS, responses(description, AREAS), requests(description, AREAS))
    said = written["core/api/client_events/things_socket.py"]
    assert "def ask(*, setting: SettingParam | things_socket_models.Setting | Omit = omit)" in said
    assert 'return {"type": "thing.ask", "setting": setting}' in said
    assert "def leave(*, why: str) -> Mapping[str, object]:" in said
    assert "Required: `why`." in said
    text = written["client/tree/sockets/things.py"]
    assert "from ....core.api.types.things_socket import ThingServerEvent" in text
    for line in (
        "class ThingsThingResource(Part[M]):",
        "    ask = EventMethod(things_socket.ask)",
        "    def more(self) -> ThingsThingMoreResource[M]:",
        "    leave = EventMethod(things_socket.leave)",
        "class ThingsConnection(SocketConnection[ThingServerEvent], _ThingsSenders[Sync]):",
        "class AsyncThingsConnectionManager(AsyncSocketManager[AsyncThingsConnection]):",
    ):
        assert line in text.splitlines()


def test_connections_are_in_the_module_of_their_resource() -> None:
    text = generate(things(), AREAS)["client/tree/resources/things.py"]
    assert "from ..sockets.things import ThingsConnection as ThingsConnection" in text
    assert "from ..sockets import things as sockets" in text
    assert "sockets" not in generate(things(), AREAS)["client/tree/resources/__init__.py"]
