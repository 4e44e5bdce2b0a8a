"""Sales from an organisation's books: tried, done, repeated, partly wrong; potentials too."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from click.testing import CliRunner

from backend.import_commands import import_group
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.people import Org

pytestmark = pytest.mark.integration

type Body = dict[str, Any]

GOOD = """Số hóa đơn;Dòng;Ngày;Mã KH;Mã hàng;Tên hàng;Nhóm hàng;Số lượng;Thành tiền;Email NV;Ghi chú
HD1;1;01/03/2026;{lan};SP1;Bia lon;Bia;10;2.500.000;{rep};x
HD1;2;01/03/2026;{lan};SP2;Nước suối;Nước;2,5;120.000;;
HD2;1;15/03/2026;0901234567;SP1;Bia lon;Bia;-1;(250.000);;
"""
ENGLISH = """Invoice No,Line,Invoice Date,Customer Code,SKU,Item Name,Qty,Net Amount
A-1,1,2026-03-31,{lan},SP9,Coffee,3,"1,250,000.50"
"""


@dataclass(frozen=True)
class Books:
    """Two shops, and how to send files."""

    api: Api
    org: Org
    url: str
    lan: UUID
    hoa: UUID

    def send(self, content: bytes | str, **fields: str) -> Body:
        """Send a file as the manager."""
        data = content.encode() if isinstance(content, str) else content
        answer = self.api.client.post(
            "/v1/sales/import",
            files={"file": ("sales.csv", data)},
            data=fields,
            headers=self.api.as_(self.org.manager),
        )
        body: Body = answer.json()
        return {"http": answer.status_code, **body}

    def good(self) -> str:
        """Return three lines without a fault."""
        return GOOD.format(lan=self.lan, rep=f"REP@{self.org.id}.test")

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner."""
        return execute(self.url, statement, *values)

    def sales(self, account: UUID, **query: str) -> Body:
        """Return what an account bought, as the manager sees it."""
        answer = self.api.client.get(
            f"/v1/accounts/{account}/sales", params=query, headers=self.api.as_(self.org.manager)
        )
        assert answer.status_code == 200, answer.text
        body: Body = answer.json()
        return body


@pytest.fixture
def books(api: Api, org: Org, test_database: TestDatabase) -> Books:
    url = test_database.owner_url
    add_territory(url, org, "Tây", WEST, org.rep)
    add_territory(url, org, "Đông", EAST, org.other_rep)
    lan, hoa = (add_account(url, org, name, *IN_WEST) for name in ("Lan", "Hoa"))
    # Its place in search follows by the trigger, as over HTTP.
    execute(url, "UPDATE account SET phone = '+84901234567' WHERE id = %s", hoa)
    return Books(api, org, url, lan, hoa)


def counts(report: Body) -> tuple[int, int, int]:
    assert report["http"] == 200, report
    return report["taken"], report["updated"], report["unchanged"]


def test_a_file_is_tried_done_and_repeated(books: Books) -> None:
    tried = books.send(books.good(), dry_run="true")
    assert (counts(tried), tried["is_dry_run"]) == ((3, 0, 0), True)
    assert tried["columns"]["amount"] == "Thành tiền"
    assert tried["ignored_columns"] == ["Ghi chú"]
    assert books.run("SELECT count(*) FROM sale") == [(0,)]
    assert books.run("SELECT count(*) FROM product") == [(0,)]
    assert counts(books.send(books.good())) == (3, 0, 0)
    assert counts(books.send(books.good())) == (0, 0, 3)
    again = books.good().replace("2.500.000", "2.600.000").replace("Nước suối", "Nước khoáng")
    assert counts(books.send(again)) == (0, 1, 2)
    told = books.sales(books.lan)["items"]
    assert {one["line"]: one["amount"] for one in told} == {1: 2_600_000, 2: 120_000}
    assert {one["product_name"] for one in told} == {"Bia lon", "Nước khoáng"}
    assert {one["currency"] for one in told} == {"VND"}
    assert {one["rep_name"] for one in told} == {"Rep", None}
    assert books.sales(books.hoa)["items"][0]["amount"] == -250_000


