"""One response of a realtime session: decided at once, and told event by event, or cut off."""

from collections.abc import Iterator
from typing import Final, Protocol

from ..fake_data.texts import content_text, token_count, tokens, truncated
from ..fake_data.tool_calls import ToolCall, pieces
from ..http.json_documents import Object, is_integer, objects, text
from ..store.state import State
from .sound import WORD_MS, Sound

_LIMITS: Final = {"requests": 10_000, "tokens": 2_000_000}
_USER_MS: Final = 100
"""How long a token of the user's audio is, and of the model's."""
_OWN_MS: Final = 50


class Voice(Protocol):
    """What a response needs of the session that it is said in."""

    state: State
    conversation: str
    lengths: dict[str, int]

    def read(self, wanted: Object) -> list[Object]: ...
    def decided(self, wanted: Object, items: list[Object]) -> ToolCall | str: ...
    def modalities(self, wanted: Object) -> list[str]: ...
    def sound_for(self, wanted: Object) -> Sound: ...
    def most_tokens(self, wanted: Object) -> object: ...
    def response_fields(self, wanted: Object) -> Object: ...
    def add(self, item: Object) -> object: ...
    def before(self, item: Object) -> object: ...
    def say(self, kind: str, **fields: object) -> Object: ...
    def name_of(self, kind: str) -> str: ...
    def output_item(self, item: Object, *, done: bool, previous: object) -> list[Object]: ...
    def silence(self, events: Iterator[Object]) -> None: ...
    def told(self, telling: "Telling") -> None: ...


