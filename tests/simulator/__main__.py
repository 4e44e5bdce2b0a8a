"""`python -m tests.simulator`: simulate seeds, print what happened, exit 1 on any failure."""

import signal
import sys
from pathlib import Path

import click

from tests.simulator.house import open_house
from tests.simulator.proofs import weather_for
from tests.simulator.simulation import Plan, Run
from tests.simulator.tally import Tally
from tests.simulator.weather import Weather


@click.command()
@click.option("--seeds", default=100, show_default=True, help="How many seeds.")
@click.option("--first", default=1, show_default=True, help="The first seed.")
@click.option("--seed", type=int, help="Only this seed, with the same choices as in a long run.")
@click.option("--minutes", default=60.0, show_default=True, help="Begin no seed after these.")
@click.option("--at-once", default=6, show_default=True, help="How many worlds at a time.")
@click.option("--rounds", default=14, show_default=True, help="Rounds of each device.")
@click.option("--services", default=2, show_default=True, help="Service processes.")
@click.option("--only", default="", help="Only this fault, and often.")
@click.option("--broken", default="", help="Break the product on purpose; must end with exit 1.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write every event to this file.")
def main(
    seeds: int,
    first: int,
    seed: int | None,
    minutes: float,
    at_once: int,
    rounds: int,
    services: int,
    only: str,
    broken: str,
    trace: Path | None,
) -> None:
    """Simulate devices, writers, faults and crashes against a real server."""
    try:
        weather = weather_for(broken) if broken else Weather(only=only)
    except (ValueError, LookupError) as error:
        raise click.BadParameter(str(error), param_hint="--only") from error
    chosen = range(first, first + seeds) if seed is None else range(seed, seed + 1)
    # Asked to end, it still takes PostgreSQL and its folder away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sink = trace.open("w") if trace is not None else None
    tally = Tally(sink)
    with open_house(tally, services=services, breakage=broken) as house:
        tally.begin()
        plan = Plan(seeds=chosen, minutes=minutes, at_once=at_once, rounds=rounds)
        Run(house, weather, plan).run(_Progress(tally))
        click.echo("")
        _print_table(tally)
        if trace is not None:
            trace.with_suffix(".service").write_text(house.service_log())
    if sink is not None:
        sink.close()
    sys.exit(1 if tally.failures else 0)


class _Progress:
    """Prints a line now and then: in place on a screen, line by line into a file."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.is_screen = sys.stderr.isatty()
        self.due = 0.0

    def __call__(self) -> None:
        if self.tally.seconds < self.due:
            return
        self.due = self.tally.seconds + (1 if self.is_screen else 15)
        counts = self.tally.counts
        line = (
            f"{self.tally.seconds:5.0f} s  {counts['seeds']} seeds  {counts['pulls']} pulls"
            f"  {counts['mutations']} mutations  {sum(self.tally.faults.values())} faults"
            f"  {len(self.tally.failures)} failures "
        )
        click.echo(f"\r{line}" if self.is_screen else line, nl=not self.is_screen, err=True)


def _print_table(tally: Tally) -> None:
    click.echo(f"{tally.seconds:.0f} s")
    for title, counts in (("done", tally.counts), ("faults that happened", tally.faults)):
        click.echo(f"\n{title}")
        for name, count in sorted(counts.items()):
            click.echo(f"  {name:44} {count:9,}")
    click.echo(f"\nfailures: {len(tally.failures)}")
    for failure in tally.failures[:10]:
        click.echo(f"\nseed {failure.seed}, {failure.who}: {failure.what}")
        for line in failure.detail:
            click.echo(f"    {line}")
        click.echo("  before that:")
        for line in failure.tail[-40:]:
            click.echo(f"    {line}")


if __name__ == "__main__":
    main()
