"""The one error of the warehouse."""


class WarehouseError(Exception):
    """The warehouse can't be reached, set up or used; the message says what to do."""
