"""The verifier's stores in memory: for tests, and as the plainest statement of their contract."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import final

from ssi_core.errors import ConflictError, NotFoundError
from verifier.request import Answer, Attempt, PresentationRequest
from verifier.use import Use, Withdrawal


@final
class MemoryStore:
    """Requests, uses and withdrawals, gone with the process. Threads may share it."""

    def __init__(self) -> None:
        self._requests: dict[str, PresentationRequest] = {}
        self._uses: list[Use] = []
        self._withdrawals: dict[str, Withdrawal] = {}
        self._lock = Lock()

    def append(self, request: PresentationRequest) -> None:
        """Keep a new request; `ConflictError` if one of its ids is taken."""
        with self._lock:
            taken = self.find(request.id) or self.find_by_response(request.response_id)
            if taken is not None:
                raise ConflictError("the record is there already, or has changed")
            self._requests[request.id] = request

    def find(self, request_id: str) -> PresentationRequest | None:
        """Return the request with the desk's id."""
        return self._requests.get(request_id)

    def find_by_response(self, response_id: str) -> PresentationRequest | None:
        """Return the request with this id in its response URI."""
        requests = self._requests.values()
        return next((each for each in requests if each.response_id == response_id), None)

    def find_by_grant(self, grant_id: str) -> tuple[PresentationRequest, ...]:
        """Return the requests that were answered under a grant, oldest first."""
        requests = self._requests.values()
        return tuple(each for each in requests if each.answer and each.answer.grant_id == grant_id)

    def mark_fetched(self, request_id: str) -> None:
        """Note that a wallet has read the request; nothing happens if it has been answered."""
        with self._lock:
            if request_id in self._requests:
                self._requests[request_id] = self._requests[request_id].fetched()

    def attempt(self, request_id: str, attempt: Attempt) -> None:
        """Keep the last attempt that could not be judged; nothing happens after an answer."""
        with self._lock:
            request = self._requests.get(request_id)
            if request is not None and request.answer is None:
                self._requests[request_id] = replace(request, attempt=attempt)

    def answer(self, request_id: str, answer: Answer) -> None:
        """Keep the one answer; `ReplayError` for a second one, of many exactly one wins."""
        with self._lock:
            if request_id not in self._requests:
                raise NotFoundError("there is no such request")
            answered = self._requests[request_id].answered(answer)
            self._requests[request_id] = replace(answered, response_key=None)

    def erase(self, request_ids: Collection[str]) -> None:
        """Destroy the sealed claims of these requests."""
        with self._lock:
            for request_id in request_ids:
                request = self._requests.get(request_id)
                if request is not None and request.answer is not None:
                    answer = replace(request.answer, claims=None)
                    self._requests[request_id] = replace(request, answer=answer)

    def append_use(self, use: Use) -> None:
        """Keep a use."""
        self._uses.append(use)

    def uses_of(self, request_id: str) -> tuple[Use, ...]:
        """Return the uses of what one request brought, oldest first."""
        return tuple(use for use in self._uses if use.request_id == request_id)

    def count_uses(self, grant_id: str) -> tuple[int, datetime | None]:
        """Return how often a grant was used with permission, and when last."""
        times = [use.used_at for use in self._uses if use.grant_id == grant_id and use.permitted]
        return len(times), max(times, default=None)

    def find_withdrawal(self, notice: str) -> Withdrawal | None:
        """Return what was acknowledged for the notice with this digest."""
        return self._withdrawals.get(notice)

    def withdrawals_of(self, grant_id: str) -> tuple[Withdrawal, ...]:
        """Return the withdrawals of a grant; one is enough to end it."""
        found = [each for each in self._withdrawals.values() if each.grant_id == grant_id]
        return tuple(sorted(found, key=lambda each: each.received_at))

    def append_withdrawal(self, withdrawal: Withdrawal) -> Withdrawal:
        """Keep a withdrawal; return the one that was there first if there is one."""
        return self._withdrawals.setdefault(withdrawal.notice, withdrawal)
