"""Log lines: one line an event, JSON, UTC; line breaks in a message cannot fake a second event."""

import json
import logging
from datetime import UTC, datetime


class OneLineFormatter(logging.Formatter):
    """Format a record as one JSON object; never the body of a request."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
