"""The phone's SQLite store: server image, pending overlay, outbox. Imports the protocol only."""
