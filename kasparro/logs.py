"""Logging: one line per event on stderr, for people (`console`) or machines (`json`), without secrets."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import quote, quote_plus

from kasparro.settings import Settings, load_settings

OURS = ("kasparro", "extract", "flows", "api", "providers")
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
PASSWORD_IN_URL = re.compile(r"(?<=://)([^:/@\s]*):[^@/\s]+(?=@)")
SHORTEST_SECRET = 8  # what is shorter can't be told from plain text
_hidden: tuple[str, ...] = ()
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and whatever was passed as `extra`."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._secrets = (*secrets, *(json.dumps(secret)[1:-1] for secret in secrets))

    def format(self, record: logging.LogRecord) -> str:
        """Render one record."""
        entry: dict[str, object] = {name: value for name, value in vars(record).items() if name not in STANDARD}
        entry |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = record.stack_info
        try:
            line = json.dumps(entry, default=str, allow_nan=False)
        except (TypeError, ValueError):  # a key that is no text, a NaN, a circle: shown as Python shows it
            line = json.dumps({name: value if isinstance(value, str) else repr(value) for name, value in entry.items()})
        return redacted(line, self._secrets)


class ConsoleFormatter(logging.Formatter):
    """`12:30:05 message`, with the level where it is not INFO; an exception in the same line, traced at DEBUG only."""

    def __init__(self, secrets: tuple[str, ...] = (), *, traces: bool = False) -> None:
        super().__init__()
        self._secrets = secrets
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """Render one record."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        line = f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S} {level}{record.getMessage()}"
        if record.exc_info and self._traces:
            line += f"\n{self.formatException(record.exc_info)}"
        elif record.exc_info and record.exc_info[1]:
            lines = str(record.exc_info[1]).strip().splitlines()
            line += f" ({type(record.exc_info[1]).__name__}{f': {lines[0]}' if lines else ''})"
        # a provider's text may neither move the cursor nor forge a line
        return redacted(CONTROL.sub("\N{REPLACEMENT CHARACTER}", line).replace("\n", "\n  "), self._secrets)


def redacted(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text with known secrets, those given and those hidden, and the passwords of URLs masked."""
    for secret in (*secrets, *_hidden):
        text = text.replace(secret, "***")
    return PASSWORD_IN_URL.sub(r"\1:***", text)


def hide(secret: str) -> None:
    """Mask a secret in all lines from now on, also as JSON and URLs write it. Whoever hands one out calls this."""
    global _hidden  # noqa: PLW0603  # logging is one for the whole process
    if len(secret) >= SHORTEST_SECRET:
        forms = (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret))
        _hidden = tuple(dict.fromkeys((*_hidden, *forms)))


def holds_secret(text: str) -> bool:
    """Whether a hidden secret is in a text."""
    return any(secret in text for secret in _hidden)


def configure(settings: Settings) -> None:
    """Send all logging to stderr in the configured level and format; libraries only from WARNING on.

    An exception that nobody catches is logged, too: on a console at INFO as one line.
    """
    level = settings.log_level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings))
    logging.captureWarnings(True)
    logging.basicConfig(
        handlers=[handler], level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), force=True
    )
    set_level(settings)
    sys.excepthook = _log_uncaught


def service_formatter(*_: object, **__: object) -> logging.Formatter:
    """The formatter of a service that sets its logging up itself, as Prefect does (prefect_logging.yml)."""
    return _formatter(load_settings())


def _formatter(settings: Settings) -> logging.Formatter:
    secrets = known_secrets(settings)
    for secret in secrets:
        hide(secret)
    if (settings.log_format or ("console" if sys.stderr.isatty() else "json")) == "console":
        return ConsoleFormatter(secrets, traces=settings.log_level == "debug")
    return JsonFormatter(secrets)


def set_level(settings: Settings) -> None:
    """Let our own lines through from the configured level on, to wherever logging goes."""
    for name in OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """What the settings hold that no log may show; what is too short to be told from plain text is left out."""
    url = settings.warehouse_url
    given = (
        settings.admin_api_key,
        settings.coingecko_api_key,
        settings.coinpaprika_api_key,
        (settings.prefect_auth or "").partition(":")[2],
        str(url.password or "") if url else None,
        settings.alert_url,
    )
    return tuple(secret for secret in given if secret and len(secret) >= SHORTEST_SECRET)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("kasparro").critical("stopped by an unexpected error", exc_info=(kind, error, trace))
