"""What answers may be packed with: gzip always, zstd where a decoder is installed."""

import importlib
import io
import zlib
from collections.abc import Callable
from http.client import HTTPException, IncompleteRead
from importlib.util import find_spec
from typing import Any

LARGEST_BODY = 64 * 1024 * 1024
"""A small answer must not fill the phone's memory."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS

type _Unpack = Callable[[bytes], bytes]


def _gunzip(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    plain = unpacker.decompress(body, LARGEST_BODY + 1)
    if not unpacker.eof and len(plain) <= LARGEST_BODY:
        raise IncompleteRead(body)
    return plain


def _zstd() -> dict[str, _Unpack]:
    """Return the decoder of the package `zstandard`, none on a phone without it."""
    if find_spec("zstandard") is None:
        return {}
    zstandard: Any = importlib.import_module("zstandard")

    def unpack(body: bytes) -> bytes:
        try:
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body)) as reader:
                plain: bytes = reader.read(LARGEST_BODY + 1)
        except zstandard.ZstdError as error:
            raise IncompleteRead(body) from error
        return plain

    return {"zstd": unpack}


_DECODERS: dict[str, _Unpack] = {**_zstd(), "gzip": _gunzip}

ACCEPTED = ", ".join(_DECODERS)
"""The header Accept-Encoding, the smallest form first."""


def unpack(body: bytes, encoding: str) -> bytes:
    """Return the plain body; raises HTTPException for one that is too large or cut off."""
    decoder = _DECODERS.get(encoding.lower())
    plain = decoder(body) if decoder is not None and body else body
    if len(plain) > LARGEST_BODY:
        raise HTTPException("The answer is larger than this phone takes.")
    return plain
