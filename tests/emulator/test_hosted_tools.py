"""Tools that the API has of its own, and what models that reason give before an answer."""

from typing import Any

import pytest

from api_openai import BadRequestError, Client
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import CallFunction, Say
from api_openai.emulator.http.json_documents import Object, member, objects, text

from .peer import Answer, ask, decoded

WEATHER: Object = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
SEARCH: Object = {"type": "web_search"}
PICTURE: Object = {"type": "image_generation"}
CODE: Object = {"type": "code_interpreter", "container": {"type": "auto"}}
MCP: Object = {"type": "mcp", "server_label": "dice", "server_url": "https://example.com/mcp"}
COMPUTER: Object = {
    "type": "computer_use_preview",
    "display_width": 800,
    "display_height": 600,
    "environment": "browser",
}


def respond(emulator: Emulator, said: object, *tools: Object, **more: object) -> Answer:
    document = {"model": "gpt-4o", "input": said, "tools": list(tools), **more}
    return ask(emulator, "POST", "/responses", document)


def items(emulator: Emulator, said: object, *tools: Object, **more: object) -> list[Object]:
    answer = respond(emulator, said, *tools, **more)
    assert answer.status == 200, answer.body
    return objects(answer.document["output"])


def kinds(emulator: Emulator, said: object, *tools: Object, **more: object) -> list[object]:
    return [item["type"] for item in items(emulator, said, *tools, **more)]


@pytest.mark.parametrize(
    ("said", "tool", "expected"),
    [
        ("Search the web for news", SEARCH, ["web_search_call", "message"]),
        ("Search", {"type": "web_search_preview"}, ["web_search_call", "message"]),
        ("Draw a cat", PICTURE, ["image_generation_call", "message"]),
        ("Compute 2+2", CODE, ["code_interpreter_call", "message"]),
        ("Take a screenshot", COMPUTER, ["computer_call"]),
        ("Take a screenshot", {"type": "computer"}, ["computer_call"]),
        ("List what is here", {"type": "local_shell"}, ["local_shell_call"]),
        ("Run ls", {"type": "shell"}, ["shell_call"]),
        (
            "Run ls",
            {"type": "shell", "environment": {"type": "container_auto"}},
            ["shell_call", "shell_call_output", "message"],
        ),
        ("Fix the typo", {"type": "apply_patch"}, ["apply_patch_call"]),
        ("Roll the dice", MCP, ["mcp_list_tools", "mcp_approval_request"]),
        (
            "Roll the dice",
            {**MCP, "require_approval": "never"},
            ["mcp_list_tools", "mcp_call", "message"],
        ),
        ("Hello", SEARCH, ["message"]),
        ("Hello", MCP, ["message"]),
    ],
)
def test_a_prompt_asks_for_a_tool(said: str, tool: Object, expected: list[str]) -> None:
    assert kinds(Emulator(), said, tool) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", ["message"]),
        ("none", ["message"]),
        ("required", ["web_search_call", "message"]),
        ({"type": "web_search_preview"}, ["web_search_call", "message"]),
        ({"type": "image_generation"}, ["image_generation_call", "message"]),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "image_generation"}]},
            ["image_generation_call", "message"],
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "image_generation"}]},
            ["message"],
        ),
    ],
)
def test_a_tool_choice_is_obeyed(choice: object, expected: list[str]) -> None:
    assert kinds(Emulator(), "Hello", SEARCH, PICTURE, tool_choice=choice) == expected


def test_a_tool_choice_that_is_not_offered() -> None:
    answer = respond(Emulator(), "Hello", SEARCH, tool_choice={"type": "file_search"})
    assert (answer.status, answer.error["param"]) == (400, "tool_choice")
    assert answer.error["message"] == "Tool choice 'file_search' not found in 'tools' parameter."


def test_functions_are_called_where_they_fit_better() -> None:
    assert kinds(Emulator(), "The weather in Rome?", SEARCH, WEATHER) == ["function_call"]
    assert kinds(Emulator(), "Hello", SEARCH, WEATHER) == ["function_call"]
    found = kinds(Emulator(), "Search the web for Rome", SEARCH, WEATHER)
    assert found == ["web_search_call", "message"]
    wanted = {"type": "function", "name": "get_weather"}
    found = kinds(Emulator(), "Search the web", SEARCH, WEATHER, tool_choice=wanted)
    assert found == ["function_call"]


