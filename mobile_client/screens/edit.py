"""The form for an account's or a contact's fields."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.properties import StringProperty

from mobile_client.facade import EditError
from mobile_client.presenters.account_card import Form, save_form
from mobile_client.screens.kit import AppScreen, Field, load_kv


class EditScreen(AppScreen):
    """Typed text stays here until Save."""

    title = StringProperty()
    problem = StringProperty()

    def open(self, argument: object) -> None:
        """Shows an account's or contact's form."""
        if not isinstance(argument, Form):
            raise TypeError("The edit screen opens a Form.")
        self._form = argument
        self.title, self.problem = argument.title, ""
        self._inputs: dict[str, Field] = {}
        self.ids.fields.clear_widgets()
        for field in argument.fields:
            shown = Field(label=field.label, text=field.value, keyboard=field.keyboard)
            self._inputs[field.key] = shown
            self.ids.fields.add_widget(shown)

    def save(self) -> None:
        """Queues the changes; a refused one is told at its field."""
        typed = {key: field.text for key, field in self._inputs.items()}
        self.problem = ""
        for field in self._inputs.values():
            field.problem = ""
        try:
            has_changed = save_form(self.shell.core, self._form, typed)
        except EditError as error:
            told = self.words.problem("edit_problem", error.code, error.message)
            if error.field in self._inputs:
                self._inputs[error.field].problem = told
            else:
                self.problem = told
            return
        self.shell.back()
        words = self.words
        told = words("Saved on this phone") if has_changed else words("Nothing was changed")
        self.shell.toast(told)


load_kv(__file__)