def test_english_headings_and_numbers_are_read(books: Books) -> None:
    assert counts(books.send(ENGLISH.format(lan=books.lan))) == (1, 0, 0)
    (line,) = books.sales(books.lan)["items"]
    assert (line["sold_on"], line["amount"]) == ("2026-03-31", 1_250_000.5)


def test_good_rows_are_taken_and_bad_ones_told_by_row(books: Books) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).date()
    bad = books.good() + (
        "HD3;1;01/03/2026;KH-404;SP1;;;1;10;;\n"
        "HD3;2;31/02/2026;{lan};SP1;;;1;10;;\n"
        f"HD3;3;{ahead};{{lan}};SP1;;;1;10;;\n"
        "HD3;4;01/03/2026;{lan};;;;1;10;;\n"
        "HD3;5;01/03/2026;{lan};SP1;;;1;mười;;\n"
        "HD3;6;01/03/2026;;SP1;;;1;10;;\n"
        "HD1;1;01/03/2026;{lan};SP1;;;1;10;;\n"
        "HD3;x;01/03/2026;{lan};SP1;;;1;10;;\n"
        ";7;01/03/2026;{lan};SP1;;;1;10;;\n"
        "HD3;8;01/03/2026;{lan};SP1;;;1;10;who@x.vn;\n"
        "HD3;9;01/03/2026;{lan};SP1;;;1;1e40;;\n"
        "HD3;10;01/03/2026;{lan};SP1;;;1;#N/A;;\n"
    ).replace("{lan}", str(books.lan))
    report = books.send(bad)
    assert counts(report) == (4, 0, 0)
    assert report["skipped"] == {
        "account_unknown": 1, "day_invalid": 1, "day_ahead": 1, "cell_empty": 3,
        "number_invalid": 2, "duplicate_row": 1, "number_too_large": 1, "formula_error": 1,
    }  # fmt: skip
    assert report["warnings"] == {"rep_unknown": 1}
    unknown = next(one for one in report["examples"] if one["code"] == "account_unknown")
    assert (unknown["ref"], unknown["column"], unknown["value"]) == ("row 5", "Mã KH", "KH-404")
    assert books.run("SELECT count(*) FROM sale") == [(4,)]


def test_all_or_nothing_leaves_nothing_behind(books: Books) -> None:
    bad = books.good() + "HD3;1;01/03/2026;KH-404;SP7;;;1;10;;\n"
    refused = books.send(bad, skip_bad_rows="false")
    assert (refused["http"], refused["code"]) == (422, "rows_refused")
    assert books.run("SELECT count(*) FROM sale") == [(0,)]
    assert books.run("SELECT count(*) FROM product") == [(0,)]


def test_lines_without_a_number_are_counted_within_their_invoice(books: Books) -> None:
    text = f"Hóa đơn,Ngày,Mã KH,Sản phẩm,Tiền\nX1,2026-01-01,{books.lan},Trà,5\n"
    text += f"X1,2026-01-01,{books.lan},Sữa,7\n"
    assert counts(books.send(text)) == (2, 0, 0)
    assert counts(books.send(text)) == (0, 0, 2)
    assert books.run("SELECT line, amount FROM sale ORDER BY line") == [(1, 5), (2, 7)]
    assert books.run("SELECT code, name FROM product ORDER BY 1") == [
        ("Sữa", "Sữa"), ("Trà", "Trà"),
    ]  # fmt: skip


def test_an_account_is_named_by_the_code_of_its_own_import(books: Books) -> None:
    sheet = "Mã KH,Tên,Điện thoại\nKH-7,Quán Bảy,0909999999\n"
    headers = books.api.as_(books.org.manager)
    answer = books.api.client.post(
        "/v1/imports/accounts", files={"file": ("a.csv", sheet.encode())}, headers=headers
    )
    assert answer.json()["taken"] == 1
    text = "Hóa đơn,Ngày,Mã KH,Mã hàng,Tiền\nX1,2026-01-01,kh-7,SP,5\n"
    assert counts(books.send(text)) == (1, 0, 0)
    # A code that nobody has is passed over where there is a phone number.
    text = "Hóa đơn,Ngày,Mã KH,SĐT,Mã hàng,Tiền\nX2,2026-01-01,??,0909 999 999,SP,5\n"
    assert counts(books.send(text)) == (1, 0, 0)
    assert books.run("SELECT a.name, count(*) FROM sale s JOIN account a ON a.id = s.account_id"
                     " GROUP BY 1") == [("Quán Bảy", 2)]  # fmt: skip


