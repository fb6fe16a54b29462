"""A client as users make theirs."""

from typing import Any

from api_openai import Client


class Mine(Client):
    """A class of a user's own."""

    def __init__(self, team: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.team = team
