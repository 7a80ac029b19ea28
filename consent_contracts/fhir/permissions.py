"""The rules that a provision with the effect `permit` comes to, its exceptions left out of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from consent_contracts.access import AccessLevel
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.exceptions import Exemption, purposes_left_out, records_left_out
from consent_contracts.fhir.provision import Provision
from consent_contracts.fhir.purposes import as_written, cells
from consent_contracts.fhir.rule import ALWAYS, Rule, purposes_of, recipients_of
from consent_contracts.purpose import covered_by
from consent_contracts.terms import Effect


def permissions(
    provision: Provision, exemptions: Sequence[Exemption], c: Correspondence
) -> Iterator[Rule]:
    """Yield one rule for each recipient, or more where exceptions hold for some purposes only."""
    whole, stated = provision.whole, purposes_of(provision, c)
    excepted = purposes_left_out(exemptions)
    nothing_left = covered_by(stated) <= covered_by(excepted)
    if nothing_left or any(each.is_everything for each in exemptions):
        return
    mixed = [each for each in exemptions if each.is_mixed]
    for recipient in recipients_of(provision, c):
        rule = Rule(
            at=provision.at,
            effect=Effect.PERMIT,
            recipient=recipient,
            purposes=stated,
            except_purposes=excepted,
            period=whole.validity or ALWAYS,
            actions=whole.actions,
            claims=whole.claims or (),
            giving=whole.records(AccessLevel.FULL, at=provision.at),
            withheld=records_left_out(exemptions),
        )
        yield from _divided(rule, mixed) if mixed else (rule,)


def _divided(rule: Rule, mixed: Sequence[Exemption]) -> Iterator[Rule]:
    """Yield a rule for each set of purposes to which the same of `mixed` apply."""
    every = covered_by(rule.purposes) - covered_by(rule.except_purposes)
    theirs = [covered_by(each.conditions.purposes or ()) for each in mixed]
    for applying, purposes in cells(every, theirs):
        withheld = tuple(item for place in applying for item in mixed[place].records())
        for tops, left_out in as_written(purposes):
            yield replace(
                rule,
                purposes=tops,
                except_purposes=left_out,
                withheld=(*rule.withheld, *withheld),
            )
