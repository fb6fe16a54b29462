"""Keys from files, a key that is rotated under a running client, and who used it.

python -m examples.secret_sources

It needs no network beyond loopback and no key: the server is the emulator.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from api_openai import Client, Secret, SecretError, SecretExposure
from api_openai.emulator import Emulator, serve_in_thread

FIRST, SECOND = "sk-example-first-0123456789", "sk-example-second-012345678"


def write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


class Key:
    """The key of a folder, as it is now; given to a client as `api_key=`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self) -> Secret:
        return Secret.load_with_fallbacks("EXAMPLE_KEY", folder=self.folder)


def main() -> list[SecretExposure]:
    """Call with one key and then with another; return what the audit was told."""
    exposures: list[SecretExposure] = []
    before = Secret.audit(exposures.append)
    try:
        with TemporaryDirectory() as name, serve_in_thread(Emulator()) as base_url:
            rotate(Path(name), base_url)
    finally:
        Secret.audit(before)
    for each in exposures:
        print(f"key {each.fingerprint}, time {each.count}: {each.caller.rpartition('/')[2]}")
    return exposures


def rotate(folder: Path, base_url: str) -> None:
    """Call before and after the key changes, and once while its file is broken."""
    write(folder / ".env", f"EXAMPLE_KEY={FIRST}\n")
    with Client(api_key=Key(folder), base_url=base_url) as client:
        client.models.list()
        client.models.list()
        write(folder / ".env", f"EXAMPLE_KEY={SECOND}\n")
        client.models.list()
        write(folder / "secrets.sh", "export EXAMPLE_KEY='sk-example\n")
        try:
            client.models.list()
        except SecretError as error:
            print(error.source.rpartition("/")[2], error.reason)


if __name__ == "__main__":
    main()