def test_a_phone_of_two_accounts_and_a_deleted_account_are_told(books: Books) -> None:
    books.run("UPDATE account SET phone = '+84901234567' WHERE id = %s", books.lan)
    text = "Hóa đơn,Ngày,Mã KH,Mã hàng,Tiền\nX1,2026-01-01,0901234567,SP,5\n"
    assert books.send(text)["skipped"] == {"account_ambiguous": 1}
    books.run("UPDATE account SET deleted_at = now() WHERE id = %s", books.lan)
    assert counts(books.send(text)) == (1, 0, 0)
    gone = f"Hóa đơn,Ngày,Mã KH,Mã hàng,Tiền\nX2,2026-01-01,{books.lan},SP,5\n"
    assert books.send(gone)["skipped"] == {"account_deleted": 1}


def test_what_a_merged_account_bought_goes_over(books: Books) -> None:
    books.send(books.good())
    books.send(f"Mã KH,Tiềm năng\n{books.lan},9000000\n", what="potential")
    headers = books.api.as_(books.org.manager)
    answer = books.api.client.post(
        f"/v1/accounts/{books.lan}/merge", json={"into": str(books.hoa)}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert len(books.sales(books.hoa)["items"]) == 3
    assert books.run("SELECT account_id, monthly_amount FROM account_potential") == [
        (books.hoa, 9_000_000)
    ]
    # The books still know it by its former name.
    assert counts(books.send(books.good())) == (0, 0, 3)


def test_a_sale_lies_in_the_territory_of_its_day(books: Books) -> None:
    day = datetime.now(UTC).date() - timedelta(days=10)
    text = "Hóa đơn,Ngày,Mã KH,Mã hàng,Tiền\n"
    old = f"X1,{day},{books.lan},SP,5\n"
    books.run("UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
              *IN_EAST, books.lan)  # fmt: skip
    new = f"X2,{day + timedelta(days=10)},{books.lan},SP,5\n"
    assert counts(books.send(text + old + new)) == (2, 0, 0)
    found = books.run(
        "SELECT s.invoice, t.name FROM sale s JOIN territory t ON t.id = s.territory_id ORDER BY 1"
    )
    assert found == [("X1", "Tây"), ("X2", "Đông")]
    books.run("UPDATE account_placement SET left_at = left_at - interval '20 days'")
    assert counts(books.send(text + old.replace(",5", ",6") + new)) == (0, 1, 1)
    assert books.run("SELECT t.name FROM sale s JOIN territory t ON t.id = s.territory_id"
                     " WHERE invoice = 'X1'") == [("Tây",)]  # fmt: skip


def test_potentials_replace_what_was_said_before(books: Books) -> None:
    text = f"Mã KH,Tiềm năng tháng,Nguồn\n{books.lan},12.000.000,khảo sát\n{books.hoa},0,\n"
    assert counts(books.send(text, what="potential")) == (2, 0, 0)
    assert counts(books.send(text, what="potential")) == (0, 0, 2)
    more = f"Mã KH,Tiềm năng tháng,Nguồn\n{books.lan},13.000.000,khảo sát\n{books.lan},1,\n"
    more += f"{books.hoa},-1,\n"
    report = books.send(more, what="potential")
    assert counts(report) == (0, 1, 0)
    assert report["skipped"] == {"duplicate_row": 1, "number_negative": 1}
    found = books.run("SELECT monthly_amount, source FROM account_potential ORDER BY 1")
    assert found == [(0, "import"), (13_000_000, "khảo sát")]


def test_a_workbook_is_read_like_a_text(books: Books) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["Invoice", "Date", "Account", "SKU", "Quantity", "Amount"])
    page.append(["W1", datetime(2026, 2, 3), str(books.lan), "SP", 1.125, 1250.5])  # noqa: DTZ001
    content = io.BytesIO()
    book.save(content)
    assert counts(books.send(content.getvalue())) == (1, 0, 0)
    (line,) = books.sales(books.lan)["items"]
    assert (line["sold_on"], line["quantity"], line["amount"]) == ("2026-02-03", 1.125, 1250.5)


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        ("", {}, "file_empty"),
        ("Tên,Ngày\nx,y\n", {}, "column_missing"),
        ("Hóa đơn,Ngày,Tiền,Mã hàng\nx,2026-01-01,1,SP\n", {}, "column_missing"),
        ("a\n1\n", {"mapping": '{"invoice": "b"}'}, "unknown_column"),
        ("a\n1\n", {"mapping": '{"b": "a"}'}, "unknown_field"),
        ("a\n1\n", {"mapping": "["}, "malformed"),
        ("a\n1\n", {"what": "orders"}, "malformed"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    books: Books, content: str, fields: dict[str, str], code: str
) -> None:
    refused = books.send(content, **fields)
    assert (refused["http"], refused["code"]) == (422, code)


