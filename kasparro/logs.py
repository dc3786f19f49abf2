"""Logging: one line per event on stderr, for people (`console`) or machines (`json`)."""

import json
import logging
import sys
from datetime import UTC, datetime

from kasparro.settings import Settings

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and whatever was passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one record."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({name: value for name, value in vars(record).items() if name not in STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


class ConsoleFormatter(logging.Formatter):
    """`12:30:05 message`, with the level where it is not INFO."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one record."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        line = f"{datetime.fromtimestamp(record.created):%H:%M:%S} {level}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(settings: Settings) -> None:
    """Send all logging to stderr in the configured level and format; libraries only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    chosen = settings.log_format or ("console" if sys.stderr.isatty() else "json")
    handler.setFormatter(ConsoleFormatter() if chosen == "console" else JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    level = settings.log_level.upper()
    for name in ("kasparro", "extract", "flows", "api", "providers"):
        logging.getLogger(name).setLevel(level)
