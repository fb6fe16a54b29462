"""What an error says of the request that it is about."""

from typing import Any

import msgspec

from ..terms.http_facts import RequestFacts
from ..terms.http_message import Headers, header_name, header_value
from ..terms.omit import is_omitted
from ..terms.secret import MASK, Secret
from .credentials import is_harmless_field
from .endpoint import Endpoint
from .operation import Operation
from .redaction import Redaction
from .url import shown_url

__all__ = ["asked"]


def asked(endpoint: Endpoint, operation: Operation[Any, Any], masks: Redaction) -> RequestFacts:
    """Describe `operation` as it goes to `endpoint`; what may be a credential is masked."""
    if endpoint.models:
        model = endpoint.models.get(operation.model or "", operation.model)
        operation = msgspec.structs.replace(operation, model=model)
    origin, target = endpoint.place(operation)
    url = shown_url(f"{origin.scheme}://{origin.authority}{target.decode('ascii')}")
    fields: dict[str, Any] = {**endpoint.headers, **dict(operation.headers)}
    return RequestFacts(
        operation.method,
        masks.text(url),
        Headers(
            (header_name(name), header_value(name, _shown(name, value)))
            for name, value in fields.items()
            if value is not None and not is_omitted(value)
        ),
    )


def _shown(name: str, value: Any) -> Any:
    return value if is_harmless_field(name) and not isinstance(value, Secret) else MASK
