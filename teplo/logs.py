"""Logs: one JSON object a line on standard error, at the level of the settings."""

from __future__ import annotations

import logging
import sys

import structlog

from metering.errors import ConfigurationError

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def set_up_logs(level: str) -> None:
    """Send structured logs to standard error; ConfigurationError for an unknown level."""
    if level not in LEVELS:
        raise ConfigurationError(f"TEPLO_LOG_LEVEL is {level!r}; it may be {', '.join(LEVELS)}.")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
