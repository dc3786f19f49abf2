"""Ctrl-C while a command is still being imported, which takes seconds, ends it at once and without a traceback.

Each package of ours that has commands imports this first. A command that has something to undo, or to record, asks to
`be_told`.
"""

import signal
import sys

LOOKING_FOR_A_COMMAND = "-m"
"""What Python calls the program while it imports the package of `python -m flows.elt`, and nothing of ours later."""


def be_told() -> None:
    """Let Ctrl-C raise KeyboardInterrupt from here on; where it is ignored (`nohup … &`), it stays so."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if sys.argv[:1] == [LOOKING_FOR_A_COMMAND] and signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
