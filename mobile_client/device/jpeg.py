"""A small baseline JPEG made of flat blocks (ITU-T T.81): a real photo for a faked camera."""

from collections.abc import Iterable

_BLOCK = 8
# The code lengths of the standard luminance DC table (T.81, table K.3): categories 0 to 11.
_DC_COUNTS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_VALUES = tuple(range(12))
# The only AC symbol used is "end of block": one code of one bit.
_AC_COUNTS = (1, *(0,) * 15)
_AC_VALUES = (0,)
_END_OF_BLOCK = (0, 1)
_COMPONENTS = 3

type Rgb = tuple[int, int, int]
type Code = tuple[int, int]


def draw_jpeg(rows: list[list[Rgb]]) -> bytes:
    """Return a JPEG in which every colour of the grid fills a square of 8 pixels."""
    height, width = len(rows) * _BLOCK, len(rows[0]) * _BLOCK
    frame = [8, *_word(height), *_word(width), _COMPONENTS]
    for component in range(1, _COMPONENTS + 1):
        frame += [component, 0x11, 0]
    scan = [_COMPONENTS, 1, 0, 2, 0, 3, 0, 0, 63, 0]
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, bytes([0, *[1] * 64])),
            _segment(0xC0, bytes(frame)),
            _segment(0xC4, bytes([0x00, *_DC_COUNTS, *_DC_VALUES])),
            _segment(0xC4, bytes([0x10, *_AC_COUNTS, *_AC_VALUES])),
            _segment(0xDA, bytes(scan)),
            _pack(_codes(rows)),
            b"\xff\xd9",
        )
    )


def _word(number: int) -> tuple[int, int]:
    return number >> 8, number & 0xFF


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker, *_word(len(body) + 2)]) + body


def _dc_code(category: int) -> Code:
    """Return (code, bits) of a difference's size category in the canonical Huffman table."""
    code = index = 0
    for bits, count in enumerate(_DC_COUNTS, start=1):
        if category < index + count:
            return code + category - index, bits
        code, index = (code + count) << 1, index + count
    msg = f"No code for category {category}."
    raise ValueError(msg)


def _codes(rows: list[list[Rgb]]) -> Iterable[Code]:
    last = [0] * _COMPONENTS
    for row in rows:
        for colour in row:
            for component, level in enumerate(_ycbcr(colour)):
                # A flat block's first coefficient is eight times its level; all others are zero.
                value = _BLOCK * (level - 128)
                step, last[component] = value - last[component], value
                category = abs(step).bit_length()
                yield _dc_code(category)
                if category:
                    yield (step if step > 0 else step + (1 << category) - 1, category)
                yield _END_OF_BLOCK


def _ycbcr(colour: Rgb) -> tuple[int, int, int]:
    """Convert by the JFIF 1.02 formula."""
    red, green, blue = colour
    levels = (
        0.299 * red + 0.587 * green + 0.114 * blue,
        128 - 0.168736 * red - 0.331264 * green + 0.5 * blue,
        128 + 0.5 * red - 0.418688 * green - 0.081312 * blue,
    )
    first, second, third = (min(255, max(0, round(level))) for level in levels)
    return first, second, third


def _pack(codes: Iterable[Code]) -> bytes:
    """Write the bits, fill the last byte with ones and stuff a zero after each 0xFF."""
    bits = "".join(f"{code:0{length}b}" for code, length in codes)
    bits += "1" * (-len(bits) % 8)
    packed = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return packed.replace(b"\xff", b"\xff\x00")
