"""gevent: the blocking client in greenlets. Its sockets, locks and clock are patched before it is loaded.

python -m examples.loops.gevent_greenlets
"""

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402

from api_openai import Client  # noqa: E402
from api_openai.emulator import Emulator, serve_in_thread  # noqa: E402


def told(client: Client, question: str) -> str:
    """Stream an answer, and return its text."""
    with client.responses.create(model="gpt-5-mini", input=question, stream=True) as stream:
        return "".join(
            event.delta for event in stream if event.type == "response.output_text.delta"
        )


def main() -> tuple[str, str]:
    """Run it against the emulator, which is a greenlet too."""
    with serve_in_thread(Emulator()) as base_url, Client(api_key="k", base_url=base_url) as client:
        text = gevent.spawn(told, client, "Hello gevent")
        model = gevent.spawn(client.models.retrieve, "gpt-5-mini")
        gevent.joinall([text, model], raise_error=True)
    print(text.value, model.value.id, sep="\n")
    return text.value, model.value.id


if __name__ == "__main__":
    main()
