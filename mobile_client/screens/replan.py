"""The rest of the day planned anew: touch a visit, say what is the matter, use the new order."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile_client.facade import EditError, GpsUnavailable
from mobile_client.presenters.replan import PlanLine, ReplanForm, problem_of
from mobile_client.proposals import Mark, Proposal, Wish
from mobile_client.screens.background import run_in_background
from mobile_client.screens.kit import HEADING_DP, AppScreen, Btn, Card, load_kv, row_data
from mobile_client.views import Fix


class ReplanScreen(AppScreen):
    """A proposal that follows every word; nothing is saved before it is used."""

    hint = StringProperty()
    before = StringProperty()
    after = StringProperty()
    change = StringProperty()
    is_traffic_heavy = BooleanProperty(defaultvalue=False)
    has_had_lunch = BooleanProperty(defaultvalue=False)
    is_by_hand = BooleanProperty(defaultvalue=False)
    can_accept = BooleanProperty(defaultvalue=False)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._form: ReplanForm | None = None

    def open(self, argument: object) -> None:
        """Begins with the marks of a form, and asks for the position."""
        if not isinstance(argument, ReplanForm):
            raise TypeError("The screen opens a ReplanForm.")
        self._form = argument
        self.ids.lines.scroll_y, self.ids.lines.data = 1, []
        self.before = self.after = self.change = self.hint = ""
        run_in_background(argument.measure, lambda found: self._measured(argument, found))

    def refresh(self) -> None:
        """Plans anew from now on; goes back when today has no plan any more."""
        form = self._form
        if form is None:
            return
        self.is_traffic_heavy, self.has_had_lunch = form.is_traffic_heavy, form.has_had_lunch
        self.can_accept = False
        wish = form.wish
        run_in_background(lambda: form.plan(wish), lambda found: self._planned(form, wish, found))

    def leave(self) -> None:
        """What is planned beside the window from now on is for nobody."""
        self._form = None

    def choose(self, account_id: str) -> None:
        """Asks what is the matter with a visit."""
        if self._form is not None and account_id:
            self.shell.ask(VisitQuestion(screen=self, form=self._form, account_id=account_id))

    def mark(self, account_id: str, mark: Mark | None) -> None:
        """Says something of a visit."""
        self.shell.answer()
        if self._form is not None:
            self._form.mark(account_id, mark)
            self.refresh()

    def toggle_traffic(self) -> None:
        """Heavy traffic, or the usual one."""
        if self._form is not None:
            self._form.toggle_traffic()
            self.refresh()

    def toggle_lunch(self) -> None:
        """Lunch is over, or as planned."""
        if self._form is not None:
            self._form.toggle_lunch()
            self.refresh()

    def accept(self) -> None:
        """Uses the new order, and offers to undo it for some seconds."""
        if self._form is None:
            return
        try:
            result_id = self._form.accept()
        except EditError as error:
            self.shell.toast(problem_of(error, self.words))
            return
        self.shell.replanned(result_id)

    def _measured(self, form: ReplanForm, found: Fix | GpsUnavailable) -> None:
        if form is self._form and form.use_fix(found):
            self.refresh()

    def _planned(self, form: ReplanForm, wish: Wish, found: Proposal | EditError) -> None:
        if form is not self._form:
            return
        if isinstance(found, EditError):
            self.shell.back()
            self.shell.toast(problem_of(found, self.words))
        elif form.take(wish, found):
            self._show(form)

    def _show(self, form: ReplanForm) -> None:
        text = form.text()
        if text is None:
            return
        self.hint, self.before, self.after = text.hint, text.before, text.after
        self.change, self.can_accept = text.change, text.can_accept
        self.is_by_hand = text.is_by_hand
        self.ids.lines.data = [self._row(line) for line in text.lines]

    def _row(self, line: PlanLine) -> dict[str, object]:
        if line.is_heading:
            return {"kind": "Heading", "title": line.title, "size": (None, dp(HEADING_DP))}
        return row_data(
            key=line.account_id,
            title=line.title,
            detail=line.detail,
            detail_lines=2 if line.is_out else 1,
            trail=line.trail,
            icon=line.icon,
            tone=line.tone,
            is_faded=line.is_out,
            action=self.choose if line.account_id else None,
        )


class VisitQuestion(Card):
    """What is the matter with one visit: a large button for each answer."""

    screen = ObjectProperty()
    title = StringProperty()

    def __init__(self, screen: ReplanScreen, form: ReplanForm, account_id: str) -> None:
        super().__init__(screen=screen, title=form.name_of(account_id))
        for choice in form.choices(account_id):
            button = AnswerBtn(text=choice.label, icon=choice.icon)
            button.bind(on_release=lambda _, mark=choice.mark: screen.mark(account_id, mark))
            self.ids.answers.add_widget(button)


class AnswerBtn(Btn):
    """One answer."""


load_kv(__file__)
