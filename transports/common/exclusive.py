"""One lock for the decisions of policies, in the whole process: clients of any kind share those.

It is held for microseconds. A child process begins with it free, whoever held it in the parent.
"""

import os
from threading import RLock
from typing import Final

EXCLUSIVE: Final = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=EXCLUSIVE.acquire,
        after_in_parent=EXCLUSIVE.release,
        after_in_child=EXCLUSIVE.release,
    )
