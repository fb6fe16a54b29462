"""griptape: `OpenAiChatPromptDriver(client=)`, a blocking client."""

import logging
from typing import Any

from .kit import Bench, Say, Status, case, package, raises

Agent = package("griptape.structures").Agent
Driver = package("griptape.drivers.prompt.openai").OpenAiChatPromptDriver
openai = package("openai")
logging.disable()


def made(bench: Bench, **settings: Any) -> Any:
    driver = Driver(model="gpt-5", client=bench.client(), max_attempts=1, **settings)
    return Agent(prompt_driver=driver)


@case
def a_call(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench).run("Hello").output.value == "Bonjour"


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    assert made(bench, stream=True).run("Hello").output.value == "one two three"


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    driver = Driver(model="gpt-5", client=bench.client(), max_attempts=1)
    stack = package("griptape.common").PromptStack()
    stack.add_user_message("Hello")
    with raises(openai.AuthenticationError):
        driver.try_run(stack)
