"""RxDB's schemas are pinned to their version: collections that exist must not meet others."""

import hashlib

import msgspec

from backend.sync.rx.schema import SCHEMAS, VERSION


def test_another_schema_is_another_version() -> None:
    digest = hashlib.sha256(msgspec.json.encode(SCHEMAS)).hexdigest()[:16]
    assert {VERSION: digest} == {2: "c4d803a5a40f4697"}, (
        "Clients keep collections of the old schema: raise VERSION, and pin the new hash here."
    )