def test_who_may_import_and_who_sees_what(books: Books, other_org: Org) -> None:
    books.send(books.good())
    org, client = books.org, books.api.client
    for actor in (org.rep, org.analyst, org.agent):
        answer = client.post(
            "/v1/sales/import",
            files={"file": ("s.csv", b"x")},
            headers=books.api.as_(actor),
        )
        assert answer.status_code == 403
    path = f"/v1/accounts/{books.lan}/sales"
    seen = {
        name: client.get(path, headers=books.api.as_(getattr(org, name))).status_code
        for name in ("rep", "other_rep", "analyst", "agent", "manager", "admin")
    }
    assert seen == {"rep": 200, "other_rep": 404, "analyst": 200, "agent": 200, "manager": 200,
                    "admin": 200}  # fmt: skip
    strange = books.api.as_(other_org.manager)
    assert client.get(path, headers=strange).status_code == 404
    assert client.get("/v1/products", headers=strange).json()["items"] == []


def test_products_and_sales_are_told_page_by_page(books: Books) -> None:
    books.send(books.good())
    headers = books.api.as_(books.org.rep)
    first = books.api.client.get("/v1/products?limit=1", headers=headers).json()
    cursor = first["next_cursor"]
    rest = books.api.client.get(f"/v1/products?cursor={cursor}", headers=headers).json()
    assert [one["code"] for one in (*first["items"], *rest["items"])] == ["SP1", "SP2"]
    drinks = books.api.client.get("/v1/products?category=Bia", headers=headers).json()["items"]
    assert [one["name"] for one in drinks] == ["Bia lon"]
    page = books.sales(books.lan, limit="1")
    last = books.sales(books.lan, limit="1", cursor=page["next_cursor"])
    assert {one["line"] for one in (*page["items"], *last["items"])} == {1, 2}
    assert last["next_cursor"] is None
    for bad in ("x", cursor):
        answer = books.api.client.get(
            f"/v1/accounts/{books.lan}/sales?cursor={bad}", headers=headers
        )
        assert answer.status_code == 422


def test_an_import_is_written_down_and_asks_for_new_values(books: Books) -> None:
    books.send(books.good())
    (detail,) = books.run("SELECT detail FROM audit_entry WHERE action = 'sale.import'")[0]
    assert detail["taken"] == 3
    asked = books.run(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'insights.value_accounts'"
    )
    assert [one[0] for one in asked] == [{"org_id": str(books.org.id)}]


@dataclass(frozen=True)
class _Context:
    app_url: str
    owner_url: str


def test_the_command_takes_a_file_and_tells_what_is_wrong(
    books: Books, test_database: TestDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(books.good() + "HD3;1;01/03/2026;KH-404;SP1;;;1;10;;\n")
    context = _Context(test_database.app_url, test_database.owner_url)
    told = CliRunner().invoke(
        import_group, ["sales", str(file), "--org", str(books.org.id)], obj=context
    )
    assert told.exit_code == 0, told.output
    assert "3 taken" in told.output
    assert "row 5, Mã KH" in told.output
    refused = CliRunner().invoke(
        import_group,
        ["sales", str(file), "--org", str(books.org.id), "--all-or-nothing"],
        obj=context,
    )
    assert refused.exit_code == 1
    assert "nothing was imported" in refused.output
