"""The sync engine: HTTP, tokens, push, pull, uploads. Imports the store and the protocol."""
