"""From bytes to text: strictly, with an answer that names the byte and the way out."""

import codecs
import unicodedata
from enum import StrEnum

from backend.api.problems import Malformed, malformed_field


class Encoding(StrEnum):
    """How a file is written; `auto` takes its byte order mark, else UTF-8."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    WINDOWS_1258 = "windows-1258"
    WINDOWS_1252 = "windows-1252"


_CODECS = {
    Encoding.UTF_8: "utf-8-sig",
    Encoding.UTF_16: "utf-16",
    Encoding.WINDOWS_1258: "cp1258",
    Encoding.WINDOWS_1252: "cp1252",
}
_OLD = frozenset({Encoding.WINDOWS_1258, Encoding.WINDOWS_1252})
_SAVE = "Save the file as “CSV UTF-8” and send it again"
_SAY = "say its encoding (windows-1258 for older Vietnamese files, utf-16 for “Unicode text”)"


def decode(content: bytes, encoding: Encoding) -> str:
    """Return the text, composed (NFC); raise Malformed when it is written in another way."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _refusal(f"The file is UTF-32. {_SAVE}.", "encoding_unsupported")
    marked = _marked(content)
    if encoding in _OLD and (marked or _is_telling_utf_8(content)):
        actual = marked or Encoding.UTF_8
        raise _refusal(
            f"The file is {actual.upper()}, not {encoding}: leave the encoding on auto.",
            "encoding_mismatch",
        )
    chosen = marked or Encoding.UTF_8 if encoding is Encoding.AUTO else encoding
    try:
        text = content.decode(_CODECS[chosen])
    except UnicodeDecodeError as error:
        raise _undecodable(content, chosen, error) from error
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise _refusal(
            f"The file holds NUL characters: it is UTF-16 without its mark, or no text. {_SAVE}, "
            "or choose utf-16.",
            "encoding_unknown",
        )
    return unicodedata.normalize("NFC", text)


def _marked(content: bytes) -> Encoding | None:
    """Return the encoding that the byte order mark names."""
    if content.startswith(codecs.BOM_UTF8):
        return Encoding.UTF_8
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding.UTF_16
    return None


def _is_telling_utf_8(content: bytes) -> bool:
    """Tell whether bytes beyond ASCII follow UTF-8's pattern: no older text does so by chance."""
    if content.isascii():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(content: bytes, chosen: Encoding, error: UnicodeDecodeError) -> Malformed:
    line = content.count(b"\n", 0, error.start) + 1
    byte = content[error.start] if error.start < len(content) else 0
    others = [one for one in _OLD if one is not chosen]
    way_out = _SAY if chosen is Encoding.UTF_8 else f"try {' or '.join(sorted(others))}"
    return _refusal(
        f"Byte 0x{byte:02X} at position {error.start:,} (line {line:,}) is not {chosen.upper()}. "
        f"{_SAVE}, or {way_out}.",
        "encoding_unknown",
    )


def _refusal(message: str, code: str) -> Malformed:
    return malformed_field("file", message, code=code)
