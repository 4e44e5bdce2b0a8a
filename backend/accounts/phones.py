"""Phone numbers as E.164, read by `phonenumbers`."""

import phonenumbers

MAX_LENGTH = 60
"""Longer texts hold more than a number: several numbers, or remarks."""


class PhoneRefused(ValueError):
    """A text that is no phone number; the message gives an example of the country's."""


def to_e164(text: str, country: str) -> str:
    """Return the number as E.164; without a country code it is one of `country` (ISO alpha-2)."""
    try:
        number = phonenumbers.parse(text[:MAX_LENGTH], country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or len(text) > MAX_LENGTH or not phonenumbers.is_valid_number(number):
        raise PhoneRefused(
            f"“{text[:30]}” is no phone number. Write it like {example_of(country)}; "
            "with a country code for another country."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def example_of(country: str) -> str:
    """Return a number of the country as people there and abroad write it."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    number = phonenumbers.example_number_for_type(country, mobile)
    if number is None:
        return "+84 912 345 678"
    formats = phonenumbers.PhoneNumberFormat
    national = phonenumbers.format_number(number, formats.NATIONAL)
    return f"{national} or {phonenumbers.format_number(number, formats.INTERNATIONAL)}"
