"""How HL7 PurposeOfUse, W3C DPV 2.3 and DUO name the same purposes: one closed, versioned table.

https://w3id.org/dpv (2.3), https://w3id.org/dpv/sector/health, https://github.com/EBISPOT/DUO. A
term that is not in a table is refused. A mapping outwards may be wider than what is mapped, never
narrower, since it only tells people and receipts what a grant says. One inwards gives the code
under which somebody asks, and is there only if that code surely includes the term. A grant is never
read from such a term: its code would give more than the term says.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from consent_contracts.duo import DataUse
from consent_contracts.purpose import Purpose
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue

VERSION: Final = "1"
DPV: Final = "https://w3id.org/dpv#"
DPV_HEALTH: Final = "https://w3id.org/dpv/sector/health#"
NO_REIDENTIFICATION: Final = "urn:consentry:term:no-reidentification"
"""A term of our own, which neither DPV nor DUO has: nobody is to be found again in the data."""

_P = Purpose
_DPV_OF: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        _P.HMARKT: f"{DPV}Marketing",
        _P.HOPERAT: f"{DPV_HEALTH}HealthcareManagement",
        _P.CAREMGT: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.DONAT: f"{DPV_HEALTH}ResourceManagement",
        _P.FRAUD: f"{DPV_HEALTH}FraudPreventionDetection",
        _P.GOV: f"{DPV_HEALTH}SupportAuthoritiesRegulatoryActivities",
        _P.HACCRED: f"{DPV_HEALTH}EnsureQualitySafetyHealthcare",
        _P.HCOMPL: f"{DPV}LegalCompliance",
        _P.HDECD: f"{DPV_HEALTH}HealthcareManagement",
        _P.HDIRECT: f"{DPV_HEALTH}AdministrativeServicesProvision",
        _P.HDM: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.HLEGAL: f"{DPV}LegalCompliance",
        _P.HOUTCOMS: f"{DPV_HEALTH}EffectivenessAssessment",
        _P.HPRGRP: f"{DPV_HEALTH}SupportAuthoritiesRegulatoryActivities",
        _P.HQUALIMP: f"{DPV_HEALTH}EnsureQualitySafetyHealthcare",
        _P.HSYSADMIN: f"{DPV_HEALTH}ResourceManagement",
        _P.LABELING: f"{DPV_HEALTH}PatientInformationManagement",
        _P.METAMGT: f"{DPV_HEALTH}PatientInformationManagement",
        _P.MEMADMIN: f"{DPV_HEALTH}AdministrativeServicesProvision",
        _P.MILCDM: f"{DPV_HEALTH}SupportAuthoritiesRegulatoryActivities",
        _P.MLTRAINING: f"{DPV_HEALTH}TrainTestAndEvaluateAISystemsAlgorithms",
        _P.PATADMIN: f"{DPV_HEALTH}AdministrativeServicesProvision",
        _P.PATSFTY: f"{DPV_HEALTH}EnsureQualitySafetyHealthcare",
        _P.PERFMSR: f"{DPV_HEALTH}EffectivenessAssessment",
        _P.RECORDMGT: f"{DPV_HEALTH}ElectronicRecordsManagement",
        _P.SYSDEV: f"{DPV_HEALTH}ResearchDevelopment",
        _P.HTEST: f"{DPV_HEALTH}ResearchDevelopment",
        _P.TRAIN: f"{DPV_HEALTH}WorkforceManagement",
        _P.HPAYMT: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.CLMATTCH: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.COVAUTH: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.COVERAGE: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.ELIGDTRM: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.ELIGVER: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.ENROLLM: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.MILDCRG: f"{DPV_HEALTH}HealthInsuranceManagement",
        _P.PMTDS: f"{DPV_HEALTH}ReimbursementServicesProvision",
        _P.REMITADV: f"{DPV_HEALTH}ReimbursementServicesProvision",
        _P.HRESCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.BIORCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.CLINTRCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.CLINTRCHNPC: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.CLINTRCHPC: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.PRECLINTRCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.DSRCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.POARCH: f"{DPV}ScientificResearch",
        _P.TRANSRCH: f"{DPV_HEALTH}HealthcareScientificResearch",
        _P.PATRQT: f"{DPV}RequestedServiceProvision",
        _P.FAMRQT: f"{DPV}RequestedServiceProvision",
        _P.PWATRNY: f"{DPV}RequestedServiceProvision",
        _P.SUPNWK: f"{DPV}RequestedServiceProvision",
        _P.PUBHLTH: f"{DPV_HEALTH}PublicInterestRelatedToHealth",
        _P.DISASTER: f"{DPV_HEALTH}DisasterReliefManagement",
        _P.THREAT: f"{DPV_HEALTH}PublicInterestRelatedToHealth",
        _P.TREAT: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.CLINTRL: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.COC: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.ETREAT: f"{DPV_HEALTH}EmergencyCareManagement",
        _P.BTG: f"{DPV_HEALTH}EmergencyCareManagement",
        _P.ERTREAT: f"{DPV_HEALTH}EmergencyCareManagement",
        _P.POPHLTH: f"{DPV_HEALTH}HealthcareServiceManagement",
        _P.TREATDS: f"{DPV_HEALTH}HealthcareServiceManagement",
    }
)
# Only where every use that the DPV term means is one that the code means too, and never a code of
# treatment for what is done to learn or to improve: that is asked of people under another name.
_OF_DPV_HEALTH: Final[Mapping[str, Purpose | None]] = MappingProxyType(
    {
        "AccessManagement": _P.HSYSADMIN,
        "AdministrativeServicesProvision": _P.HOPERAT,
        "AppointmentScheduling": _P.PATADMIN,
        "ConsultationManagement": _P.CAREMGT,
        "CrisisManagement": None,
        "DevelopPublicHealthProductsAndServices": None,
        "DevelopSocialSecurityProductsAndServices": None,
        "DiagnosisManagement": _P.TREAT,
        "DiagnosticOptimisation": _P.HOPERAT,
        "DisasterReliefManagement": _P.DISASTER,
        "DiseasePreventionAwareness": None,
        "DispensationManagement": _P.TREAT,
        "EffectivenessAssessment": _P.HOPERAT,
        "ElectronicRecordsManagement": _P.RECORDMGT,
        "EligibilityAssessment": None,
        "EmergencyCareCommunication": _P.ETREAT,
        "EmergencyCareDispatch": _P.ETREAT,
        "EmergencyCareEligibilityAssessment": None,
        "EmergencyCareManagement": _P.ETREAT,
        "EmergencyCareTriage": _P.ETREAT,
        "EnsureQualitySafetyHealthcare": _P.HOPERAT,
        "EnsureQualitySafetyMedicalDevices": None,
        "EnsureQualitySafetyMedicinalProducts": None,
        "FitnessNutritionAwareness": None,
        "FraudPreventionDetection": _P.FRAUD,
        "GeneticConditionDiagnosis": _P.TREAT,
        "HealthInequalityAnalysis": None,
        "HealthInsuranceManagement": _P.HPAYMT,
        "HealthTrendAnalysis": None,
        "HealthcareManagement": None,
        "HealthcareScientificResearch": _P.HRESCH,
        "HealthcareServiceManagement": None,
        "HomeCareManagement": _P.TREAT,
        "IdentityFraudManagement": _P.FRAUD,
        "ImproveHealthcare": _P.HQUALIMP,
        "ImproveHealthcareEducation": _P.TRAIN,
        "InsuranceClaimFraudManagement": _P.FRAUD,
        "InsuranceManagement": None,
        "LifeInsuranceManagement": None,
        "MedicalConditionDiagnosis": _P.TREAT,
        "MedicalDevicesDispensation": _P.TREAT,
        "MedicalDevicesPrescription": _P.TREAT,
        "MedicalDevicesProvision": _P.TREAT,
        "MedicalResourceOptimisation": _P.HDM,
        "MedicinalProductsDispensation": _P.TREAT,
        "MedicinalProductsPrescription": _P.TREAT,
        "MedicinalProductsProvision": _P.TREAT,
        "MentalHealthAwareness": None,
        "MentalHealthConditionDiagnosis": _P.TREAT,
        "Optimisation": _P.HOPERAT,
        "PandemicResponseManagement": _P.PUBHLTH,
        "PatientChronicConditionMonitoring": _P.TREAT,
        "PatientConsentManagement": _P.RECORDMGT,
        "PatientInformationManagement": _P.RECORDMGT,
        "PatientIntensiveCareMonitoring": _P.TREAT,
        "PatientMonitoring": _P.TREAT,
        "PatientPostTreatmentMonitoring": _P.TREAT,
        "PatientRemoteMonitoring": _P.TREAT,
        "PatientTreatmentEffectivenessMonitoring": _P.TREAT,
        "PatientTreatmentOutcomeAnalysis": _P.HOUTCOMS,
        "PersonalisedHealthcare": _P.TREAT,
        "PopulationHealthAnalysis": None,
        "PredictiveHealthRiskAnalysis": None,
        "PrescriptionManagement": _P.TREAT,
        "PreventativeCareManagement": _P.TREAT,
        "PrimaryCareManagement": _P.TREAT,
        "ProtectAgainstCrossBorderThreatsToHealth": _P.THREAT,
        "ProvideHealthcareOfficialStatistics": _P.PUBHLTH,
        "ProvidersDataSharing": _P.COC,
        "PublicHealthMonitoring": _P.PUBHLTH,
        "PublicHealthSurveillance": _P.PUBHLTH,
        "PublicInterestRelatedToHealth": None,
        "PublicPolicyMaking": None,
        "ReferralManagement": _P.COC,
        "ReimbursementServicesProvision": _P.HPAYMT,
        "ResearchDevelopment": None,
        "ResourceManagement": _P.HDM,
        "SecondMedicalOpinion": _P.TREAT,
        "SecurityManagement": _P.HSYSADMIN,
        "ServiceBillingFraudManagement": _P.FRAUD,
        "ServiceProvision": None,
        "SocialServicesProvision": None,
        "SpecialisedCareManagement": _P.TREAT,
        "SupportAuthoritiesRegulatoryActivities": _P.GOV,
        "TrainTestAndEvaluateAISystemsAlgorithms": _P.MLTRAINING,
        "TrainTestAndEvaluateHealthAlgorithms": _P.SYSDEV,
        "TrainTestAndEvaluateHealthAppsAlgorithms": _P.SYSDEV,
        "TrainTestAndEvaluateMedicalDevicesAlgorithms": _P.SYSDEV,
        "TreatmentOptimisation": _P.HOPERAT,
        "VaccinationManagement": _P.TREAT,
        "WorkforceManagement": _P.HOPERAT,
    }
)
_OF_DUO: Final[Mapping[DataUse, Purpose]] = MappingProxyType(
    {
        DataUse.NRES: _P.HRESCH,
        DataUse.GRU: _P.HRESCH,
        DataUse.HMB: _P.HRESCH,
        DataUse.DS: _P.DSRCH,
        DataUse.POA: _P.POARCH,
    }
)


def dpv_of(purpose: Purpose) -> str:
    """Return the IRI of the DPV purpose that names `purpose`, or of one that includes it."""
    return _DPV_OF[purpose]


def purpose_of_dpv(value: JsonValue, *, at: str) -> Purpose:
    """Return the code under which a request for a DPV health purpose, named by its IRI, falls.

    `MalformedError` for an IRI that is not in the table, and for a term that no code includes.
    """
    term = value.removeprefix(DPV_HEALTH) if isinstance(value, str) else ""
    if term == value or term not in _OF_DPV_HEALTH:
        raise MalformedError("not a DPV health purpose", at=at)
    purpose = _OF_DPV_HEALTH[term]
    if purpose is None:
        raise MalformedError("no PurposeOfUse code includes this DPV purpose", at=at)
    return purpose


def purpose_of_data_use(permission: DataUse) -> Purpose:
    """Return the code under which a DUO permission falls; `MalformedError` for a modifier."""
    if permission not in _OF_DUO:
        raise MalformedError("only a DUO permission names a purpose", at="/terms/data_use")
    return _OF_DUO[permission]
