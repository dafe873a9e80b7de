"""Why a connection ended, in a word for the counters and in a sentence for people."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """Of the connection of a known modem; the value completes "was cut: "."""

    HUNG_UP = "the modem hung up"
    RESET = "the network reset the connection"
    SILENT = "the modem was silent for too long: its radio or the carrier dropped it without a word"
    REPLACED = "the modem connected anew, and its newest connection is the one that counts"
    FORGOTTEN = "its line was changed or is no longer registered"
    FLOODED = "it sent more than anybody asked for"
    ABANDONED = "a conversation was broken off, and half an answer must not meet the next question"
    STOPPED = "the collector stops"
    RETURNED = "its link was closed"
    REFUSED = "it was refused"


class Refusal(StrEnum):
    """Why a connection did not come to be the one of a known modem."""

    FULL = "full"
    PER_ADDRESS = "per_address"
    NO_SOCKET = "no_socket"
    """The operating system gives no more; counted once for each second's wait."""
    HEADER = "header"
    HANDSHAKE = "handshake"
    """Of TLS; or the network cut the connection before anything was read."""
    HELLO_TIME = "hello_time"
    HELLO_SIZE = "hello_size"
    HELLO_UNKNOWN = "hello_unknown"
    LEFT = "left"
    """It hung up before it had said who it is: a port scan, mostly."""
    SERVICE_CHANNEL = "service_channel"
    NOT_REGISTERED = "not_registered"
    STRANGERS_FULL = "strangers_full"
    STRANGER_FLOODED = "stranger_flooded"
