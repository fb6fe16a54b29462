"""`python -m api_openai`, and the command `api-openai`: the API in a shell (docs/command.md)."""

import sys

from .command.main import main

if __name__ == "__main__":
    sys.exit(main())
