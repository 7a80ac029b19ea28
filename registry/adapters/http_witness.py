"""A witness or a mirror over HTTP: https://c2sp.org/tlog-witness, https://c2sp.org/tlog-mirror."""

import gzip
from collections.abc import Sequence
from typing import Final, final

from registry.model.gapped_upload import GAPPED_TYPE
from registry.model.signed_note import NoteSignature, VerifierKey, signature_lines
from registry.model.tlog_mirror import INFO_TYPE, MirrorInfo
from registry.model.tlog_witness import SIZE_TYPE, AddCheckpoint, SeenSize, origin_hash
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.errors import (
    ForkError,
    MalformedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)

_MAX_ANSWER: Final = 262_144
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_FORKED: Final = 422
_UNPROCESSABLE: Final = 422
_ACCEPTED: Final = 202
_QUICKLY: Final = 1


@final
class HttpWitness:
    """A witness, or a mirror that is uploaded to. Threads may share it."""

    def __init__(self, http: HttpClient, url: str, keys: Sequence[VerifierKey]) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self.keys = tuple(keys)

    def add_checkpoint(self, request: AddCheckpoint) -> tuple[NoteSignature, ...] | SeenSize:
        """Return its cosignatures, or which size it has seen instead of the old one."""
        answer = self._http.post(
            f"{self._url}/add-checkpoint",
            body=request.render(),
            content_type="text/plain; charset=utf-8",
            max_bytes=_MAX_ANSWER,
            # The same checkpoint again is cosigned again, and changes nothing.
            idempotent=True,
        )
        if answer.ok:
            # A mirror has nothing to sign yet.
            return _read(answer) if answer.body else ()
        if answer.status == _CONFLICT and _is(SIZE_TYPE, answer):
            return _size(answer)
        if answer.status == _FORKED:
            raise ForkError("a witness has seen another tree of this log")
        if answer.status in {_FORBIDDEN, _NOT_FOUND}:
            raise RejectedError("a witness does not know the log, or another key of it")
        raise UnavailableError("a witness did not cosign")

    def add_entries(
        self, body: bytes, *, gapped: bool = False
    ) -> tuple[NoteSignature, ...] | MirrorInfo:
        """Upload entries to a mirror; return its cosignatures, or where the upload may go on."""
        answer = self._http.post(
            f"{self._url}/add-entries",
            body=gzip.compress(body, compresslevel=_QUICKLY),
            content_type=GAPPED_TYPE if gapped else "application/octet-stream",
            headers={"Content-Encoding": "gzip"},
            max_bytes=_MAX_ANSWER,
            # Entries that are there already are skipped.
            idempotent=True,
        )
        if answer.status in {_ACCEPTED, _CONFLICT} and _is(INFO_TYPE, answer):
            return _info(answer)
        if answer.ok and answer.status != _ACCEPTED:
            return _read(answer)
        if answer.status in {_FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE}:
            raise RejectedError("a mirror does not take the log's entries")
        raise UnavailableError("a mirror did not cosign")

    def last_cosigned(self, origin: str) -> str:
        """Return the note of the log that it cosigned last, as it says."""
        url = f"{self._url}/{origin_hash(origin)}/checkpoint"
        answer = self._http.get(url, max_bytes=_MAX_ANSWER)
        if answer.status == _NOT_FOUND:
            raise NotFoundError("the witness shows no checkpoint of the log")
        if not answer.ok:
            raise UnavailableError("the witness does not show what it cosigned")
        return _text(answer)


def _is(media_type: str, answer: HttpAnswer) -> bool:
    return answer.headers.get("content-type", "").partition(";")[0].strip() == media_type


def _info(answer: HttpAnswer) -> MirrorInfo:
    try:
        return MirrorInfo.parse(answer.body)
    except MalformedError:
        raise UnavailableError("a mirror's answer is not of its form") from None


def _size(answer: HttpAnswer) -> SeenSize:
    try:
        return SeenSize.parse(answer.body)
    except MalformedError:
        raise UnavailableError("a witness's answer is not of its form") from None


def _read(answer: HttpAnswer) -> tuple[NoteSignature, ...]:
    try:
        return signature_lines(_text(answer))
    except MalformedError:
        raise UnavailableError("a witness's answer is not of its form") from None


def _text(answer: HttpAnswer) -> str:
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnavailableError("a witness's answer is not of its form") from None
