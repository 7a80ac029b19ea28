"""Evidence as the text of an answer, of which most is the same for everybody who asks."""

import json
from functools import lru_cache
from typing import Final, final

from registry.model.log_evidence import LogEvidence
from registry.model.proof import EntryProof
from registry.model.status_proof import ChunkProof
from ssi_core.encoding import base64url_encode_all

_RENDER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
# Checkpoints and snapshots of the newest head and a few before it, which some are still reading.
_HEADS: Final = 8
# A chunk is there twice, and is 16 KiB large the first time.
_CHUNKS: Final = 64


@final
class EvidenceText:
    """Renders evidence as `LogEvidence.to_json` does, byte for byte. Threads may share it.

    What depends on the log's head alone is rendered once and found again by its value.
    """

    def __init__(self) -> None:
        self._checkpoint = lru_cache(_HEADS)(_RENDER)
        self._snapshot = lru_cache(_HEADS)(_entry)
        self._status = lru_cache(_CHUNKS)(_status)

    def render(self, evidence: LogEvidence) -> bytes:
        """Return the JSON text of `evidence`, in UTF-8."""
        entries = [_entry(proof) for proof in evidence.entries[:-1]]
        # The last one is the log's snapshot.
        entries += [self._snapshot(proof) for proof in evidence.entries[-1:]]
        statuses = [self._status(proof) for proof in evidence.statuses]
        checkpoint = self._checkpoint(evidence.checkpoint)
        text = f'{{"entries":[{",".join(entries)}],"checkpoint":{checkpoint}'
        text += f',"statuses":[{",".join(statuses)}]'
        if evidence.waiting:
            text += f',"waiting":{_RENDER([raw.decode() for raw in evidence.waiting])}'
        return (text + "}").encode()


def _entry(proof: EntryProof) -> str:
    path = '","'.join(base64url_encode_all(proof.path))
    listed = f'["{path}"]' if path else "[]"
    return f'{{"entry":{_RENDER(proof.raw.decode())},"index":{proof.index},"path":{listed}}}'


def _status(proof: ChunkProof) -> str:
    return _RENDER(proof.to_json())
