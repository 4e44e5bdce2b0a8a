"""The page and its files over HTTP."""

import re

from backend.web.build import build
from tests.support.http import Api


def test_the_page_is_public_and_guarded_by_its_policy(api: Api) -> None:
    answer = api.client.get("/", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert '<html lang="en">' in answer.text


def test_every_file_that_the_page_names_is_served_for_good(api: Api) -> None:
    build()
    page = api.client.get("/").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    files += re.findall(r'"(/static/[^"]+\.m?js)"', page)
    assert len(files) > 8
    for file in files:
        answer = api.client.get(file)
        assert answer.status_code == 200, file
        assert "immutable" in answer.headers["cache-control"]
        if file.endswith(("js", "mjs")):
            assert answer.headers["content-type"].startswith("text/javascript")


def test_files_outside_the_folder_are_not_served(api: Api) -> None:
    page = api.client.get("/").text
    found = re.search(r'data-static="([^"]+)"', page)
    assert found
    for path in ("/../pages.py", "/%2e%2e/pages.py", "/js/../../pages.py", "/nothing.js"):
        assert api.client.get(found[1] + path).status_code == 404
