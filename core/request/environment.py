"""`Environment`: where calls go and for whom, without a credential in it; and the regions there are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from ..terms.omit import Omit
from .credentials import account_fields
from .endpoint import DEFAULT_BASE_URL, Endpoint

if TYPE_CHECKING:
    from ..terms.secret import Secret
    from .auth import Auth
    from .endpoint import KeyField

__all__ = ["DataResidency", "Environment", "regional_url"]

DataResidency = Literal["global", "us", "eu", "ae", "au", "in", "jp"]
"""Regions in which data is processed and kept; `global` is none in particular."""

_MTLS: Final = ("global", "us", "eu")


def regional_url(region: object, *, mtls: bool = False) -> str:
    """Return the base URL of a region; `mtls` is for clients that are known by a certificate.

    `ValueError` names a region that there is not.
    """
    known = _MTLS if mtls else get_args(DataResidency)
    if region not in known:
        names = ", ".join(map(repr, known))
        by = " with a certificate" if mtls else ""
        raise ValueError(f"data_residency={region!r}: expected one of {names}{by}")
    if mtls:
        return f"https://mtls{'' if region == 'global' else f'-{region}'}.api.openai.com/v1"
    return DEFAULT_BASE_URL if region == "global" else f"https://{region}.api.openai.com/v1"


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls go, and for whom: a stage of a deployment, as a value that holds no key.

    `Client(environment=...)` takes the key from elsewhere, and what stands here in place of
    `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`. `data_residency` names a region
    instead of a `base_url`. `endpoint(api_key=...)` makes an `Endpoint` of it.
    """

    base_url: str | None = None
    websocket_base_url: str | None = None
    """Where realtime sessions are opened, if not at `base_url`."""
    organization: str | None = None
    project: str | None = None
    default_headers: Mapping[str, str | Omit | None] | None = None
    default_query: Mapping[str, object] | None = None
    data_residency: DataResidency | None = None
    models: Mapping[str, str] | None = None
    """The server's own names of models, by those that callers use."""

    def __post_init__(self) -> None:
        if self.data_residency is not None:
            regional_url(self.data_residency)
            if self.base_url is not None or self.websocket_base_url is not None:
                raise ValueError("data_residency: it takes the place of the base URLs")
        self.endpoint()  # which refuses what is wrong

    @property
    def url(self) -> str:
        """The base URL."""
        if self.data_residency is not None:
            return regional_url(self.data_residency)
        return self.base_url or DEFAULT_BASE_URL

    def endpoint(
        self,
        *,
        api_key: "Secret | None" = None,
        admin_key: "Secret | None" = None,
        auth: "KeyField | Auth" = "bearer",
    ) -> Endpoint:
        """Return the endpoint that this is with credentials."""
        return Endpoint(
            self.url,
            api_key=api_key,
            admin_key=admin_key,
            auth=auth,
            headers={
                **account_fields(self.organization, self.project),
                **(self.default_headers or {}),
            },
            query=self.default_query,
            models=self.models,
            websocket_base_url=self.websocket_base_url,
        )

    def __repr__(self) -> str:
        """What is set, with the values of what may be a credential masked."""
        pairs = [(name, getattr(self, name)) for name in self.__struct_fields__]
        shown = [f"{name}={_shown(name, value)!r}" for name, value in pairs if value is not None]
        return f"Environment({', '.join(shown)})"


def _shown(name: str, value: Any) -> Any:
    from ..terms.secret import MASK
    from .credentials import is_harmless_param, may_show_field
    from .url import shown_url

    if name in ("base_url", "websocket_base_url"):
        return shown_url(value)
    if name not in ("default_headers", "default_query"):
        return value
    harmless = may_show_field if name == "default_headers" else is_harmless_param
    return {key: text if harmless(key) else MASK for key, text in value.items()}
