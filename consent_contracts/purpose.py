"""Why data is wanted: the HL7 PurposeOfUse codes and their hierarchy.

https://terminology.hl7.org/CodeSystem-v3-ActReason.html (version 4.0.0 of 2024-02-28, every active
code under `PurposeOfUse`). The table is closed: a code that is not in it is refused.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue

CODE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
VERSION: Final = "4.0.0"


class Purpose(StrEnum):
    """A code of HL7 PurposeOfUse; each line is code, display and the code above it."""

    display: str
    parent_code: str | None

    def __new__(cls, code: str, display: str = "", parent_code: str | None = None) -> Self:
        """Make a member; only the table below does."""
        purpose = str.__new__(cls, code)
        purpose._value_ = code
        purpose.display = display
        purpose.parent_code = parent_code
        return purpose

    HMARKT = "HMARKT", "healthcare marketing"

    HOPERAT = "HOPERAT", "healthcare operations"
    CAREMGT = "CAREMGT", "care management", "HOPERAT"
    DONAT = "DONAT", "donation", "HOPERAT"
    FRAUD = "FRAUD", "fraud", "HOPERAT"
    GOV = "GOV", "government", "HOPERAT"
    HACCRED = "HACCRED", "health accreditation", "HOPERAT"
    HCOMPL = "HCOMPL", "health compliance", "HOPERAT"
    HDECD = "HDECD", "decedent", "HOPERAT"
    HDIRECT = "HDIRECT", "directory", "HOPERAT"
    HDM = "HDM", "healthcare delivery management", "HOPERAT"
    HLEGAL = "HLEGAL", "legal", "HOPERAT"
    HOUTCOMS = "HOUTCOMS", "health outcome measure", "HOPERAT"
    HPRGRP = "HPRGRP", "health program reporting", "HOPERAT"
    HQUALIMP = "HQUALIMP", "health quality improvement", "HOPERAT"
    HSYSADMIN = "HSYSADMIN", "health system administration", "HOPERAT"
    LABELING = "LABELING", "labeling", "HSYSADMIN"
    METAMGT = "METAMGT", "metadata management", "HSYSADMIN"
    MEMADMIN = "MEMADMIN", "member administration", "HOPERAT"
    MILCDM = "MILCDM", "military command", "HOPERAT"
    MLTRAINING = "MLTRAINING", "machine learning training", "HOPERAT"
    PATADMIN = "PATADMIN", "patient administration", "HOPERAT"
    PATSFTY = "PATSFTY", "patient safety", "HOPERAT"
    PERFMSR = "PERFMSR", "performance measure", "HOPERAT"
    RECORDMGT = "RECORDMGT", "records management", "HOPERAT"
    SYSDEV = "SYSDEV", "system development", "HOPERAT"
    HTEST = "HTEST", "test health data", "SYSDEV"
    TRAIN = "TRAIN", "training", "HOPERAT"

    HPAYMT = "HPAYMT", "healthcare payment"
    CLMATTCH = "CLMATTCH", "claim attachment", "HPAYMT"
    COVAUTH = "COVAUTH", "coverage authorization", "HPAYMT"
    COVERAGE = "COVERAGE", "coverage under policy or program", "HPAYMT"
    ELIGDTRM = "ELIGDTRM", "eligibility determination", "COVERAGE"
    ELIGVER = "ELIGVER", "eligibility verification", "COVERAGE"
    ENROLLM = "ENROLLM", "enrollment", "COVERAGE"
    MILDCRG = "MILDCRG", "military discharge", "COVERAGE"
    PMTDS = "PMTDS", "decision support assisted payment decision", "HPAYMT"
    REMITADV = "REMITADV", "remittance advice", "HPAYMT"

    HRESCH = "HRESCH", "healthcare research"
    BIORCH = "BIORCH", "biomedical research", "HRESCH"
    CLINTRCH = "CLINTRCH", "clinical trial research", "HRESCH"
    CLINTRCHNPC = "CLINTRCHNPC", "clinical trial research without patient care", "CLINTRCH"
    CLINTRCHPC = "CLINTRCHPC", "clinical trial research with patient care", "CLINTRCH"
    PRECLINTRCH = "PRECLINTRCH", "preclinical trial research", "CLINTRCH"
    DSRCH = "DSRCH", "disease specific healthcare research", "HRESCH"
    POARCH = "POARCH", "population origins or ancestry healthcare research", "HRESCH"
    TRANSRCH = "TRANSRCH", "translational healthcare research", "HRESCH"

    PATRQT = "PATRQT", "patient requested"
    FAMRQT = "FAMRQT", "family requested", "PATRQT"
    PWATRNY = "PWATRNY", "power of attorney", "PATRQT"
    SUPNWK = "SUPNWK", "support network", "PATRQT"

    PUBHLTH = "PUBHLTH", "public health"
    DISASTER = "DISASTER", "disaster", "PUBHLTH"
    THREAT = "THREAT", "threat", "PUBHLTH"

    TREAT = "TREAT", "treatment"
    CLINTRL = "CLINTRL", "clinical trial", "TREAT"
    COC = "COC", "coordination of care", "TREAT"
    ETREAT = "ETREAT", "emergency treatment", "TREAT"
    BTG = "BTG", "break the glass", "ETREAT"
    ERTREAT = "ERTREAT", "emergency room treatment", "ETREAT"
    POPHLTH = "POPHLTH", "population health", "TREAT"
    TREATDS = "TREATDS", "decision support assisted treatment decision", "TREAT"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/purpose") -> "Purpose":
        """Read a code as it stands on the wire; an unknown one, or other case, is refused."""
        purpose = _BY_CODE.get(value) if isinstance(value, str) else None
        if purpose is None:
            raise MalformedError("not a PurposeOfUse code", at=at)
        return purpose

    @property
    def parent(self) -> "Purpose | None":
        """The purpose directly above, or nothing for the seven at the top."""
        return None if self.parent_code is None else _BY_CODE[self.parent_code]

    @property
    def covered(self) -> frozenset["Purpose"]:
        """The purpose itself and every purpose below it."""
        return _COVERED[self]


def covers(granted: Purpose, asked: Purpose) -> bool:
    """Say whether a grant for `granted` is one for `asked`: the same, or somewhere below it."""
    return asked in _COVERED[granted]


def covered_by(purposes: Iterable[Purpose]) -> frozenset[Purpose]:
    """Return `purposes` and every purpose below any of them."""
    return frozenset[Purpose]().union(*(_COVERED[each] for each in purposes))


def _lineage(purpose: Purpose) -> frozenset[Purpose]:
    above = purpose.parent
    return frozenset({purpose}) if above is None else _lineage(above) | {purpose}


_BY_CODE: Final[Mapping[str, Purpose]] = MappingProxyType({each.value: each for each in Purpose})
_COVERED: Final[Mapping[Purpose, frozenset[Purpose]]] = MappingProxyType(
    {
        purpose: frozenset(each for each in Purpose if purpose in _lineage(each))
        for purpose in Purpose
    }
)
