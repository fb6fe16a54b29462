"""Bodies in files that go out without being read here: the system copies them itself."""

from typing import Any

from ..http.body import BodyReader
from ..http.body_readers import InFile
from ..http.http1 import Http1Client
from ..terms.errors import APIConnectionError
from .backend import Backend, DeadlinePassed
from .deadlines import Deadlines


async def send_unread(
    backend: Backend[Any], conn: Any, machine: Http1Client, reader: BodyReader, deadlines: Deadlines
) -> int:
    """Send what comes next of a body, where that is in a file, and return how much of it went.

    It ends early when the peer has something to say, and where reading has to go on.
    """
    if not isinstance(reader, InFile) or reader.length is None:
        return 0  # what goes in chunks has their sizes in between
    if (span := reader.span()) is None:
        return 0
    if (sender := backend.file_sender(conn, span.fd)) is None:
        return 0
    done = 0
    try:
        while done < span.size:
            deadline, at = deadlines.until("send"), span.at + done
            went = await backend.send_file(conn, sender, at, span.size - done, deadline)
            if not went:
                break
            done += went
    except DeadlinePassed:
        raise deadlines.passed("send", "maybe") from None
    except APIConnectionError as failure:
        failure.sent = "maybe"  # the head has gone before
        raise
    finally:
        sender.close()
    machine.sent(done)
    reader.skip(done)
    return done
