"""How a subject's figures get to the harness: one JSON object per line."""

import json
import os
import sys
from typing import NoReturn

from .meter import Figures


def report(figures: Figures) -> None:
    sys.stdout.write(json.dumps(dict(figures)) + "\n")
    sys.stdout.flush()


def depart(figures: Figures) -> NoReturn:
    """Report and end the process at once: a thousand open streams need not be closed in order."""
    report(figures)
    os._exit(0)
