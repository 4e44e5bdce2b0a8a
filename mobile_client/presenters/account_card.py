"""An account's card as a list of lines, and the forms to edit it and its contacts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mobile_client.facade import Core
from mobile_client.i18n import Words
from mobile_client.presenters.badge import Tone
from mobile_client.views import AccountCard, ContactRow, MediaRow, NoteRow, VisitRow

_PHOTO_ICON, _VOICE_ICON = "camera", "microphone"


@dataclass(frozen=True, slots=True)
class CardLine:
    """One line: a heading when `is_heading`, otherwise a row; `contact_id` opens its form."""

    title: str
    detail: str = ""
    trail: str = ""
    icon: str = ""
    tone: Tone = "info"
    contact_id: str = ""
    picture: Path | None = None
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class CardText:
    """The whole card."""

    account_id: str
    name: str
    kind: str
    visit_id: str | None
    check_in_label: str
    lines: tuple[CardLine, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to type; `keyboard` is Kivy's input type."""

    key: str
    label: str
    value: str
    keyboard: str = "text"


@dataclass(frozen=True, slots=True)
class Form:
    """What to edit: an account when `contact_id` is None and not `is_contact`."""

    title: str
    account_id: str
    contact_id: str | None
    is_contact: bool
    fields: tuple[FormField, ...]


def account_card(core: Core, words: Words, account_id: str) -> CardText:
    """The card in words; raises KeyError when the account left this phone."""
    card = core.account(account_id)
    kind = (words.label("category", card.category), words.label("stage", card.stage))
    return CardText(
        account_id=card.id,
        name=card.name,
        kind=" · ".join(part for part in kind if part),
        visit_id=card.planned_visit_id,
        check_in_label=words("Continue check-in") if card.has_draft else words("Check in"),
        lines=tuple(_lines(card, words, core.now())),
    )


def _lines(card: AccountCard, words: Words, now: datetime) -> Iterator[CardLine]:
    yield from _field_lines(card, words)
    yield CardLine(words("Contacts"), is_heading=True)
    yield from (_contact_line(contact, words) for contact in card.contacts)
    if not card.contacts:
        yield CardLine(words("No contacts yet"))
    yield CardLine(words("Visits"), is_heading=True)
    yield from (_visit_line(visit, words, now) for visit in card.visits)
    if not card.visits:
        yield CardLine(words("No visits yet"))
    if card.notes:
        yield CardLine(words("Notes"), is_heading=True)
        yield from (_note_line(note, words, now) for note in card.notes)
    if card.media:
        yield CardLine(words("Photos and voice notes"), is_heading=True)
        yield from (_media_line(medium, words, now) for medium in card.media)


def _field_lines(card: AccountCard, words: Words) -> Iterator[CardLine]:
    is_firm = card.preferred_hours_are_firm
    preferred = words("Visits only at these hours") if is_firm else words("Prefers visits at")
    fields = (
        ("address", card.address, words("Address"), "pin"),
        ("phone", card.phone, words("Phone"), "phone"),
        ("email", card.email, words("Email"), "mail"),
        ("website", card.website, words("Website"), "globe"),
        ("opening_hours", card.opening_hours, words("Opening hours"), "clock"),
        ("preferred_hours", card.preferred_hours, preferred, "clock"),
    )
    for key, value, label, icon in fields:
        if value:
            pending = _waiting(words, is_pending=key in card.pending_fields)
            yield CardLine(value, label, pending, icon)
    if card.empties_owed or "empties_owed" in card.pending_fields:
        pending = _waiting(words, is_pending="empties_owed" in card.pending_fields)
        yield CardLine(words.number(card.empties_owed), words("Empties owed"), pending, "store")


def _waiting(words: Words, *, is_pending: bool) -> str:
    return words("waiting to send") if is_pending else ""


def _contact_line(contact: ContactRow, words: Words) -> CardLine:
    detail = " · ".join(part for part in (contact.title, contact.phone, contact.email) if part)
    pending = _waiting(words, is_pending=contact.is_pending)
    return CardLine(contact.name, detail, pending, "person", contact_id=contact.id)


def _visit_line(visit: VisitRow, words: Words, now: datetime) -> CardLine:
    title = words.label("outcome", visit.outcome) if visit.outcome else words("Planned")
    detail = f"{words.moment(visit.at, now)} · {visit.user_name}"
    pending = _waiting(words, is_pending=visit.is_pending)
    if visit.state == "planned":
        return CardLine(title, detail, pending, "clock")
    return CardLine(title, detail, pending, "check", "ok")


def _note_line(note: NoteRow, words: Words, now: datetime) -> CardLine:
    detail = f"{note.author} · {words.moment(note.at, now)}"
    return CardLine(note.body, detail, _waiting(words, is_pending=note.is_pending), "note")


def _media_line(medium: MediaRow, words: Words, now: datetime) -> CardLine:
    is_photo = medium.kind == "photo"
    state = words.label("media_state", medium.state)
    if medium.state == "sending" and medium.size_bytes:
        state = words("Sending {n} %", n=round(100 * medium.sent_bytes / medium.size_bytes))
    return CardLine(
        title=words("Photo") if is_photo else words("Voice note"),
        detail=words.moment(medium.at, now),
        trail=state,
        icon=_PHOTO_ICON if is_photo else _VOICE_ICON,
        picture=medium.path if is_photo else None,
    )


def account_form(core: Core, words: Words, account_id: str) -> Form:
    """The fields of an account a representative may correct."""
    card = core.account(account_id)
    fields = (
        FormField("name", words("Name"), card.name),
        FormField("phone", words("Phone"), card.phone, "tel"),
        FormField("email", words("Email"), card.email, "mail"),
        FormField("address", words("Address"), card.address, "address"),
    )
    return Form(words("Edit account"), account_id, None, is_contact=False, fields=fields)


def contact_form(core: Core, words: Words, account_id: str, contact_id: str | None) -> Form:
    """A contact's fields, empty ones for a new contact."""
    contacts = {contact.id: contact for contact in core.account(account_id).contacts}
    contact = contacts[contact_id] if contact_id else ContactRow("", "", "", "", "")
    fields = (
        FormField("name", words("Name"), contact.name),
        FormField("title", words("Role"), contact.title),
        FormField("phone", words("Phone"), contact.phone, "tel"),
        FormField("email", words("Email"), contact.email, "mail"),
    )
    title = words("Edit contact") if contact_id else words("New contact")
    return Form(title, account_id, contact_id, is_contact=True, fields=fields)


def save_form(core: Core, form: Form, typed: Mapping[str, str]) -> bool:
    """Queues what differs from the form's values; False when nothing does. Raises EditError."""
    before = {field.key: field.value for field in form.fields}
    changes: dict[str, object] = {
        key: text.strip() for key, text in typed.items() if text.strip() != before[key]
    }
    if not changes:
        return False
    if form.is_contact:
        core.edit_contact(form.contact_id, form.account_id, changes)
    else:
        core.edit_account(form.account_id, changes)
    return True
