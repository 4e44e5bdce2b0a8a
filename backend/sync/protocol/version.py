"""The protocol's version and its history, one line a version."""

PROTOCOL_VERSION = 5

OLDEST_VERSION = 1
"""Older clients than this are asked to update; two versions back are always taken."""

HISTORY = {
    1: "Snapshot cursor, buckets, field-level merge, acks through pull, tus uploads.",
    2: "Manifest, checksums, expiry; inc; issues as records; forked devices; boot-time clocks.",
    3: "Day packs, and reworks: days that were planned anew on the phone.",
    4: "When an account would rather be visited.",
    5: "What a visit is for.",
}
