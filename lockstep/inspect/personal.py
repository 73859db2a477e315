"""Columns that look personal, and findings without sample values."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockstep.inspect.findings import Finding, TableFindings
from lockstep.inspect.reading import decode_dictionary

# The share of the sample that must have a form.
ALIKE = 0.8
SAMPLE, LONGEST = 200, 200
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
PHONE = re.compile(r"(?=.*[+( -])(\+|00)?[\d ()./-]{7,20}")
WRITTEN_PHONE = re.compile(r"\+\d[\d ()./-]{6,18}|\(\d{2,5}\)[\d ./-]{5,14}|\d{3}-\d{3}-\d{4}")
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
MAC = re.compile(r"(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}")
PERSON = re.compile(r"(?i).*\b(mrs?|ms|miss|dr|prof|sr|mme|herr|frau)\b\.?.*")
# Names as a register writes them: Braund, Owen.
SURNAME_FIRST = re.compile(r"[^\W\d_][^\d,]*, [^\W\d_][^\d,]*")
NAME = re.compile(r"(?i)(.*_)?names?")
STREET = re.compile(
    r"(?i)(\d+[a-z]?,?\s.*\b(st|street|ave|avenue|rd|road|lane|ln|blvd|drive|dr|court|ct|way|rue|calle)\b\.?.*"
    r"|.*(str\.|stra(ss|ß)e|weg|gasse|platz|allee)\s+\d+.*|(rue|calle|via|avenue)\s.*\d+.*)"
)
PEOPLE = (
    "applicant|borrower|client|contact|customer|driver|employee|guest|member|passenger|patient|person|player|student"
    "|user"
)


def _named(words: str) -> re.Pattern[str]:
    """A name that has one of the words, divided by signs or capital letters."""
    return re.compile(rf"(.*[\W_])?({words})([\W_].*)?", re.IGNORECASE)


BIRTH = "dates of birth"
# What a name alone tells, whatever the values are.
NAMES: Mapping[str, re.Pattern[str]] = {
    "e-mail addresses": _named("e_?mails?|email_?address|mail_?address"),
    "phone numbers": _named(
        "phones?|phone_?(no|nr|number)|telephone|telefon|mobile_?(no|nr|number|phone)|handy|fax|tel"
    ),
    BIRTH: _named("dob|date_?of_?birth|birth_?(date|day)|birthdate|geburts(datum|tag)|naissance|nacimiento"),
    "names of people": _named(
        rf"(first|last|middle|full|given|family|sur|maiden)_?name|({PEOPLE})_?name|vorname|nachname|prenom|prénom|apellidos?"
        r"|user_?name|login|nombres?|nom|nome|cognome|sobrenome|naam|achternaam|nazwisko|imie|imię"
    ),
    "addresses": _named(
        "(street|home|postal|mailing|billing|shipping)_?address|address|addr|strasse|straße|adresse|direccion"
    ),
    "national or tax numbers": _named(
        "ssn|social_?security(_?(no|number))?|nino|passport(_?(no|nr|number))?|national_?id|tax_?(id|no|number)"
        "|steuer_?(id|nummer)|personnummer|cpf|dni|nhs_?(no|number)|aadhaar|driver_?licen[cs]e"
    ),
    "account or card numbers": _named(
        "iban|card_?(no|nr|number)|cc_?num(ber)?|credit_?card_?(no|number)"
        "|(card|primary|account)_?pan|pan_?(no|nr|num|number)"
    ),
    "IP addresses": _named("ip|ip_?addr(ess)?|ipv[46]"),
    "licence plates": _named("licen[cs]e_?plate|number_?plate|kennzeichen"),
    "numbers of people": _named(
        f"({PEOPLE}|subject|insured|holder)_?(ids?|no|nr|num|number|key|code)|mrn|(medical|health|hospital)_?record(_?\\w+)?"
        "|(patienten|kunden|versicherten|personal|matrikel)_?(nr|nummer|id)|expediente|historia_?clinica"
    ),
}
# Names that only look like those above.
OTHERS = re.compile(
    r"(?i)(.*[\W_])?(n|num|number|count|no)[\W_]?(of[\W_].*)|has[\W_].*|is[\W_].*|.*[\W_](type|brand|model|count|domain|verified)"
)


def names_birth_date(name: str) -> bool:
    """Whether a column's name says that its values are dates of birth, which order people, not rows."""
    return NAMES[BIRTH].fullmatch(_in_words(name)) is not None


