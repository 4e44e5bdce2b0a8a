"""The protocol's version and its history, one line a version."""

PROTOCOL_VERSION = 1

HISTORY = {
    1: "Snapshot cursor, buckets, field-level merge, acks through pull, tus uploads.",
}
