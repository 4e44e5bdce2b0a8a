"""The main job from end to end: shops, territories, routes, a rep's day offline, and the map."""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psutil

from backend.clock import SystemClock
from backend.demo import rep_day
from backend.demo.books import keep_books
from backend.demo.city import HELSINKI, PASSWORD, City, Say, found_city
from backend.demo.office import Office
from backend.demo.redrawing import redraw
from backend.demo.service import DemoFailed, Service
from backend.runtime import open_runtime
from backend.settings import Settings

__all__ = ["DemoFailed", "run_demo"]

_REPS = ("an", "binh")
_MAX_DISTANCE_M = 50.0
_REGULARS = 80
"""How many shops are visited by a plan of four weeks."""


class DemoReport(msgspec.Struct):
    """What the demo measured: seconds by step, megabytes of the server's processes."""

    seconds: dict[str, float] = msgspec.field(default_factory=dict)
    memory_mb: dict[str, float] = msgspec.field(default_factory=dict)


def run_demo(settings: Settings, extract: Path | None, *, is_once: bool, say: Say) -> DemoReport:
    """Run the script; stay up afterwards unless `is_once`. Raises DemoFailed at a wrong step."""
    began = time.monotonic()
    report = DemoReport()
    with open_runtime(settings) as runtime:
        say(f"1. Database is ready ({_since(began)})")
        say("2. Streets, map and prospects from the extract")
        report.seconds["database"] = time.monotonic() - began
        city = found_city(runtime, extract or HELSINKI, say)
        report.seconds |= city.seconds
        service = Service(runtime)
        try:
            report.seconds["service start"] = service.start()
            report.memory_mb["idle"] = _memory_mb(service.pid)
            say(f"3. Service is up at {service.url} ({report.seconds['service start']:.1f} s)")
            _play(service, city, settings, _Telling(say, report, began))
            report.memory_mb["after the demo"] = _memory_mb(service.pid)
            _say_goodbye(service, city, report, say)
            if not is_once:
                say("It stays up until you press Ctrl-C.")
                _stay(service)
        finally:
            service.stop()
    return report


class _Telling(msgspec.Struct, frozen=True):
    """Where the script speaks and notes what it measured."""

    say: Say
    report: DemoReport
    began: float


def _play(service: Service, city: City, settings: Settings, telling: _Telling) -> None:
    say = telling.say
    today = SystemClock().now().astimezone(ZoneInfo(city.time_zone)).date()
    office = Office(service.url, city.emails["lan"])
    accounts = _prepare(office, city, today, telling)
    folder = settings.data_dir / "demo-phone" / str(city.org_id)
    folder.mkdir(parents=True, exist_ok=True)
    near = next(one["location"] for one in accounts if one["location"])
    with rep_day.open_phone(folder, service.url, (near[0], near[1])) as phone:
        rows, stops = rep_day.sign_in_and_load(phone, city.emails["an"])
        say(f"6. An's phone took along {rows} rows, {stops} stops and the map")
        office.close()
        service.stop()
        day = rep_day.work_offline(phone)
        say(
            f"7. The server is stopped. Offline: {len(day.visit_ids)} visits with position, photo, "
            f"voice and note, a contact and a phone number: {day.waiting} items wait"
        )
        say(f"8. The server is back ({service.start():.1f} s)")
        started = time.monotonic()
        pushed, files = rep_day.send_everything(phone)
        telling.report.seconds["sync after the day"] = time.monotonic() - started
        say(f"   sent {pushed} changes and {files} files in {_since(started)}")
    office = Office(service.url, city.emails["lan"])
    _check_visits(office, day, today, say)
    _plan_weeks(office, city, today, telling)
    _print_report(office, settings.data_dir / "reports", telling)
    office.close()


def _prepare(office: Office, city: City, today: date, telling: _Telling) -> list[Mapping[str, Any]]:
    """Let the manager draw territories and plan both days; return the accounts."""
    say = telling.say
    people = office.people()
    reps = [people[city.emails[key]] for key in _REPS]
    accounts = office.accounts()
    territories = office.draw_territories(accounts, reps, today.isoformat())
    shares = ", ".join(f"{one['name']}: {one['account_count']}" for one in territories)
    say(f"4. Territories are drawn and given to their reps ({shares} accounts)")
    near = next(one["location"] for one in accounts if one["location"])
    size = office.first_tile(near)
    telling.report.seconds["extract to first tile"] = time.monotonic() - telling.began
    say(f"   first tile {_since(telling.began)} after the start ({size} bytes)")
    _sell(office, city, territories, today, telling)
    _redraw(office, city, territories, telling)
    for rep in reps:
        started = time.monotonic()
        route = office.call(
            "POST", "/v1/routes/plan", {"rep_id": rep["id"], "on_date": today.isoformat()}
        )
        telling.report.seconds[f"plan of {rep['full_name']}"] = time.monotonic() - started
        if not route["stops"]:
            raise DemoFailed(f"The route of {rep['full_name']} has no stops.")
        if route["is_estimate"] or not route["line"]:
            raise DemoFailed("The route does not run on the street network.")
        say(
            f"5. {rep['full_name']}'s day: {len(route['stops'])} visits, "
            f"{route['distance_m'] / 1000:.1f} km, {len(route['dropped'])} left out with a reason "
            f"({_since(started)})"
        )
    return accounts


