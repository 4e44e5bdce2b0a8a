"""The sync protocol, pure: standard library and msgspec only, so that the phone imports it too."""
