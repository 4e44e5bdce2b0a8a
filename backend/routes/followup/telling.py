"""From tallies and results to what the outside reads: shares, minutes and kilometres."""

import msgspec

from backend.routes.followup.alarms import Alarm
from backend.routes.followup.facts import DrivenDay
from backend.routes.followup.measures import Tally, VisitResult
from backend.routes.followup.schemas import AlarmRead, Measures, Mileage, VisitActual
from backend.routes.followup.statistics import percentile

_MINUTE_S = 60
_P90 = 0.9


def tell_measures(tally: Tally, *, due: int, covered: int) -> Measures:
    """Return the measures of a tally; `due` accounts are counted over the whole period."""
    return Measures(
        days=tally.days,
        planned=tally.planned,
        done=tally.done,
        missed=tally.missed,
        open=tally.open,
        extra=tally.extra,
        ghosts=tally.ghosts,
        unproven=tally.unproven,
        due=due,
        covered=covered,
        completion=_share(tally.done, tally.done + tally.missed),
        order_kept=_share(tally.in_order, tally.done),
        strike_rate=_share(tally.ordered, tally.completed),
        coverage=_share(covered, due),
        late_median_minutes=_minutes(percentile(tally.late_s, 0.5)),
        late_p90_minutes=_minutes(percentile(tally.late_s, _P90)),
        travel_ratio=_share(tally.legs_actual_s, tally.legs_planned_s),
        visit_ratio=_share(tally.stays_actual_s, tally.stays_planned_s),
        timed_visits=tally.stays,
        planned_wait_minutes=round(tally.planned_wait_s / _MINUTE_S),
        mileage_m=tally.mileage_m,
        planned_m=tally.planned_m,
        driven_m=tally.driven_m,
        unmatched_m=tally.unmatched_m,
        traced_days=tally.traced_days,
        estimated_days=tally.estimated_days,
        off_route_m=tally.off_route_m,
        off_route_minutes=round(tally.off_route_s / _MINUTE_S),
    )


def tell_visit(result: VisitResult) -> VisitActual:
    """Return one visit of a day."""
    visit, stop = result.visit, result.stop
    return VisitActual(
        visit_id=visit.visit_id,
        account_id=visit.account_id,
        name=visit.name,
        location=visit.location,
        sequence=stop.sequence if stop else None,
        verdict=result.verdict,
        reason=result.reason,
        outcome=visit.outcome,
        planned_start_at=stop.start_at if stop else None,
        planned_leave_at=stop.leave_at if stop else None,
        checked_in_at=visit.checked_in_at,
        done_at=visit.done_at,
        late_minutes=_minutes(result.late_s),
        stay_minutes=_minutes(visit.stay_s),
        distance_m=visit.distance_m,
        accuracy_m=visit.accuracy_m,
        ghost=result.ghost,
        is_proven=result.is_proven,
        is_excused=visit.is_excused,
    )


def tell_mileage(driven: DrivenDay | None) -> Mileage | None:
    """Return what was driven on a day; None when nothing tells."""
    if driven is None:
        return None
    return Mileage(
        source=driven.source,
        is_estimate=driven.is_estimate,
        distance_m=driven.distance_m,
        unmatched_m=driven.unmatched_m,
        outlier_count=driven.outlier_count,
        off_route_m=driven.off_route_m,
        off_route_minutes=_minutes(driven.off_route_s),
        lines=driven.lines,
    )


def tell_alarm(alarm: Alarm, name: str | None) -> AlarmRead:
    """Return an alarm with its sentence; `name` is the rep's."""
    who = name or f"everybody from {alarm.hour} to {(alarm.hour or 0) + 1} o'clock"
    count, times = alarm.observations, f"{alarm.figure:g} times as long as planned"
    sentences = {
        "visits_longer": f"Half of {count} visits of {who} last {times} or longer: plan "
        "longer ones, or ask why.",
        "visits_shorter": f"Half of {count} visits of {who} last {times} or less: there is "
        "room for more.",
        "ways_slower": f"Half of {count} ways of {who} take {times} or longer: plan with more "
        "traffic.",
        "ways_faster": f"Half of {count} ways of {who} take {times} or less: plan with less "
        "traffic.",
        "plan_kept_less": f"{who} makes {alarm.figure:.0%} of the planned visits, after "
        f"{alarm.expected:.0%} before: are the plans still right?",
    }
    return AlarmRead(**msgspec.structs.asdict(alarm), rep_name=name, message=sentences[alarm.kind])


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / _MINUTE_S, 1)
