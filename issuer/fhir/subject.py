"""Whom a resource is about: the bundle's patient, somebody else, or nobody we can tell."""

from issuer.fhir.bundle import Bundle, BundledResource
from ssi_core.errors import MalformedError


class Unfit(Exception):  # noqa: N818 - never leaves this package, and is no failure
    """A resource that is no ground for a credential, and the named reason why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require_subject(
    bundle: Bundle, resource: BundledResource, patient: BundledResource, *, member: str
) -> None:
    """Return if `resource` is about `patient`; without that nothing may be certified of it."""
    found = bundle.find(resource.element.child(member), of=resource)
    if found is None:
        raise MalformedError(
            "the reference to the subject leads nowhere", at=resource.element.place(member)
        )
    if found.kind != "Patient" or found.element.source != patient.element.source:
        raise Unfit("other_subject")