def _in_words(name: str) -> str:
    """A name with _ between its words."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()))


def personal_reason(name: str, sample_texts: Sequence[str]) -> str:
    """What personal facts a column seems to have, such as "e-mail addresses"; empty if it has none.

    A mistake costs little: the values are only not shown.

    Args:
        name: The column's name.
        sample_texts: Some of its different texts.
    """
    texts = [text.strip() for text in sample_texts if text.strip() and len(text) <= LONGEST]
    if not texts:
        return ""
    for reason, form in FORMS.items():
        if sum(map(form, texts)) >= ALIKE * len(texts):
            return reason
    words = _in_words(name)
    if OTHERS.fullmatch(words) or (len(texts) <= 2 and len(sample_texts) <= 2):
        return ""
    if NAME.fullmatch(words) and sum(SURNAME_FIRST.fullmatch(text) is not None for text in texts) >= ALIKE * len(texts):
        return "names of people"
    reason = next((reason for reason, form in NAMES.items() if form.fullmatch(words)), "")
    if (
        reason == "phone numbers"
        and sum(PHONE.fullmatch(text) is not None or text.isdigit() for text in texts) < len(texts) / 2
    ):
        return ""
    return reason


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_iban(text: str) -> bool:
    """Whether a text has an IBAN's form and check digits (ISO 13616)."""
    plain = text.replace(" ", "")
    if not IBAN.fullmatch(plain):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Whether a text is a payment card's number with its check digit (Luhn, ISO/IEC 7812)."""
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[2-6]\d{13,18}", digits):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def _fully(form: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: form.fullmatch(text) is not None


FORMS: Mapping[str, Callable[[str], bool]] = {
    "e-mail addresses": _fully(EMAIL),
    "national or tax numbers": _fully(SSN),
    "account numbers": _is_iban,
    "card numbers": _is_card,
    "IP addresses": _is_ip,
    "addresses of devices": _fully(MAC),
    "phone numbers": _fully(WRITTEN_PHONE),
    "names of people": _fully(PERSON),
    "addresses": _fully(STREET),
}


def personal_columns(table: pa.Table, target: str) -> dict[str, str]:
    """The columns that look personal, and why; the target is none, as its values are what a result is about."""
    reasons = {
        name: personal_reason(name, _sample(table.column(name))) for name in table.column_names if name != target
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _sample(column: pa.ChunkedArray) -> list[str]:
    """Some different texts of a column, from its whole length."""
    try:
        distinct = pc.unique(decode_dictionary(column)).drop_null()
        taken = distinct.take(pa.array(range(0, len(distinct), max(1, len(distinct) // SAMPLE))))
        texts: list[str] = pc.cast(taken, pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists and other nested values
        return []
    return texts


def without_samples(findings: TableFindings, personal: Mapping[str, str], *, everywhere: bool) -> TableFindings:
    """Findings whose comments show no value of personal columns.

    Args:
        findings: The inspected table.
        personal: The columns that look personal, and why.
        everywhere: Whether no column's values are shown, and no note that may quote one; classes of the target and
            keys that say how texts are read stay.
    """
    columns = tuple(
        replace(
            column,
            why=reason_without_sample(column),
            personal=personal.get(column.name, ""),
            facts=_without_words(column) if column.name in personal else column.facts,
        )
        if everywhere or column.name in personal
        else column
        for column in findings.columns
    )
    about_people = tuple(f"{name}: " for name in personal)
    notes = () if everywhere else tuple(note for note in findings.notes if not note.startswith(about_people))
    target = replace(findings.target, notes=()) if everywhere else findings.target
    if personal:
        told = ", ".join(f"{name} ({reason})" for name, reason in personal.items())
        note = f"personal, so that comments, the model's example and the page show none of their values: {told}"
        notes = (*notes, f"{note}. If one is not, remove its personal: true")
    return replace(findings, columns=columns, target=target, notes=notes)


def _without_words(column: Finding) -> Mapping[str, Any]:
    """Facts that quote no value: spellings of one name stay different; words that stand for numbers are needed."""
    needed = column.type not in ("category", "text")
    return {key: value for key, value in column.facts.items() if needed or key != "map"}


def reason_without_sample(column: Finding) -> str:
    """The reason for a comment from facts about the column alone."""
    different = f"{column.distinct} different"
    reasons = {
        "target": "the target",
        "identifier": f"an identifier, {different}",
        "constant": "always the same",
        "words": f"text, {different}",
        "parts": f"several values in one text, {different}",
        "presence": f"only its presence is a feature, {different}",
        "unreadable": "unreadable; run new-dataset without --no-samples, or see the value in the file",
    }
    shows_no_value = column.role in ("empty", "copy", "leak", "weight", "exposure")
    if column.role in ("weight", "exposure"):
        return f"the {column.role}"
    return column.why if shows_no_value else reasons.get(column.role, different)