class Telling:
    """A response on its way. What is wrong with its request is refused when it is made."""

    def __init__(self, voice: Voice, wanted: Object) -> None:
        self._voice = voice
        self.aside = wanted.get("conversation") == "none"
        """Whether it stands outside the conversation, which it may read."""
        read = voice.read(wanted)
        self._read = [_counted(item, voice.lengths) for item in read]
        self._made = voice.decided(wanted, read)
        self._sound = voice.sound_for(wanted) if "audio" in voice.modalities(wanted) else None
        self._words, self._cut = _limited(self._made, voice.most_tokens(wanted))
        new_id = voice.state.new_id
        self.response: Object = {
            "object": "realtime.response",
            "id": new_id("resp_", 20),
            "conversation_id": None if self.aside else voice.conversation,
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "usage": None,
            "metadata": wanted.get("metadata"),
            **voice.response_fields(wanted),
        }
        self._item: Object = {"id": new_id("item_", 20), "object": "realtime.item"}
        self._item["status"] = "in_progress"
        if isinstance(self._made, ToolCall):
            call = {"call_id": new_id("call_", 16), "name": self._made.name, "arguments": ""}
            self._item |= {"type": "function_call", **call}
        else:
            self._item |= {"type": "message", "role": "assistant", "content": []}
        self._said: list[str] = []
        self._is_added = self._has_part = False
        self.events = self._events()
        """What is said after `response.created`, one by one."""

    @property
    def id(self) -> object:
        """The response's."""
        return self.response["id"]

    def _events(self) -> Iterator[Object]:
        yield from self._opening()
        if isinstance(self._made, ToolCall):
            name = "response.function_call_arguments.delta"
            for piece in self._words:
                self._said.append(piece)
                yield self._say(name, delta=piece, call_id=self._item["call_id"])
        else:
            yield from self._spoken()
        if self._cut:
            details = {"type": "incomplete", "reason": "max_output_tokens"}
            yield from self._closing("incomplete", details)
        else:
            yield from self._closing("completed", None)
        limits = [
            {"name": name, "limit": most, "remaining": most - 1, "reset_seconds": 60 / most}
            for name, most in _LIMITS.items()
        ]
        yield self._voice.say("rate_limits.updated", rate_limits=limits)

    def cut(self, reason: str) -> list[Object]:
        """End it where it is; what was said of it so far stays."""
        self._voice.silence(self.events)
        return list(self._closing("cancelled", {"type": "cancelled", "reason": reason}))

    def _say(self, kind: str, *, inside: bool = False, **fields: object) -> Object:
        """An event about the item, or `inside` it about its only part."""
        where: Object = {"response_id": self.id, "item_id": self._item["id"], "output_index": 0}
        if inside:
            where["content_index"] = 0
        return self._voice.say(self._voice.name_of(kind), **where, **fields)

    def _opening(self) -> Iterator[Object]:
        self._is_added = True
        place: Object = {"response_id": self.id, "output_index": 0}
        yield self._voice.say("response.output_item.added", item=dict(self._item), **place)
        if not self.aside:
            previous = self._voice.add(self._item)
            yield from self._voice.output_item(dict(self._item), done=False, previous=previous)

    def _spoken(self) -> Iterator[Object]:
        """A message, word by word: as text, or as audio and what it says."""
        self._has_part = True
        yield self._say("response.content_part.added", part=self._part(""), inside=True)
        words = "response.output_audio_transcript" if self._sound else "response.output_text"
        for number, word in enumerate(self._words):
            self._said.append(word)
            yield self._say(f"{words}.delta", delta=word, inside=True)
            if self._sound is not None:
                audio = self._sound.word(number)
                yield self._say("response.output_audio.delta", delta=audio, inside=True)

    def _part(self, said: str) -> Object:
        if self._sound is None:
            return {"type": "text", "text": said}
        return {"type": "audio", "transcript": said}

    def _closing(self, status: str, details: object) -> Iterator[Object]:
        """Close what was opened, with what was said in it."""
        said = "".join(self._said)
        whole = "completed" if status == "completed" else "incomplete"
        item = self._item
        item["status"] = whole
        if isinstance(self._made, ToolCall):
            item["arguments"] = said
            if self._is_added:
                kind = "response.function_call_arguments.done"
                call, name = item["call_id"], item["name"]
                yield self._say(kind, call_id=call, name=name, arguments=said)
        elif self._has_part:
            yield from self._part_done(said)
        if self._is_added:
            place: Object = {"response_id": self.id, "output_index": 0}
            yield self._voice.say("response.output_item.done", item=dict(item), **place)
            if not self.aside:
                previous = self._voice.before(item)
                yield from self._voice.output_item(dict(item), done=True, previous=previous)
        output = [dict(item)] if self._is_added else []
        self.response.update(status=status, status_details=details, output=output)
        self.response["usage"] = self._usage()
        self._voice.told(self)
        yield self._voice.say("response.done", response=self.response)

    def _part_done(self, said: str) -> Iterator[Object]:
        if self._sound is None:
            kept: Object = {"type": "output_text", "text": said}
            yield self._say("response.output_text.done", text=said, inside=True)
        else:
            kept = {"type": "output_audio", "transcript": said}
            self._voice.lengths[text(self._item["id"])] = len(self._said) * WORD_MS
            yield self._say("response.output_audio.done", inside=True)
            yield self._say("response.output_audio_transcript.done", transcript=said, inside=True)
        yield self._say("response.content_part.done", part=self._part(said), inside=True)
        self._item["content"] = [kept]

    def _usage(self) -> Object:
        made = len(self._said)
        heard = made * WORD_MS // _OWN_MS if self._sound and self._has_part else 0
        read_text = sum(words for words, _ in self._read)
        read_audio = sum(audio for _, audio in self._read)
        return {
            "total_tokens": read_text + read_audio + made + heard,
            "input_tokens": read_text + read_audio,
            "output_tokens": made + heard,
            "input_token_details": {
                "text_tokens": read_text,
                "audio_tokens": read_audio,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": made, "audio_tokens": heard},
        }


def said_in(item: Object) -> str:
    """The text of an item, or what its audio says."""
    found = content_text(item.get("content"))
    heard = [text(part.get("transcript")) for part in objects(item.get("content"))]
    return " ".join(each for each in (found, *heard) if each)


def _counted(item: Object, lengths: dict[str, int]) -> tuple[int, int]:
    """How many tokens of text and of audio an item has."""
    words = token_count(said_in(item))
    words += len(pieces(text(item.get("arguments")) + text(item.get("output"))))
    own = item.get("role") == "assistant"
    return words, lengths.get(text(item.get("id")), 0) // (_OWN_MS if own else _USER_MS)


def _limited(made: ToolCall | str, most: object) -> tuple[list[str], bool]:
    """What is said, in pieces, and whether a limit of tokens ends it."""
    every = pieces(made.arguments) if isinstance(made, ToolCall) else tokens(made)
    return truncated(every, most if is_integer(most) else None, [])
