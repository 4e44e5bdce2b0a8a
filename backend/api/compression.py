"""Answers compressed by their own handler: zstd where the client takes it, else gzip."""

import re
import zlib

import zstandard
from litestar.response import Response

_SMALLEST = 1000
"""Fewer bytes travel in one packet, however they are written."""
_ZSTD_LEVEL = 3
_GZIP_LEVEL = 5
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_WEIGHT = re.compile(r"\bq\s*=\s*([0-9.]+)")


def compressed_json(body: bytes, accepted: str) -> Response[bytes]:
    """Return a JSON answer; `accepted` is the request's Accept-Encoding.

    The handler needs `opt=COMPRESSED`, so that nobody compresses its answer again.
    """
    headers = {"Vary": "Accept-Encoding"}
    coding = choose_coding(accepted) if len(body) >= _SMALLEST else None
    if coding == "zstd":
        body = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)
    elif coding == "gzip":
        packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
        body = packer.compress(body) + packer.flush()
    if coding is not None:
        headers["Content-Encoding"] = coding
    return Response(body, media_type="application/json", headers=headers)


COMPRESSED = {"is_compressed": True}
"""The option of handlers that compress their answers by themselves."""


def choose_coding(accepted: str) -> str | None:
    """Return `zstd`, `gzip`, or None where the client takes neither."""
    offered = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = _WEIGHT.search(parameters)
        offered[name.strip()] = weight is None or weight[1].strip("0.") != ""
    return next((name for name in ("zstd", "gzip") if offered.get(name)), None)
