"""Blocking code with threads: one client for all of them, at most four connections.

python -m examples.threads
"""

from concurrent.futures import ThreadPoolExecutor

from api_openai import Client, Network
from api_openai.emulator import Emulator, serve_in_thread


def main(documents: int = 24) -> list[int]:
    """Embed documents from eight threads; return the size of each vector."""
    with (
        serve_in_thread(Emulator()) as base_url,
        Client(api_key="sk-demo", base_url=base_url, network=Network(max_connections=4)) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):

        def embed(number: int) -> int:
            answer = client.embeddings.create(
                model="text-embedding-3-small",
                input=f"Document {number}",
                encoding_format="base64",
                dimensions=256,
            )
            return len(answer.data[0].floats())

        sizes = list(pool.map(embed, range(documents)))
    print(f"{len(sizes)} vectors of {sizes[0]} floats each")
    return sizes


if __name__ == "__main__":
    main()
