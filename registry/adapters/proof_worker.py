"""The program of a worker process: signatures on standard input, a byte for each as the answer.

A batch is four bytes that count it, and 160 for each signature: key, signature, and the two digests
that it is over. It imports nothing of ours, so that it starts at once.
"""

import signal
import sys
from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

COUNT_BYTES: Final = 4
_KEY_BYTES: Final = 32
EACH: Final = 160


def main() -> None:
    """Answer batches until the input ends."""
    # Ctrl-C is for the process that asks; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    read, write = sys.stdin.buffer.read, sys.stdout.buffer
    while len(head := read(COUNT_BYTES)) == COUNT_BYTES:
        size = EACH * int.from_bytes(head, "big")
        batch = read(size)
        write.write(bytes(_holds(batch[at : at + EACH]) for at in range(0, size, EACH)))
        write.flush()


def _holds(item: bytes) -> bool:
    try:
        crypto_sign_open(item[_KEY_BYTES:], item[:_KEY_BYTES])
    except BadSignatureError:
        return False
    return True


if __name__ == "__main__":
    main()