def _sell(
    office: Office,
    city: City,
    territories: list[Mapping[str, Any]],
    today: date,
    telling: _Telling,
) -> None:
    """Let the manager bring in what was sold in two years, and what shops could buy."""
    started = time.monotonic()
    ids = [one["id"] for one in territories]
    emails = dict(zip(ids, (city.emails[key] for key in _REPS), strict=True))
    # Read anew: now they lie in their territories.
    books = keep_books(office.accounts(), today, emails, city.currency)
    sold = office.send_books(books.sales, "sales")
    known = office.send_books(books.potential, "potential")
    telling.report.seconds["sales"] = time.monotonic() - started
    telling.say(
        f"   books: {sold['taken']:,} lines of sales taken, {known['taken']} potentials "
        f"({_since(started)})"
    )


def _redraw(
    office: Office, city: City, territories: list[Mapping[str, Any]], telling: _Telling
) -> None:
    """Let the manager have the territories designed anew, and another planner approve it."""
    started = time.monotonic()
    approver = Office(office.url, city.emails["admin"])
    redrawn = redraw(office, approver, territories)
    approver.close()
    if redrawn is None:
        return
    telling.report.seconds["territories designed"] = time.monotonic() - started
    telling.say(
        f"   designed anew: work and revenue within {redrawn.deviation:.1%} of even (before: "
        f"{redrawn.deviation_before:.1%}) by {redrawn.moved_accounts} accounts that move, at most "
        f"{redrawn.gap:.1%} from the best; approved and published ({_since(started)})"
    )


def _check_visits(office: Office, day: rep_day.DayReport, today: date, say: Say) -> None:
    """See with the manager's eyes that everything the rep did has arrived."""
    visits = office.call("GET", f"/v1/visits?on_date={today.isoformat()}&limit=500")["items"]
    by_id = {one["id"]: one for one in visits}
    for visit_id in day.visit_ids:
        visit = by_id.get(visit_id)
        if visit is None or visit["status"] != "done" or not visit["notes"]:
            raise DemoFailed(f"The visit {visit_id} did not arrive whole: {visit}.")
        distances = [one["distance_m"] for one in visit["check_ins"]]
        if not distances or max(distances) > _MAX_DISTANCE_M:
            raise DemoFailed(f"The check-in of visit {visit_id} is not at the shop: {distances}.")
        stored = {one["kind"] for one in visit["media"] if one["state"] == "stored"}
        if stored != {"photo", "voice"}:
            raise DemoFailed(f"The visit {visit_id} lacks files: only {stored} arrived.")
        for media in visit["media"]:
            kind = office.fetch(f"/v1/media/{media['id']}").headers["content-type"]
            if not kind.startswith(("image/", "audio/")):
                raise DemoFailed(f"A file of visit {visit_id} is served as {kind}.")
    contacts = office.call("GET", f"/v1/accounts/{day.account_id}/contacts")["items"]
    if not any(one["full_name"] == "Nguyễn Văn Hải" for one in contacts):
        raise DemoFailed("The contact that An wrote down did not arrive.")
    say(f"9. The manager sees {len(day.visit_ids)} visits done, with photo and voice note")


def _plan_weeks(office: Office, city: City, today: date, telling: _Telling) -> None:
    """Let the manager plan An's next four weeks, and let the plan hold."""
    say = telling.say
    rep = office.people()[city.emails["an"]]
    shops = office.shops_of(rep)[:_REGULARS]
    monday = today + timedelta(days=7 - today.weekday())
    started = time.monotonic()
    plan = office.plan_weeks(rep, shops, monday, say)
    telling.report.seconds["four weeks"] = time.monotonic() - started
    summary = plan["summary"]
    say(
        f"10. An's next four weeks: {summary['visits']} visits at {len(shops)} shops, "
        f"{summary['distance_m'] / 1000:.0f} km, days within {summary['spread_percent']:.0f} %, "
        f"{summary['dropped']} shops left out with a reason ({_since(started)})"
    )


def _print_report(office: Office, folder: Path, telling: _Telling) -> None:
    """Let the manager print what the first territory is worth."""
    territory = office.call("GET", "/v1/territories")["items"][0]
    started = time.monotonic()
    body = {"area": {"territory_id": territory["id"]}}
    paper = office.print_report(body)
    telling.report.seconds["report"] = time.monotonic() - started
    if not paper.startswith(b"%PDF"):
        raise DemoFailed("The report of a territory is no PDF.")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{territory['id']}.pdf"
    file.write_bytes(paper)
    telling.say(
        f"11. What {territory['name']} is worth, on paper ({len(paper) / 1000:.0f} kB, "
        f"{_since(started)}): {file}"
    )


def _say_goodbye(service: Service, city: City, report: DemoReport, say: Say) -> None:
    memory = report.memory_mb["after the demo"]
    say("")
    say(f"Map page:  {service.url}/        (API: {service.url}/schema)")
    say(f"Sign in:   {city.emails['lan']} (manager), {city.emails['an']} (rep)")
    say(f"Password:  {PASSWORD}")
    say(f"The server's processes use {memory:.0f} MB (proportional set size).")


def _memory_mb(pid: int | None) -> float:
    if pid is None:
        return 0.0
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    total = sum(one.memory_full_info().pss for one in family)
    return float(total) / 1e6


def _stay(service: Service) -> None:
    try:
        service.wait()
    except KeyboardInterrupt:
        return


def _since(moment: float) -> str:
    return f"{time.monotonic() - moment:.1f} s"
