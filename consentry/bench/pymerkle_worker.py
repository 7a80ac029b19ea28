"""pymerkle on its own SQLite store, run by a Python that has it; a line of JSON to and fro.

{"fill": {"path": file, "size": entries, "bytes": of each}}
{"run": {"work": "inclusion", "size": entries, "count": times}}
{"spent": true}     seconds of work so far, as {"seconds": ...}
"""

import json
import os
import random
import sys
import time
from importlib import import_module
from typing import Any


def main() -> None:
    """Answer until nobody asks any more."""
    pymerkle: Any = import_module("pymerkle")
    tree: Any = None
    spent = 0.0
    for line in sys.stdin:
        asked = json.loads(line)
        if fill := asked.get("fill"):
            tree = pymerkle.SqliteTree(fill["path"])
            tree.append_entries([os.urandom(fill["bytes"]) for _ in range(fill["size"])])
        elif run := asked.get("run"):
            spent += _run(pymerkle, tree, run)
        print(json.dumps({"seconds": spent}), flush=True)  # noqa: T201 - the answer


def _run(pymerkle: Any, tree: Any, run: dict[str, Any]) -> float:
    size = run["size"]
    places = [random.randint(1, size) for _ in range(run["count"])]  # noqa: S311 - no secret
    root = tree.get_root(size)
    began = time.process_time()
    if run["work"] == "inclusion":
        for place in places:
            tree.prove_inclusion(place, size)
        return time.process_time() - began
    proofs = [(tree.get_leaf(place), tree.prove_inclusion(place, size)) for place in places[:50]]
    began = time.process_time()
    for number in range(len(places)):
        leaf, proof = proofs[number % len(proofs)]
        pymerkle.verify_inclusion(leaf, root, proof)
    return time.process_time() - began


if __name__ == "__main__":
    main()
