"""What every part of the system shares: settings, the warehouse, logging, and the supervisor behind `make run`."""

import kasparro.interrupts  # noqa: F401  # before what takes long to import
