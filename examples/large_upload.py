"""A large file in parts: the line breaks in the middle, and the rest is sent later.

python -m examples.large_upload
"""

import tempfile
from pathlib import Path

from api_openai import Client, OpenAIError, UploadProgress
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Reset

MEBIBYTE = 1024 * 1024


def send(client: Client, path: Path, progress: UploadProgress | None) -> str | UploadProgress:
    """Send a file, or what is missing of it; return its id, or how far it came."""
    try:
        upload = client.uploads.upload_file_chunked(
            file=path,
            mime_type="application/octet-stream",
            purpose="user_data",
            part_size=4 * MEBIBYTE,
            resume=progress,
        )
    except OpenAIError as error:
        if not isinstance(error.progress, UploadProgress):
            raise  # there is no upload yet
        print(f"{type(error).__name__}: {error.__notes__[0]}")
        return error.progress
    assert upload.file is not None
    return upload.file.id


def main() -> tuple[str, int]:
    """Upload 18 MiB over a line that breaks once; return the file's id and size."""
    emulator = Emulator()
    emulator.script(None, None, Reset(), path="/uploads/*/parts")
    with tempfile.TemporaryDirectory() as folder, serve_in_thread(emulator) as base_url:
        path = Path(folder) / "recording.bin"
        path.write_bytes(bytes(18 * MEBIBYTE))
        with Client(api_key="sk-demo", base_url=base_url) as client:
            sent: str | UploadProgress | None = None
            while not isinstance(sent, str):
                sent = send(client, path, sent)
            size = client.files.retrieve(sent).bytes
    print(f"{sent} has {size} bytes")
    return sent, size


if __name__ == "__main__":
    main()
