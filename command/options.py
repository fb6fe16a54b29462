"""The options of the command itself, which every method takes besides its parameters."""

from typing import Final, NamedTuple

__all__ = ["FORMATS", "OPTIONS", "REFUSED", "Option"]


class Option(NamedTuple):
    """One option; without `value` it is a flag."""

    name: str
    value: str
    about: str
    repeated: bool = False


OPTIONS: Final = {
    each.name: each
    for each in (
        Option("all", "", "of a list: every page, an item in each line"),
        Option("format", "HOW", "json (a line), indented, or text, which streams of text have"),
        Option("output", "FILE", "write the answer there; - is standard output, also for bytes"),
        Option("curl", "", "print a curl command, and send nothing"),
        Option("trace", "", "tell each step of the call on standard error"),
        Option("emulator", "", "ask an emulator in this process, which needs no key"),
        Option("base-url", "URL", "the server; OPENAI_BASE_URL otherwise"),
        Option("no-key", "", "send no key, for a server that wants none"),
        Option("organization", "ID", "for whom the call is; OPENAI_ORG_ID otherwise"),
        Option("project", "ID", "for which project; OPENAI_PROJECT_ID otherwise"),
        Option("timeout", "SECONDS", "limits of the call: 30, or connect=2,first_byte=9,total=60"),
        Option("retries", "N", "try again so often, as the official SDK does it"),
        Option("extra-header", "NAME:VALUE", "a header field to add", repeated=True),
        Option("extra-query", "NAME=VALUE", "a parameter to add to the query", repeated=True),
        Option("extra-body", "JSON", "an object whose fields are added to the body"),
        Option("help", "", "say what there is"),
    )
}

FORMATS: Final = ("json", "indented", "text")
"""What `--format` takes."""

_SHOWN: Final = "everybody on this machine can read the arguments of a process"
_KEY: Final = f"{_SHOWN}; put it into OPENAI_API_KEY, or into a file: docs/secrets.md says which"
REFUSED: Final = {
    "api-key": _KEY,
    "key": _KEY,
    "admin-api-key": _KEY.replace("API_KEY", "ADMIN_KEY"),
    "admin-key": _KEY.replace("API_KEY", "ADMIN_KEY"),
    "token": _KEY,
}
"""Options that people look for and that there are not, with the reason."""
