"""Names that credentials go by, in header fields and query parameters."""

import re
from typing import Final

__all__ = ["is_sensitive"]

_SENSITIVE: Final = re.compile(
    r"auth|cookie|secret|passw|credential|signature|(api|access|subscription)-?key"
    r"|(?<!page-)(?<!next-)token$|^key$|^sig$"
).search


def is_sensitive(name: str) -> bool:
    """Say whether the value of a header field or query parameter is taken for a credential."""
    return _SENSITIVE(name.lower().replace("_", "-")) is not None
