"""Refresh secrets: only the holder of the old one can read the new one."""

import pytest
from cryptography.exceptions import InvalidTag

from backend.identity.refresh_secrets import (
    hash_secret,
    new_secret,
    open_successor,
    seal_successor,
)
from backend.ids import OrgId, new_id


def test_a_successor_comes_back_under_the_presented_secret_alone() -> None:
    presented, successor, org_id = new_secret(), new_secret(), OrgId(new_id())
    sealed = seal_successor(presented, successor, org_id=org_id)
    assert open_successor(presented, sealed, org_id=org_id) == successor
    assert successor.encode() not in sealed
    with pytest.raises(InvalidTag):
        open_successor(new_secret(), sealed, org_id=org_id)
    with pytest.raises(InvalidTag):
        open_successor(presented, sealed, org_id=OrgId(new_id()))
    with pytest.raises(InvalidTag):
        open_successor(presented, sealed[:-1] + bytes([sealed[-1] ^ 1]), org_id=org_id)


def test_a_secret_has_256_bits_and_is_found_by_its_hash() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}
    assert len({hash_secret(secret) for secret in secrets}) == 100
