"""What a mutation is answered when nothing is carried out."""

import hashlib

import msgspec

from backend.sync import ledger
from backend.sync.protocol.messages import Mutation, MutationResult, Status


def hash_mutation(mutation: Mutation) -> bytes:
    """Hash what the mutation says, not how often or in which batch it is sent."""
    plain = msgspec.structs.replace(mutation, seq=0)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).digest()


def repeat(mutation: Mutation, known: ledger.Known, body_hash: bytes) -> MutationResult:
    """Return the stored result as a duplicate; another body under the same id is rejected."""
    if known.body_hash != body_hash:
        detail = "Another change was sent under this id: make a new id."
        return rejected(mutation, "id_reused", detail)
    return msgspec.structs.replace(known.result, status=Status.DUPLICATE, was=known.result.status)


def rejected(mutation: Mutation, code: str, detail: str) -> MutationResult:
    """Return the answer to a mutation that is never taken; `detail` is for people."""
    return MutationResult(id=mutation.id, status=Status.REJECTED, code=code, detail=detail)


def unknown(mutation: Mutation) -> MutationResult:
    """Return the answer to a change of what is not there, or not the person's to see."""
    detail = f"There is no {mutation.table} of this id in your territories."
    return rejected(mutation, "record_unknown", detail)
