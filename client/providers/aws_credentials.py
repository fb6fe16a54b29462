"""What botocore finds: keys in the environment, in profiles, of roles and of machines."""

from importlib import import_module
from typing import Any

from ...core.terms.errors import OpenAIError

__all__ = ["AwsChain"]


class AwsChain:
    """botocore's own way to credentials; it keeps them, and renews those that end.

    botocore is imported when it is first asked. Pickles hold the name of the profile alone.
    """

    __slots__ = ("_session", "profile")

    def __init__(self, profile: str | None = None) -> None:
        self.profile = profile
        self._session: Any = None

    def __call__(self) -> object:
        """Return the credentials there are, `None` where there are none; this may block."""
        return self._asked("get_credentials")

    def region(self) -> str | None:
        """Return the region of the profile."""
        found: str | None = self._asked("get_config_variable", "region")
        return found

    def _asked(self, question: str, *arguments: str) -> Any:
        try:
            errors: Any = import_module("botocore.exceptions")
            sessions: Any = import_module("botocore.session")
        except ImportError:
            raise OpenAIError(
                "keys of AWS that are not given are found by botocore, which is not installed: "
                "pip install api-openai[bedrock]"
            ) from None
        try:
            if self._session is None:
                self._session = sessions.Session(profile=self.profile)
            return getattr(self._session, question)(*arguments)
        except errors.ProfileNotFound:
            raise OpenAIError(
                f"profile={self.profile!r}: AWS has no profile of this name"
            ) from None
        except errors.BotoCoreError as error:
            # Its text may be what a process of the user's printed, keys included.
            raise OpenAIError(f"AWS: botocore found no keys ({type(error).__name__})") from None

    def __reduce__(self) -> tuple[type["AwsChain"], tuple[str | None]]:
        return AwsChain, (self.profile,)

    def __repr__(self) -> str:
        return f"AwsChain({self.profile!r})"
