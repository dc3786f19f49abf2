"""The error that a source's user sees."""


class SourceError(Exception):
    """A source could not be read. The message is one line: what happened and what to do; it holds no key."""
