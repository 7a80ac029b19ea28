"""How to check an entry without believing this page: by command, or with nothing of ours."""

from typing import Final

from registry.web.frame import note, page
from registry.web.html import el

# Python's standard library and RFC 9162, section 2.1.3.2: short enough to be read before it is run.
PROGRAM: Final = '''"""Check that an entry is in the tree of a log's checkpoint."""
import base64, hashlib, json, sys, urllib.request

registry, index = sys.argv[1].rstrip("/"), int(sys.argv[2])


def get(path):
    return urllib.request.urlopen(registry + path).read()


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


origin, size, root = get("/checkpoint").decode().split("\\n")[:3]
proof = json.loads(get(f"/proofs/inclusion?index={index}&size={size}"))
here, last = index, int(size) - 1
node = digest(b"\\0", get(f"/entries/{index}"))
for text in proof["path"]:
    beside = base64.urlsafe_b64decode(text + "=")
    if here % 2 or here == last:
        node = digest(b"\\1", beside, node)
        while here % 2 == 0 and here:
            here, last = here // 2, last // 2
    else:
        node = digest(b"\\1", node, beside)
    here, last = here // 2, last // 2
if last or node != base64.b64decode(root):
    sys.exit("NOT in the log")
print("entry", index, "is in", origin, "with", size, "entries and root", root)
'''


def verify_page(*, origin: str, url: str, index: int | None) -> str:
    """Return the page; `index` is the entry that the reader comes from, if from any."""
    entry = str(index or 0)
    return page(
        "Check it yourself",
        note(
            "These pages are made by whoever keeps the log, so they prove nothing. What proves "
            "something is a program of yours, over what the log itself gives out."
        ),
        el("h2", "With the toolkit"),
        note("The whole log from afar: every signature, every change of state, every root:"),
        el("pre", f"consentry registry audit --registry {url}"),
        note("One entry, as a proof in a file that can be checked later without asking anybody:"),
        el(
            "pre",
            f"consentry registry prove --registry {url} --index {entry} --out entry.tlog-proof",
        ),
        el("pre", "consentry registry verify entry.tlog-proof --policy policy.txt"),
        note("A replica of your own asks nobody what you look for:"),
        el("pre", f"consentry registry replica --source {url} --policy policy.txt"),
        el("h2", "With nothing but Python"),
        note("Save this as check.py, read it, and run it with the number of an entry:"),
        el("pre", f"python3 check.py {url} {entry}"),
        el("pre", PROGRAM, id="program"),
        note(
            "It shows that the entry is in the tree. That everybody is shown the same tree is what "
            "the witnesses' signatures in the checkpoint are for: check them with keys that you "
            "did not get from here."
        ),
        el("h2", "What looking gives away"),
        note(
            "Whoever keeps this log sees which entries you look at. A grant's id is known to the "
            "patient and to the recipient alone, so asking for one tells that one of them asks. "
            "Whoever does not want that keeps a replica, and looks at that."
        ),
        origin=origin,
    )
