"""Take a compressed list apart within bounds: one whole stream, and no more than was allowed."""

import zlib
from typing import Final

from ssi_core.errors import MalformedError

# Window bits, as zlib counts them: RFC 1950 and RFC 1952 frames, each with its own checksum.
ZLIB: Final = 15
GZIP: Final = 31
MAX_LIST_BYTES: Final = 2_097_152


def inflate(compressed: bytes, *, frame: int, max_bytes: int, at: str) -> bytes:
    """Return what one stream in `frame` (`ZLIB` or `GZIP`) holds: 1 to `max_bytes` bytes.

    Nothing beyond the bound is ever inflated. A stream that is cut, damaged, empty or followed by
    anything else is a `MalformedError`.
    """
    inflater = zlib.decompressobj(frame)
    try:
        data = inflater.decompress(compressed, max_bytes + 1)
    except zlib.error:
        raise MalformedError("a status list is not compressed as it must be", at=at) from None
    if len(data) > max_bytes:
        raise MalformedError("a status list is larger than allowed", at=at)
    if not inflater.eof or inflater.unused_data or not data:
        raise MalformedError("a status list is one whole compressed stream", at=at)
    return data


def deflate(data: bytes, *, frame: int) -> bytes:
    """Return `data` as one stream in `frame`, compressed as hard as possible.

    A gzip header made here has no time in it (RFC 1952, MTIME 0), so equal lists are equal bytes.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, frame)
    return compressor.compress(data) + compressor.flush()
