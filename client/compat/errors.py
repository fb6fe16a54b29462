"""Errors that are the SDK's and this client's at once, so that either one's `except` catches them."""

from functools import cache
from typing import Any, Final, cast

import httpx2
import openai

from ...core.terms import errors as own_errors
from ...core.terms.errors import APIError, APIStatusError, error_class
from ...core.terms.http_message import Headers
from ..beneath.transport import ERROR

__all__ = ["CompatError", "as_both"]

_NOT_CARRIED: Final = frozenset({"request", "response"})
"""What only the SDK's half says, as objects of httpx2."""


class CompatError:
    """What marks an error of both kinds; it pickles and copies."""

    def __reduce__(self) -> tuple[Any, ...]:
        sdk, own = type(self).__bases__[1:]
        error = cast("APIError", self)
        return _restore, (sdk, own, error.args, error.__dict__.copy())

    def __copy__(self) -> Any:
        restore, (sdk, own, args, state) = self.__reduce__()
        return restore(sdk, own, args, state)


def as_both(error: openai.APIError) -> Any:
    """Return the error of both kinds that says what the SDK's does, and how this client put it."""
    if isinstance(error, CompatError):
        return error
    own = _own(error)
    both = _restore(type(error), type(own), error.args, {})
    both.__dict__.update(
        {name: value for name, value in vars(own).items() if name not in _NOT_CARRIED}
    )
    both.__dict__.update(vars(error))
    if not isinstance(error, openai.APIStatusError):
        both.message = _told(error.message, own.message)
        both.args = (both.message, *error.args[1:])
    return both


def _told(of_sdk: str, own: str) -> str:
    """Begin with the SDK's words, which people look for, and go on with what is known here."""
    words = of_sdk.rstrip(".")
    return own if own.startswith(words) else f"{words}: {own}"


def _own(error: openai.APIError) -> APIError:
    """This client's error: the one that lies beneath, or one that is made of the SDK's."""
    if isinstance(error, openai.APIStatusError | openai.APIResponseValidationError):
        response = error.response
        beneath = response.extensions.get(ERROR)
        if isinstance(beneath, APIStatusError) and isinstance(error, openai.APIStatusError):
            return beneath
        return _of_response(error, response)
    cause: BaseException | None = error.__cause__
    while cause is not None:
        if isinstance(cause, APIError):
            return cause
        cause = cause.__cause__
    if isinstance(error, openai.APITimeoutError):
        return own_errors.APITimeoutError(error.message)
    if isinstance(error, openai.APIConnectionError):
        return own_errors.APIConnectionError(error.message)
    return APIError(error.message, body=error.body)


def _of_response(
    error: openai.APIStatusError | openai.APIResponseValidationError, response: httpx2.Response
) -> APIError:
    kind: Any = own_errors.APIResponseValidationError
    known: dict[str, Any] = {
        "status_code": response.status_code,
        "headers": Headers((name.lower(), value) for name, value in response.headers.raw),
        "body": error.body,
    }
    if isinstance(error, openai.APIStatusError):
        kind = error_class(response.status_code)
        if response.is_stream_consumed or hasattr(response, "_content"):
            known["content"] = response.content
    return cast("APIError", kind(error.message, **known))


@cache
def _class_of(sdk: Any, own: Any) -> type[Any]:
    # Properties of this client's classes would hide what the SDK keeps in the object.
    hidden: dict[str, Any] = {name: None for name in _NOT_CARRIED if hasattr(own, name)}
    hidden["__doc__"] = f"`openai.{sdk.__name__}`, and `api_openai.{own.__name__}`."
    hidden["__module__"] = sdk.__module__
    return type(sdk.__name__, (CompatError, sdk, own), hidden)


def _restore(sdk: Any, own: Any, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    cls = _class_of(sdk, own)
    error: Any = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error
