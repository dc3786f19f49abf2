"""What every part of the system shares: settings, the warehouse, logging, and the supervisor behind `make run`.

Whatever imports it, which every program of ours does first, has put away what the shell has for other programs.
"""

import os

from kasparro import interrupts as interrupts  # before what takes long to import
from kasparro import shell

shell.put_away(os.environ)