def test_a_script_has_the_last_word() -> None:
    emulator = Emulator(faults=[Say("Found."), CallFunction("f")])
    search, message = items(emulator, "Search the web", SEARCH)
    assert search["type"] == "web_search_call"
    assert objects(message["content"])[0]["text"] == "Found."
    assert kinds(emulator, "Search the web", SEARCH) == ["function_call"]


def test_citations() -> None:
    [_, message] = items(Emulator(), "Search the web", SEARCH)
    [part] = objects(message["content"])
    [cited] = objects(part["annotations"])
    assert cited["type"] == "url_citation"
    assert cited["end_index"] == len(text(part["text"]))


def test_what_is_included() -> None:
    wanted = ["code_interpreter_call.outputs", "web_search_call.action.sources"]
    code = items(Emulator(), "Compute 2+2", CODE)[0]
    assert code["outputs"] is None
    code = items(Emulator(), "Compute 2+2", CODE, include=wanted)[0]
    assert objects(code["outputs"])[0]["logs"] == "Compute 2+2\n"
    search = items(Emulator(), "Search the web", SEARCH, include=wanted)[0]
    assert objects(member(search, "action", "sources"))


def test_files_are_searched() -> None:
    emulator = Emulator()
    client = Client(api_key="k", transport=MemoryTransport(emulator))
    file = client.files.create(file=("a.txt", b"Rome is the capital"), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    tool: Object = {"type": "file_search", "vector_store_ids": [store.id]}
    said = "Search the files for the capital"
    call, message = items(emulator, said, tool, include=["file_search_call.results"])
    assert call["queries"] == [said]
    [found] = objects(call["results"])
    assert (found["file_id"], found["text"]) == (file.id, "Rome is the capital")
    [part] = objects(message["content"])
    assert part["text"] == "a.txt says: Rome is the capital"
    [cited] = objects(part["annotations"])
    assert (cited["type"], cited["file_id"]) == ("file_citation", file.id)
    assert items(emulator, said, tool)[0]["results"] is None


def test_what_tools_cannot_go_without() -> None:
    for kind, param in (
        ("file_search", "vector_store_ids"),
        ("code_interpreter", "container"),
        ("mcp", "server_label"),
    ):
        answer = respond(Emulator(), "Hello", SEARCH, {"type": kind})
        assert (answer.status, answer.error["param"]) == (400, f"tools[1].{param}")


def test_the_caller_runs_what_is_asked_for() -> None:
    emulator = Emulator()
    first = respond(emulator, "Take a screenshot", COMPUTER).document
    [call] = objects(first["output"])
    answered: Object = {"tools": [COMPUTER], "previous_response_id": first["id"]}
    refused = respond(emulator, "And?", COMPUTER, previous_response_id=first["id"])
    assert refused.status == 400
    assert "No tool output found for computer call" in str(refused.error["message"])
    shot = {"type": "computer_screenshot", "image_url": "https://example.com/a.png"}
    output = {"type": "computer_call_output", "call_id": call["call_id"], "output": shot}
    assert kinds(emulator, [output], **answered) == ["message"]


def test_an_approval() -> None:
    emulator = Emulator()
    first = respond(emulator, "Roll the dice", MCP).document
    request = objects(first["output"])[-1]
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"]}
    for approve, expected in ((True, ["mcp_call", "message"]), (False, ["message"])):
        said = [{**answer, "approve": approve}]
        made = items(emulator, said, MCP, previous_response_id=first["id"])
        assert [item["type"] for item in made] == expected
        if approve:
            assert made[0]["approval_request_id"] == request["id"]
    unknown = [{**answer, "approval_request_id": "mcpr_no", "approve": True}]
    assert respond(emulator, unknown, MCP, previous_response_id=first["id"]).status == 400


def test_tools_of_a_server_are_listed_once_and_named() -> None:
    emulator = Emulator()
    tool = {**MCP, "require_approval": "never", "allowed_tools": ["roll", "throw"]}
    first = respond(emulator, "Roll the dice", tool).document
    listed, call, _ = objects(first["output"])
    assert [each["name"] for each in objects(listed["tools"])] == ["roll", "throw"]
    assert (call["name"], call["server_label"]) == ("roll", "dice")
    choice = {"type": "mcp", "server_label": "dice", "name": "throw"}
    following = items(emulator, "Again", tool, previous_response_id=first["id"], tool_choice=choice)
    assert [item["type"] for item in following] == ["mcp_call", "message"]
    assert following[0]["name"] == "throw"


@pytest.mark.parametrize(
    ("tool", "steps"),
    [
        (SEARCH, ["in_progress", "searching", "completed"]),
        (PICTURE, ["in_progress", "generating", "completed"]),
        (CODE, ["in_progress", "interpreting", "completed"]),
    ],
)
def test_tools_as_events(tool: Object, steps: list[str]) -> None:
    answer = respond(Emulator(), "Hello", tool, tool_choice="required", stream=True)
    told = [decoded(event) for event in answer.events]
    whole = respond(Emulator(), "Hello", tool, tool_choice="required").document
    assert told[-1]["response"] == whole
    item = objects(whole["output"])[0]
    name = f"response.{item['type']}."
    found = [event for event in told if text(event["type"]).startswith(name)]
    assert [text(event["type"]).removeprefix(name) for event in found] == steps
    assert {event["item_id"] for event in found} == {item["id"]}
    assert [event["sequence_number"] for event in told] == list(range(len(told)))


def test_a_stream_comes_to_the_same_response() -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator()), strict=True)
    ask: dict[str, Any] = {
        "model": "gpt-5",
        "input": "Search the web",
        "tools": [SEARCH],
        "reasoning": {"summary": "auto"},
    }
    with client.responses.stream(**ask) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "response.reasoning_summary_text.delta" in kinds
    assert "response.output_text.annotation.added" in kinds
    assert [item.type for item in final.output] == ["reasoning", "web_search_call", "message"]


