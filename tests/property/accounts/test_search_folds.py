"""Search finds a name however its words are written and ordered."""

import unicodedata

import psycopg2
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.accounts import service
from backend.accounts.schemas import AccountCreate, AccountFilter
from backend.db.tenancy import Database
from tests.support.databases import TestDatabase
from tests.support.people import Org

LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
)
words = st.text(alphabet=LETTERS + LETTERS.upper(), min_size=1, max_size=8)


def without_marks(text: str) -> str:
    """Write as people type who have no Vietnamese keyboard."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@st.composite
def name_and_query(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.lists(words, min_size=1, max_size=5))
    shuffled = draw(st.permutations(name))
    asked = shuffled[: draw(st.integers(1, len(shuffled)))]
    typed = "  ".join(asked)
    ways = [typed, typed.upper(), typed.lower(), without_marks(typed)]
    ways += [unicodedata.normalize("NFD", way) for way in ways]
    return " ".join(name), draw(st.sampled_from(ways))


def test_any_words_in_any_order_and_spelling_find_the_name(
    database: Database, org: Org, test_database: TestDatabase
) -> None:
    @settings(max_examples=150, deadline=None)
    @given(pair=name_and_query())
    def check(pair: tuple[str, str]) -> None:
        name, query = pair
        with database.for_org(org.id) as connection:
            made = service.create_account(connection, org.manager, AccountCreate(name=name))
            found = service.list_accounts(
                connection, org.manager, AccountFilter(q=query), after=None, limit=500
            )
            assert made.id in {one.id for one in found}

    check()
    with psycopg2.connect(test_database.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tuyen_fold('Nguyễn Đức ĐẠT'), tuyen_fold('Ế')")
        assert cursor.fetchone() == ("nguyen duc dat", "e")
    connection.close()
