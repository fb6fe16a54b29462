"""Refusals in the error form of the API: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Mapping

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
        f"Invalid type for '{param}': expected {expected}, got {type_name(got)}.",
        param=param,
        code="invalid_type",
    )


def wrong_value(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """Refuse: a parameter has a value that it cannot have."""
    return ApiError(400, f"Invalid value for '{param}': {message}.", param=param, code=code)


def not_found(
    what: str, name: str, *, param: str | None = None, code: str | None = None
) -> ApiError:
    """Refuse: there is nothing of that id."""
    return ApiError(404, f"No {what} with id '{name}'.", param=param, code=code)


def no_model(name: str) -> ApiError:
    """Refuse: there is no such model."""
    message = f"The model '{name}' does not exist or you have no access to it."
    return ApiError(404, message, param="model", code="model_not_found")


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
