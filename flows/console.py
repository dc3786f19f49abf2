"""What the programs of this package have in common on the console."""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

from kasparro import interrupts

STOPPED = 130


@contextmanager
def stoppable(said: str) -> Generator[None]:
    """Ctrl-C and SIGTERM are one wish to stop: once it is recorded, say so, and end the process with 130.

    At once: threads that still wait for a provider, or for the warehouse, have nothing to add.
    """
    interrupts.be_told()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print(said, file=sys.stderr, flush=True)
        os._exit(STOPPED)
    finally:
        signal.signal(signal.SIGTERM, before)
