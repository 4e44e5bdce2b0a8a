"""Random and adversarial weeks: any frequency, gaps, holidays, promises and skipped visits."""

from datetime import date

from hypothesis import strategies as st

from backend.accounts.frequency import parse_frequency
from backend.routes.coverage.account import Account
from backend.routes.coverage.problem import CoverageProblem, Workday
from backend.routes.day.problem import Lunch, Matrix
from backend.routes.day.windows import Window
from tests.property.routes.random_days import matrices, mostly

FREQUENCIES = (
    *("1", "1.1", "1.2", "1.3", "1.4", "2", "2.1", "2.2", "4", "8", "12", "24"),
    *("every 3 weeks", "every 6 weeks"),
)
SHIFT_S = 4000


def _windows() -> st.SearchStrategy[tuple[tuple[Window, ...], ...]]:
    open_all_day = (Window(start_s=0, end_s=2 * SHIFT_S),)
    some = st.builds(
        lambda start, length: (Window(start_s=start, end_s=start + length),),
        st.integers(0, SHIFT_S),
        st.integers(100, SHIFT_S),
    )
    one = mostly(st.just(open_all_day), st.one_of(st.just(()), some))
    week = st.lists(one, min_size=7, max_size=7).map(tuple)
    return mostly(st.just((open_all_day,) * 7), week)


def _some_days(length: int, most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(0, length - 1), max_size=most, unique=True).map(
        lambda days: tuple(sorted(days))
    )


@st.composite
def _accounts(
    draw: st.DrawFn, number: int, nodes: int, length: int, promised: list[int]
) -> Account:
    gaps = sorted(draw(st.lists(st.integers(1, 40), min_size=2, max_size=2)))
    weekdays = draw(
        mostly(
            st.just(tuple(range(7))),
            st.lists(st.integers(0, 6), min_size=1, unique=True).map(
                lambda one: tuple(sorted(one))
            ),
        )
    )
    return Account(
        key=f"a{number}",
        node=draw(mostly(st.integers(0, nodes - 1), st.none())),
        service_s=draw(st.integers(0, 300)),
        frequency=parse_frequency(draw(st.sampled_from(FREQUENCIES))),
        windows=draw(_windows()),
        weekdays=weekdays,
        closed_days=draw(mostly(st.just(()), _some_days(length, 9))),
        preferred=draw(mostly(st.just(()), _windows())),
        preference_s=draw(st.sampled_from([0, 100])),
        has_own_hours=draw(st.booleans()),
        min_gap_days=draw(mostly(st.none(), st.just(gaps[0]))),
        max_gap_days=draw(mostly(st.none(), st.just(gaps[1]))),
        last_visit_day=draw(st.one_of(st.none(), st.integers(-60, -1))),
        owed_by=draw(mostly(st.none(), st.integers(0, length - 1))),
        fixed_days=draw(
            mostly(
                st.just(()),
                st.lists(st.sampled_from(promised), max_size=3, unique=True).map(
                    lambda days: tuple(sorted(days))
                ),
            )
        ),
        previous_days=draw(st.one_of(st.none(), _some_days(length, 5))),
        first_service_s=draw(mostly(st.none(), st.integers(0, 900))),
    )


@st.composite
def weeks(draw: st.DrawFn, max_accounts: int = 8) -> CoverageProblem:
    """Return one rep's weeks, small, with everything that may go wrong in them."""
    count = draw(st.integers(0, max_accounts))
    nodes = draw(st.integers(1, max_accounts + 1))
    number = draw(mostly(st.just(4), st.integers(5, 6)))
    length = 7 * number
    durations_s: Matrix = draw(matrices(nodes))
    work_week = draw(st.sampled_from([5, 5, 6, 1]))
    usual = [day for day in range(length) if day % 7 < work_week]
    off = set(draw(mostly(_some_days(length, 3), st.just(tuple(range(7, 14))))))
    days = [day for day in usual if day not in off] or usual
    open_from = draw(mostly(st.just(0), st.integers(0, days[-1])))
    end_s = draw(mostly(st.just(SHIFT_S), st.integers(300, SHIFT_S)))
    accounts = [draw(_accounts(one, nodes, length, days)) for one in range(count)]
    return CoverageProblem(
        accounts=tuple(accounts),
        first_on=date(2026, 2, 2),
        weeks=number,
        workdays=tuple(Workday(day=day, shift_start_s=0, shift_end_s=end_s) for day in days),
        start=draw(st.integers(0, nodes - 1)),
        end=draw(st.integers(0, nodes - 1)),
        durations_s=durations_s,
        distances_m=tuple(
            tuple(None if leg is None else 10 * leg for leg in row) for row in durations_s
        ),
        lunch=draw(
            mostly(st.none(), st.just(Lunch(earliest_s=1000, latest_s=2000, duration_s=200)))
        ),
        cycle_week=draw(st.integers(0, 11)),
        open_from=open_from,
        max_changes=draw(mostly(st.none(), st.integers(0, count))),
        change_price_s=draw(st.sampled_from([0, 0, 100])),
        seed=draw(st.integers(0, 1000)),
    )
