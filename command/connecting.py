"""The client of one run: its server, its key and its limits, from options and the environment."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from ..client.client import Client
from ..client.secrets.secret import Secret
from ..core.request.credentials import is_harmless_field
from ..core.request.timeout import Timeout
from ..core.terms.secret_errors import SecretError
from .arguments import Given
from .options import REFUSED
from .sources import Sources
from .usage import UsageError

__all__ = ["client_of", "extras", "refuse_password"]

_SUSPECT = ("auth", "key", "token", "secret", "cookie", "credential", "password", "signature")
_SHOWN = "everybody on this machine can read the arguments of a process"


def client_of(given: Given, *, admin: bool) -> Client:
    """Make the client; the key is found only where one is needed."""
    options: dict[str, Any] = {
        "base_url": given.option("base-url"),
        "organization": given.option("organization"),
        "project": given.option("project"),
        "timeout": _timeout(given.option("timeout")),
        "max_retries": _retries(given.option("retries")),
    }
    refuse_password(given)
    if given.has("trace"):
        from .tracing import told

        options["trace"] = told
    if given.has("emulator"):
        from ..emulator.app.emulator import Emulator
        from ..emulator.server.memory_transport import MemoryTransport

        options |= {"api_key": "sk-emulator", "admin_api_key": "sk-emulator"}
        options["transport"] = MemoryTransport(Emulator())
        options["base_url"] = options["base_url"] or "http://emulator/v1"
    elif given.has("no-key"):
        options |= {"api_key": "", "admin_api_key": ""}
    else:
        options |= _keys(admin=admin)
    try:
        return Client(**options)
    except ValueError as error:
        words = str(error)
    raise UsageError(words.replace("base_url=", "--base-url, OPENAI_BASE_URL: ", 1))


def _keys(*, admin: bool) -> dict[str, Secret]:
    """The key that an operation takes: from the environment, or the files that secrets have."""
    names = {"api_key": "OPENAI_API_KEY"}
    if admin:
        names = {"admin_api_key": "OPENAI_ADMIN_KEY", **names}
    missing: list[SecretError] = []
    for argument, name in names.items():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                secret = Secret.load_with_fallbacks(name, checked=False)
            except SecretError as error:
                if error.found:
                    raise
                missing.append(error)
                continue
        for each in warned:
            sys.stderr.write(f"api-openai: warning: {each.message}\n")
        return {argument: secret}
    first = missing[0]
    raise SecretError(
        first.source,
        f"{first.reason} (--no-key sends none, --emulator needs none)",
        found=False,
    )


def _timeout(text: str | None) -> float | Timeout | None:
    if text is None:
        return None
    try:
        if "=" not in text:
            return Timeout.of(float(text))
        pairs = [each.partition("=") for each in text.split(",")]
        phases: dict[str, Any] = {name.strip(): float(value) for name, _, value in pairs}
        return Timeout(**phases)
    except (ValueError, TypeError):
        raise UsageError(
            f"--timeout: {text!r}: expected seconds above 0, or some of connect, first_byte, idle "
            f"and total, as connect=2,total=60"
        ) from None


def _retries(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal():
        raise UsageError(f"--retries: {text!r}: expected a number, 0 or more")
    return int(text)


def refuse_password(given: Given) -> None:
    """Raise `UsageError` for a base URL with a password in it."""
    if "@" in (given.option("base-url") or "").partition("?")[0]:
        raise UsageError(
            f"--base-url: there is a password in it, and {_SHOWN}: put the URL into OPENAI_BASE_URL"
        )


def extras(given: Given, sources: Sources) -> dict[str, Any]:
    """Header fields and query parameters beyond those of the method, as keywords of a call."""
    found: dict[str, Any] = {}
    if fields := given.options.get("extra-header"):
        found["extra_headers"] = _pairs("--extra-header", fields, ":", "Name: value", sources)
    if pairs := given.options.get("extra-query"):
        found["extra_query"] = _pairs("--extra-query", pairs, "=", "name=value", sources)
    return found


def _pairs(
    option: str, texts: Sequence[str], mark: str, expected: str, sources: Sources
) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, split, value = text.partition(mark)
        if not split or not name.strip():
            secret = any(word in text.lower() for word in _SUSPECT)
            shown = "" if secret else f"{text!r}: "
            raise UsageError(f"{option}: {shown}expected {expected}")
        value, public = sources.text(value.strip(), option)
        if (
            public
            and not is_harmless_field(name)
            and any(word in name.lower() for word in _SUSPECT)
        ):
            reason = REFUSED["api-key"] if "authorization" in name.lower() else _SHOWN
            raise UsageError(
                f"{option}: {name.strip()} may be a credential, and {reason}; "
                f"{name.strip()}{mark}@file reads it from a file"
            )
        found[name.strip()] = value.rstrip("\r\n")
    return found
