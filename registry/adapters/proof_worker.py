"""The program of a worker process: proofs on standard input, a digit for each on standard output.

A proof is a line of verification method, proof value and signed data, each in hex; an empty line
ends a batch, which is answered with one line.
"""

import signal
import sys

from registry.model.envelope import Proof


def main() -> None:
    """Answer batches until the input ends."""
    # Ctrl-C is for the process that asks; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers: list[str] = []
    for line in sys.stdin:
        if line == "\n":
            sys.stdout.write("".join(answers) + "\n")
            sys.stdout.flush()
            answers = []
        else:
            answers.append(_answer(line))


def _answer(line: str) -> str:
    method, value, data = (bytes.fromhex(part) for part in line.rstrip("\n").split(" "))
    return "1" if Proof(method.decode(), value.decode(), data).failure() is None else "0"
