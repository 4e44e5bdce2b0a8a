"""CSV and XLSX import over HTTP and on the command line: tried, done, repeated, refused."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from click.testing import CliRunner

from backend.accounts.commands import import_group
from tests.support.databases import TestDatabase
from tests.support.http import Api
from tests.support.people import Org

type Body = dict[str, Any]

GOOD = """Mã KH;Tên;Điện thoại;Địa chỉ;Kinh độ;Vĩ độ;Ghi chú
A1;Cà phê Nguyễn;0901234567;1 Lê Lợi;106,70;10,77;x
A2;Tạp hóa Lan;;2 Lê Lợi;106,71;10,78;y
"""
BAD = GOOD + "A3;Sai số;12;;;;\nA4;Ngược;;;10,77;106,70;\nA1;Trùng;;;;;\n;;;;;;z\n"


def send(api: Api, content: bytes | str, **fields: str) -> Body:
    data = content.encode() if isinstance(content, str) else content
    answer = api.client.post(
        "/v1/imports/accounts",
        files={"file": ("shops.csv", data)},
        data=fields,
        headers=api.as_(api.org.manager),
    )
    body: Body = answer.json()
    return {"http": answer.status_code, **body}


def names(api: Api) -> list[str]:
    answer = api.client.get("/v1/accounts", headers=api.as_(api.org.manager))
    return [one["name"] for one in answer.json()["items"]]


def counts(report: Body) -> tuple[int, int, int]:
    return report["taken"], report["updated"], report["unchanged"]


def test_a_file_is_tried_done_and_repeated(api: Api) -> None:
    tried = send(api, GOOD, dry_run="true")
    assert (counts(tried), tried["is_dry_run"]) == ((2, 0, 0), True)
    assert tried["columns"]["phone"] == "Điện thoại"
    assert tried["ignored_columns"] == ["Ghi chú"]
    assert names(api) == []
    assert counts(send(api, GOOD)) == (2, 0, 0)
    assert names(api) == ["Cà phê Nguyễn", "Tạp hóa Lan"]
    assert counts(send(api, GOOD)) == (0, 0, 2)
    assert counts(send(api, GOOD.replace("Tạp hóa Lan", "Tạp hóa Lân"))) == (0, 1, 1)


def test_own_hours_of_a_file_are_kept_and_repeated(api: Api) -> None:
    head = "Mã KH;Tên;Giờ ghé thăm;Giờ ghé bắt buộc;Tần suất"
    lines = ["A1;Lan;Mo-Fr 08:00-10:00;có;2.1", "A2;Hoa;;;"]
    assert counts(send(api, "\n".join([head, *lines]))) == (2, 0, 0)
    headers = api.as_(api.org.manager)
    hoa, lan = api.client.get("/v1/accounts", headers=headers).json()["items"]
    wanted = ("preferred_hours", "preferred_hours_are_firm", "visit_frequency")
    assert [lan[name] for name in wanted] == ["Mo-Fr 08:00-10:00", True, "2.1"]
    assert [hoa[name] for name in wanted] == [None, False, None]
    lines[1] = "A2;Hoa;Sa 09:00-10:00;không;4"
    assert counts(send(api, "\n".join([head, *lines]))) == (0, 1, 1)


def test_a_repeated_file_keeps_what_people_edited(api: Api) -> None:
    send(api, GOOD)
    headers = api.as_(api.org.manager)
    first = api.client.get("/v1/accounts", headers=headers).json()["items"][0]
    path = f"/v1/accounts/{first['id']}"
    api.client.patch(path, json={"phone": None, "life_stage": "customer"}, headers=headers)
    changed = GOOD.replace("0901234567", "0907654321").replace("1 Lê Lợi", "9 Lê Lợi")
    assert counts(send(api, changed)) == (0, 1, 1)
    after = api.client.get(path, headers=headers).json()
    assert (after["phone"], after["address"]) == (None, "9 Lê Lợi")
    assert after["life_stage"] == "customer"


def test_one_bad_row_stops_the_file_unless_bad_rows_are_skipped(api: Api) -> None:
    refused = send(api, BAD)
    assert (refused["http"], refused["code"]) == (422, "rows_refused")
    assert [one["field"] for one in refused["errors"]] == [
        "row 4, Điện thoại", "row 5, Kinh độ", "row 6, Tên", "row 7, Tên",
    ]  # fmt: skip
    assert "(“12”)" in refused["errors"][0]["message"]
    assert names(api) == []
    tried = send(api, BAD, dry_run="true")
    assert (tried["http"], counts(tried)) == (200, (2, 0, 0))
    done = send(api, BAD, skip_bad_rows="true")
    assert counts(done) == (2, 0, 0)
    assert done["skipped"] == {
        "phone_invalid": 1, "location_swapped": 1, "duplicate_row": 1, "name_missing": 1,
    }  # fmt: skip
    assert names(api) == ["Cà phê Nguyễn", "Tạp hóa Lan"]


def test_encoding_and_mapping_are_the_callers_choice(api: Api) -> None:
    old = "Bang hieu,Ghi chu\nQu\u00e1n \u0110\u00f4ng,x\n".encode("cp1258")
    refused = send(api, old, mapping=json.dumps({"name": "Bang hieu"}))
    assert (refused["http"], refused["code"]) == (422, "encoding_unknown")
    wrong = send(api, old, encoding="windows-1258", mapping=json.dumps({"name": "Name"}))
    assert wrong["code"] == "unknown_column"
    assert send(api, old, mapping="[1]")["http"] == 422
    assert send(api, old, encoding="ebcdic")["http"] == 422
    done = send(api, old, encoding="windows-1258", mapping=json.dumps({"name": "Bang hieu"}))
    assert counts(done) == (1, 0, 0)
    assert names(api) == ["Quán Đông"]


def test_a_workbook_is_read_by_its_content(api: Api) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Tên", "SĐT", "Kinh độ", "Vĩ độ"])
    sheet.append(["Quán Đông", 901234567, 106.7, 10.77])
    content = io.BytesIO()
    book.save(content)
    assert counts(send(api, content.getvalue())) == (1, 0, 0)
    headers = api.as_(api.org.manager)
    made = api.client.get("/v1/accounts", headers=headers).json()["items"][0]
    assert (made["phone"], made["location"]) == ("+84901234567", [106.7, 10.77])
    assert made["location_source"] == "import"


def test_text_that_is_special_to_the_database_arrives_unchanged(api: Api) -> None:
    odd = 'O\'Brien "\\N" {a,b} \\. 50% \t tab'
    body = "name|tags\n" + '"' + odd.replace('"', '""') + '"|"a""b, c\\d, {e}"\n'
    assert counts(send(api, body)) == (1, 0, 0)
    headers = api.as_(api.org.manager)
    made = api.client.get("/v1/accounts", headers=headers).json()["items"][0]
    assert made["name"] == odd
    assert made["tags"] == ['a"b', "c\\d", "{e}"]
    assert counts(send(api, body)) == (0, 0, 1)


@dataclass(frozen=True)
class Context:
    """What the command line hands on."""

    app_url: str
    owner_url: str


def run(test_database: TestDatabase, *arguments: str) -> tuple[int, str]:
    context = Context(test_database.app_url, test_database.owner_url)
    result = CliRunner().invoke(import_group, arguments, obj=context)
    return result.exit_code, result.output


def test_the_command_line_imports_for_a_named_organisation(
    test_database: TestDatabase, org: Org, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD)
    bad.write_text(BAD)
    name = "Cà phê Sông Hàn"
    code, said = run(test_database, "csv", str(bad), "--org", name)
    assert code == 1
    assert "4 rows are wrong, so nothing was imported" in said
    assert "row 5, Kinh độ" in said
    code, said = run(test_database, "csv", str(bad), "--org", name, "--dry-run")
    assert (code, "2 would be taken" in said) == (1, True)
    code, said = run(
        test_database, "csv", str(good), "--org", str(org.id), "--mapping", "name=Ghi chú"
    )
    assert (code, "2 taken, 0 updated, 0 unchanged" in said) == (0, True)
    code, said = run(test_database, "csv", str(good), "--org", "Nobody")
    assert (code, "There are: “Cà phê Sông Hàn”" in said) == (1, True)
    code, said = run(test_database, "csv", str(good), "--org", name, "--mapping", "name")
    assert (code, "FIELD=HEADING" in said) == (2, True)


def test_the_command_line_imports_an_extract(
    test_database: TestDatabase, org: Org, tmp_path: Path
) -> None:
    helsinki = Path(__file__).parents[3] / "backend/demo/data/helsinki.osm.pbf"
    code, said = run(test_database, "osm", str(helsinki), "--org", str(org.id))
    assert code == 0, said
    assert "0 updated, 0 unchanged" in said
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(helsinki.read_bytes()[:5000])
    code, said = run(test_database, "osm", str(broken), "--org", str(org.id))
    assert (code, "Error: broken.osm.pbf" in said) == (1, True)
