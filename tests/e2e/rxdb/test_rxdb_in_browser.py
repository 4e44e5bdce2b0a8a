"""The example's page in a real browser: live, offline and after a reload the same as the phone."""

from playwright.sync_api import Browser, Page, expect

from backend.sync.protocol.messages import Status
from tests.e2e.rxdb.conftest import Field
from tests.support.phone import Phone


def _sign_in(page: Page, field: Field) -> None:
    who = field.credentials("rep")
    page.get_by_label("Email").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("body[data-ready=true]")


def _write(page: Page, value: str) -> None:
    page.get_by_label("W", exact=True).fill(value)
    page.get_by_label("W", exact=True).press("Tab")


def _pulled(phone: Phone, shop: str) -> object:
    phone.pull()
    return phone.rows["account", shop]["address"]


def test_a_page_and_a_phone_show_each_other_s_work(
    browser: Browser, page_url: str, field: Field
) -> None:
    shop, phone = field.west_shop, field.phone(field.org.rep)
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_url)
    _sign_in(page, field)
    address = page.get_by_label("W", exact=True)

    _write(page, "from the page")
    page.evaluate("store.inSync()")
    assert _pulled(phone, shop) == "from the page"
    (result,) = phone.push(
        phone.mutation(
            "patch", "account", shop, base={"address": "from the page"},
            values={"address": "from the phone"},
        )
    )  # fmt: skip
    assert result.status is Status.APPLIED
    expect(address).to_have_value("from the phone", timeout=20_000)

    context.set_offline(True)
    _write(page, "without a network")
    expect(address).to_have_value("without a network")
    assert _pulled(phone, shop) == "from the phone"
    context.set_offline(False)
    page.evaluate("store.inSync()")
    assert _pulled(phone, shop) == "without a network"

    # What the browser kept, and the cookie, outlive the page.
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    expect(address).to_have_value("without a network")
    versions = "store.collections.account.find().exec().then((all) => all.map((a) => [a.id, a.rv]))"
    held = page.evaluate(versions)
    phone.pull()
    assert {("account", rid): rv for rid, rv in held} == {
        key: rv for key, rv in phone.versions().items() if key[0] == "account"
    }
    context.close()
