"""How a call failed, in the exceptions of httpx or httpx2."""

from typing import Any, cast

from ...core.terms.errors import (
    APIConnectionError,
    APITimeoutError,
    LocalProtocolError,
    OpenAIError,
    PolicyRefusedError,
    RemoteProtocolError,
    ResponseDecodeError,
    StreamTruncatedError,
)

__all__ = ["translated"]


def translated(error: OpenAIError, package: Any) -> Exception:
    """Return the exception of `package` (httpx, or httpx2) that says what `error` does."""
    return cast("Exception", _kind(error, package)(str(error)))


def _kind(error: OpenAIError, package: Any) -> Any:
    match error:
        case APITimeoutError():
            return _timeout(error, package)
        case RemoteProtocolError() | StreamTruncatedError() | ResponseDecodeError():
            return package.RemoteProtocolError
        case LocalProtocolError():
            return package.LocalProtocolError
        case PolicyRefusedError():
            return package.ConnectError
        case APIConnectionError():
            return package.ConnectError if error.sent == "no" else package.ReadError
        case _:
            return package.RequestError


def _timeout(error: APITimeoutError, package: Any) -> Any:
    match error.phase:
        case "pool":
            return package.PoolTimeout
        case "connect":
            return package.ConnectTimeout
        case "send":
            return package.WriteTimeout
        case "total" if error.sent == "no":
            return package.ConnectTimeout
        case _:
            return package.ReadTimeout
