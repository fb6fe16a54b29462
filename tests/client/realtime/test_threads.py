"""A session of a blocking client, with a thread that receives and others that send."""

import threading
from concurrent.futures import ThreadPoolExecutor

from api_openai import Client

from .callers import CREATED
from .peer import HEAR, Peer, Step

COUNT = 200


def test_threads_send_while_one_receives() -> None:
    script: list[Step] = [CREATED, *4 * COUNT * [HEAR], {"type": "all"}]
    seen: list[str] = []
    with Peer(script) as peer:
        connection = Client(api_key="k", base_url=peer.url).realtime.connect(model="m").enter()

        def receive() -> None:
            while seen[-1:] != ["all"]:
                seen.append(str(connection.recv().type))

        def say(name: str) -> None:
            for at in range(COUNT):
                connection.send({"type": name, "at": at})

        receiver = threading.Thread(target=receive)
        receiver.start()
        with ThreadPoolExecutor(4) as pool:
            for each in [pool.submit(say, name) for name in "abcd"]:
                each.result()
        receiver.join()
        connection.close()
    heard = peer.sessions[0].heard
    assert seen == ["session.created", "all"]
    for name in "abcd":
        assert [each["at"] for each in heard if each["type"] == name] == [*range(COUNT)]


def test_close_from_another_thread_ends_the_loop() -> None:
    with Peer([CREATED]) as peer, Client(api_key="k", base_url=peer.url) as client:
        connection = client.realtime.connect(model="m").enter()
        events = iter(connection)
        assert next(events).type == "session.created"
        with ThreadPoolExecutor(1) as pool:
            rest = pool.submit(list, events)
            connection.close()
            assert rest.result() == []
