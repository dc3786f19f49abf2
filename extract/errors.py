"""The errors that a source's user sees."""


class SourceError(Exception):
    """A source could not be read. The message is one line: what happened and what to do; it holds no key."""


class RefusedError(SourceError):
    """The key or the plan does not allow this: asking again would be refused again."""
