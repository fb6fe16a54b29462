"""Who vouches for the server: the authority of the tests, for 127.0.0.1."""

from pathlib import Path
from typing import Final

_PEM: Final = Path(__file__).resolve().parent.parent / "tests" / "support" / "pem"
AUTHORITY: Final = _PEM / "ca.pem"
CERTIFICATE: Final = _PEM / "server.pem"
