"""Answers as values of a type of yours, and what to do when there is none.

python -m examples.structured_output
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from api_openai import (
    Called,
    Client,
    Misfit,
    Outcome,
    Parsed,
    Refused,
    Stopped,
    StructuredOutputError,
    response_function_tool,
)
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import CallFunction, Say


class Step(msgspec.Struct):
    """One step of the way to the answer."""

    explanation: str
    result: Annotated[str, msgspec.Meta(description="What is known after it.")]


class Solution(msgspec.Struct):
    """How a question is answered."""

    steps: list[Step]
    answer: str
    confidence: Literal["low", "high"] = "high"


@dataclass
class LookUp:
    """Look a word up in the dictionary."""

    word: str


SOLVED = b'{"steps": [{"explanation": "Six sevens.", "result": "42"}], "answer": "42"}'


def told(outcome: Outcome[Solution]) -> str:
    """Say what came, whatever it was; the answer and its cost are on every outcome."""
    match outcome:
        case Parsed(solution):
            return f"{solution.answer} in {len(solution.steps)} step(s)"
        case Called(calls):
            return f"first wants {calls[0].parsed_arguments}"
        case Refused(refusal):
            return f"refused: {refusal}"
        case Stopped(reason):
            return f"stopped: {reason}, after {outcome.usage} of usage"
        case Misfit(error):
            return f"does not fit: {error}"


def main() -> list[str]:
    """Ask the emulator three times and return what came of it."""
    emulator = Emulator(
        faults=[
            Say(SOLVED.decode()),
            CallFunction("LookUp", '{"word": "seven"}'),
            Say('{"steps": [], "answer": 42}'),
        ]
    )
    with Client(api_key="sk-demo", transport=MemoryTransport(emulator)) as client:
        responses = [
            client.responses.parse(
                model="gpt-5",
                input="What is six times seven?",
                text_format=Solution,
                tools=[response_function_tool(LookUp)],
            )
            for _ in range(3)
        ]
    said = [told(response.outcome) for response in responses]
    try:
        print(responses[-1].value.answer)
    except StructuredOutputError as error:
        said.append(str(error))
    print(*said, sep="\n")
    return said


if __name__ == "__main__":
    main()
