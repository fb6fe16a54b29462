"""What every subject asks for: the same words, so that the same bytes are sent."""

import base64
import hmac
import time
from functools import cache
from typing import Final

MODEL: Final = "gpt-5.2"
PROMPT: Final = "Count."
QUESTION: Final = [{"role": "user", "content": "Why does a state machine not guess?"}]
CHAT: Final = [
    {"role": ("user", "assistant")[i % 2], "content": f"Message {i} of a long conversation."}
    for i in range(1000)
]
_DAY: Final[dict[str, object]] = {
    "type": "object",
    "description": "One day of a forecast.",
    "properties": {
        "date": {"type": "string", "description": "As YYYY-MM-DD."},
        "high": {"type": "number"},
        "low": {"type": "number"},
        "sky": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["date", "high", "low", "sky"],
    "additionalProperties": False,
}
FORECAST_FORMAT: Final[dict[str, object]] = {
    "type": "json_schema",
    "json_schema": {
        "name": "Forecast",
        "strict": True,
        "schema": {
            "type": "object",
            "description": "The weather of the coming days.",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "array", "items": {"$ref": "#/$defs/Day"}},
                "warnings": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["city", "days", "warnings"],
            "additionalProperties": False,
            "$defs": {"Day": _DAY},
        },
    },
}
"""What the clients make of the class `Forecast` in `formats.py`."""
EMBEDDING_MODEL: Final = "text-embedding-3-large"
TEXTS: Final = ["text"] * 64
REALTIME_MODEL: Final = "gpt-realtime"
AUDIO: Final = base64.b64encode(bytes(range(256)) * 12).decode()
"""4,096 characters: 64 ms of sound at 24 kHz."""
WEBHOOK_SECRET: Final = "whsec_ZXhhbXBsZSBzZWNyZXQ="
WEBHOOK: Final = (
    b'{"id":"evt_68b8a1f0c2a48190a1","object":"event","created_at":1760000000,'
    b'"type":"response.completed","data":{"id":"resp_68b8a1ef7d3c8190b2"}}'
)
WEBHOOK_ID: Final = "wh_68b8a1f0c2a48190a1"


@cache
def webhook_headers() -> dict[str, str]:
    """The header fields that the webhook comes with, signed when they are first asked for."""
    timestamp = str(int(time.time()))
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    signed = b"%b.%b.%b" % (WEBHOOK_ID.encode(), timestamp.encode(), WEBHOOK)
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "Host": "hooks.example.com",
        "Content-Type": "application/json",
        "Content-Length": str(len(WEBHOOK)),
        "User-Agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
        "Webhook-Id": WEBHOOK_ID,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": f"v1,{signature}",
    }
