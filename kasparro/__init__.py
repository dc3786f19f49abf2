"""What every part of the system shares: settings, the warehouse, logging, and the supervisor behind `make run`."""

from kasparro import interrupts as interrupts  # before what takes long to import
