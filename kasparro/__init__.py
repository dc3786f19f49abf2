"""What every part of the system shares: settings, the warehouse, logging, and the supervisor behind `make run`."""