def thinking(**more: object) -> list[Object]:
    return items(Emulator(), "Hi", **{"model": "gpt-5", **more})


def test_models_that_reason_say_so() -> None:
    for model in ("gpt-5", "o3", "o4-mini", "gpt-5.5"):
        item, message = thinking(model=model)
        assert (item["type"], item["summary"], message["type"]) == ("reasoning", [], "message")
        assert text(item["id"]).startswith("rs_")
    for model in ("gpt-4o", "gpt-5-chat-latest"):
        assert [item["type"] for item in thinking(model=model)] == ["message"]
    assert [item["type"] for item in thinking(reasoning={"effort": "none"})] == ["message"]


def test_what_was_thought_can_be_asked_for() -> None:
    assert "encrypted_content" not in thinking()[0]
    item = thinking(reasoning={"summary": "auto"}, include=["reasoning.encrypted_content"])[0]
    assert objects(item["summary"])[0]["type"] == "summary_text"
    assert text(item["encrypted_content"]).startswith("emulator:")


def test_thinking_is_counted() -> None:
    def used(effort: str) -> object:
        document = {"model": "gpt-5", "input": "Hi", "reasoning": {"effort": effort}}
        answer = ask(Emulator(), "POST", "/responses", document).document
        return member(answer, "usage", "output_tokens_details", "reasoning_tokens")

    assert [used(effort) for effort in ("none", "minimal", "low", "high")] == [0, 0, 16, 256]
    chat = {"model": "o3", "messages": [{"role": "user", "content": "Hi"}]}
    usage = ask(Emulator(), "POST", "/chat/completions", chat).document["usage"]
    assert member(usage, "completion_tokens_details", "reasoning_tokens") == 64


def test_what_was_thought_goes_back_with_what_followed() -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    first = client.responses.create(model="gpt-5", input="Hi")
    question: Any = {"role": "user", "content": "And?"}
    sent = [*first.as_input(), question]
    assert client.responses.create(model="gpt-5", input=sent).status == "completed"
    with pytest.raises(BadRequestError, match="without its required following item") as refused:
        client.responses.create(model="gpt-5", input=[first.as_input()[0], question])
    assert refused.value.param == "input"
