"""Refusals in the error form of the API: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Iterable, Mapping

from .json_documents import Object
from .response import Fields, HttpResponse


class ApiError(Exception):
    """A handler's refusal, which becomes an answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Fields = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers

    def document(self) -> Object:
        """Return the body of the answer."""
        return error_document(self.message, self.kind, self.param, self.code)

    def response(self, *, close: bool = False) -> HttpResponse:
        """Return the answer."""
        plain = HttpResponse.json(self.document(), status=self.status)
        return HttpResponse(
            status=plain.status,
            headers=plain.headers + self.headers,
            body=plain.body,
            close=close,
        )


def error_document(
    message: str, kind: str, param: str | None = None, code: str | None = None
) -> Object:
    """Return an error as the API writes it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def mistake(error: Exception) -> ApiError:
    """Return what is told about a mistake of the emulator's own."""
    message = f"The emulator failed: {type(error).__name__}: {error}"
    return ApiError(500, message, kind="server_error")


def missing(param: str) -> ApiError:
    """Refuse: a required parameter is not there."""
    return ApiError(
        400,
        f"Missing required parameter: '{param}'.",
        param=param,
        code="missing_required_parameter",
    )


def wrong_type(param: str, expected: str, got: object) -> ApiError:
    """Refuse: a parameter has another type than it should."""
    return ApiError(
        400,
        f"Invalid type for '{param}': expected {expected}, but got {type_name(got)} instead.",
        param=param,
        code="invalid_type",
    )


def wrong_value(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """Refuse: a parameter has a value that it cannot have."""
    return ApiError(400, f"Invalid value for '{param}': {message}.", param=param, code=code)


def unsupported_value(param: str, value: object, allowed: Iterable[object]) -> ApiError:
    """Refuse: a parameter has none of the values that it can have."""
    *others, last = [f"'{each}'" for each in allowed]
    # With a comma before the last one, as the API writes lists of three and more.
    comma = "," if len(others) > 1 else ""
    names = f"{', '.join(others)}{comma} and {last}" if others else last
    message = f"Invalid value: '{value}'. Supported values are: {names}."
    return ApiError(400, message, param=param, code="invalid_value")


def out_of_range(param: str, value: float, *, low: float | None, high: float | None) -> ApiError:
    """Refuse: a number is below `low`, or above `high`."""
    kind = "integer" if isinstance(value, int) else "decimal"
    below = low is not None and value < low
    side, sign, bound = ("below minimum", ">=", low) if below else ("above maximum", "<=", high)
    message = f"Invalid '{param}': {kind} {side} value. Expected a value {sign} {bound}, "
    code = f"{kind}_below_min_value" if below else f"{kind}_above_max_value"
    return ApiError(400, f"{message}but got {value} instead.", param=param, code=code)


def too_short(param: str, kind: str, least: int, length: int) -> ApiError:
    """Refuse: an `array` or `string` has less than `least` items."""
    what = f"empty {kind}" if not length else f"{kind} too short"
    got = f"an empty {kind}" if not length else f"{_a(kind)} with length {length}"
    message = f"Invalid '{param}': {what}. Expected {_a(kind)} with minimum length {least}, "
    code = f"empty_{kind}" if not length else f"{kind}_below_min_length"
    return ApiError(400, f"{message}but got {got} instead.", param=param, code=code)


def too_long(param: str, kind: str, most: int, length: int) -> ApiError:
    """Refuse: an `array` or `string` has more than `most` items."""
    message = f"Invalid '{param}': {kind} too long. Expected {_a(kind)} with maximum length {most}"
    message += f", but got {_a(kind)} with length {length} instead."
    return ApiError(400, message, param=param, code=f"{kind}_above_max_length")


def _a(kind: str) -> str:
    return f"an {kind}" if kind.startswith("a") else f"a {kind}"


def unsupported_parameter(param: str, instead: str = "") -> ApiError:
    """Refuse: a parameter that the model does not have."""
    message = f"Unsupported parameter: '{param}' is not supported with this model."
    if instead:
        message += f" Use '{instead}' instead."
    return ApiError(400, message, param=param, code="unsupported_parameter")


def not_found(
    what: str, name: str, *, param: str | None = None, code: str | None = None
) -> ApiError:
    """Refuse: there is nothing of that id."""
    return ApiError(404, f"No {what} with id '{name}'.", param=param, code=code)


def no_file(name: str, param: str) -> ApiError:
    """Refuse: there is no file of that id."""
    return ApiError(404, f"No such File object: {name}", param=param)


def no_model(name: str) -> ApiError:
    """Refuse: there is no such model."""
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found")


_TYPE_NAMES: Mapping[type[object], str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def type_name(value: object) -> str:
    """Return what JSON calls the type of `value`, with its article."""
    return _TYPE_NAMES.get(type(value), "null")
