"""Qt: trio as a guest of Qt's event loop, so that windows stay alive while an answer comes.

QT_QPA_PLATFORM=offscreen python -m examples.loops.qt_guest
"""

from collections.abc import Callable
from typing import Any

import trio
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

from . import told


class Host(QObject):
    """Calls functions in the thread of Qt's loop, whichever thread asks for that."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(lambda function: function(), Qt.ConnectionType.QueuedConnection)

    def soon(self, function: Callable[[], object]) -> None:
        """Call it when the loop comes to it."""
        self.asked.emit(function)


async def both(base_url: str) -> tuple[str, str]:
    """An answer that streams, and a call."""
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:
        return await told(client, "Hello Qt"), (await client.models.retrieve("gpt-5-mini")).id


def main() -> tuple[str, str]:
    """Run it against the emulator, with a timer of Qt's beside it."""
    found: list[Any] = []
    application, host, timer = QCoreApplication([]), Host(), QTimer()
    ticks: list[None] = []
    timer.timeout.connect(lambda: ticks.append(None))
    timer.start(1)

    def ended(outcome: Any) -> None:
        found.append(outcome)
        application.quit()

    with serve_in_thread(Emulator()) as base_url:
        trio.lowlevel.start_guest_run(
            both, base_url, run_sync_soon_threadsafe=host.soon, done_callback=ended
        )
        application.exec()
    text, model = found[0].unwrap()
    print(text, model, f"{len(ticks)} ticks of Qt's own timer meanwhile", sep="\n")
    return text, model


if __name__ == "__main__":
    main()
