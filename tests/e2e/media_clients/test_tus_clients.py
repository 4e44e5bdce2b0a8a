"""Tus clients of others, as they are published, over a bad line and with a server that dies."""

import io
import json
import subprocess
import threading
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.support.cutting_proxy import Line, Plan, cutting_proxy, seeded_lines
from tests.support.photo_site import PhotoSite
from tests.support.service_process import ServiceProcess

pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).parent / "send.mjs"
CUTS = 20
# A lost answer brings a whole chunk over: larger ones would be there before the twentieth cut.
CHUNK_BYTES = 500_000
KILLED_AT = (6, 13)


class Butcher:
    """Kills the server at certain cuts, in the middle of what it reads, and starts it again."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service = service
        self._starting: list[threading.Thread] = []

    def strike(self, cut: int) -> None:
        """Kill at the cuts named; the client finds nobody until the service is back."""
        if cut in KILLED_AT:
            self._service.kill9()
            starting = threading.Thread(target=self._service.start)
            starting.start()
            self._starting.append(starting)

    def wait(self) -> None:
        """Return when every start has ended."""
        for thread in self._starting:
            thread.join()


def bad_line(site: PhotoSite, seed: int, *first: Line) -> tuple[Plan, Butcher]:
    """Return a line that is cut twenty times, after the first connections as they are given."""
    butcher = Butcher(site.service)

    def lines() -> Iterator[Line]:
        yield from first
        # A short request may end before its cut: that does not count.
        yield from takewhile(lambda _: plan.cuts < CUTS, seeded_lines(seed, 60_000, 300_000))

    plan = Plan(lines(), on_cut=butcher.strike)
    return plan, butcher


def check_stored(site: PhotoSite, plan: Plan) -> None:
    """Check that the photo arrived whole, went on where it was, and tells no place."""
    assert plan.cuts == CUTS
    assert site.service.starts == 1 + len(KILLED_AT)
    assert site.state() == "stored"
    assert site.stored_bytes() == site.photo
    # Twenty cuts from the start would have been far more.
    assert plan.bytes_up < 2.5 * len(site.photo)
    assert not list((site.service.data_dir / "uploads").iterdir())
    served = site.phone.get(f"/v1/media/{site.media_id}")
    assert served.status_code == 200
    assert b"Exif" not in served.content[:4096]


def send_with_node(site: PhotoSite, port: int, **options: object) -> dict[str, Any]:
    """Run tus-js-client until it says how it ended."""
    endpoint = f"http://127.0.0.1:{port}{site.door}"
    told = subprocess.run(
        ["node", str(SCRIPT), endpoint, str(site.file), site.media_id, site.token,
         json.dumps(options)],
        capture_output=True, check=True, timeout=900, text=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return result


def test_scene_14_tus_js_client_over_a_line_cut_20_times_and_a_server_killed_twice(
    site: PhotoSite,
) -> None:
    plan, butcher = bad_line(site, 11)
    with cutting_proxy(site.service.port, plan) as port:
        told = send_with_node(site, port, chunkSize=CHUNK_BYTES)
        butcher.wait()
    assert told["outcome"] == "stored", told
    check_stored(site, plan)


def test_scene_14b_tuspy_over_a_line_cut_20_times_and_a_server_killed_twice(
    site: PhotoSite,
) -> None:
    plan, butcher = bad_line(site, 12, Line())  # it asks for its upload only once
    with cutting_proxy(site.service.port, plan) as port:
        client = TusClient(
            f"http://127.0.0.1:{port}{site.door}",
            headers={"Authorization": f"Bearer {site.token}"},
        )
        uploader = client.uploader(
            file_stream=io.BytesIO(site.photo),
            chunk_size=CHUNK_BYTES,
            metadata={"media_id": site.media_id},
            retries=240,
            retry_delay=1,
            upload_checksum=False,
        )
        uploader.upload()
        butcher.wait()
    check_stored(site, plan)


def test_both_clients_send_pieces_of_their_own_size_on_a_good_line(site: PhotoSite) -> None:
    told = send_with_node(site, site.service.port, chunkSize=1_000_000)
    assert told["outcome"] == "stored", told
    assert set(told["statuses"]) == {"POST 201", "PATCH 204"}
    again = send_with_node(site, site.service.port, uploadUrl=told["url"])
    assert again["outcome"] == "stored"
    assert set(again["statuses"]) == {"HEAD 200"}


def test_tuspy_checksums_are_checked_piece_by_piece(site: PhotoSite) -> None:
    client = TusClient(
        f"{site.service.url}{site.door}", headers={"Authorization": f"Bearer {site.token}"}
    )
    uploader = client.uploader(
        file_stream=io.BytesIO(site.photo),
        chunk_size=2_000_000,
        metadata={"media_id": site.media_id},
        upload_checksum=True,
    )
    uploader.upload()
    assert site.state() == "stored"


def test_a_client_that_sends_a_stored_photo_again_learns_that_it_is_there(
    site: PhotoSite,
) -> None:
    assert send_with_node(site, site.service.port)["outcome"] == "stored"
    again = send_with_node(site, site.service.port)
    assert again["outcome"] == "stored", again
    assert again["statuses"][0] == "POST 201"
    assert again["statuses"][-1] == "HEAD 200"


def test_a_client_ends_its_upload_and_begins_another(site: PhotoSite) -> None:
    door = f"{site.service.url}{site.door}"
    client = TusClient(door, headers={"Authorization": f"Bearer {site.token}"})
    told = {"media_id": site.media_id}
    first = client.uploader(file_stream=io.BytesIO(site.photo), chunk_size=1_000_000, metadata=told)
    first.upload(stop_at=1_000_000)
    headers = {"Tus-Resumable": "1.0.0"}
    assert first.url is not None
    ended = site.phone.api.client.delete(
        first.url, headers={**headers, "Authorization": f"Bearer {site.token}"}
    )
    assert ended.status_code == 204
    with pytest.raises(TusCommunicationError, match="404"):
        first.get_offset()
    assert not list((site.service.data_dir / "uploads").iterdir())
    assert send_with_node(site, site.service.port)["outcome"] == "stored"
