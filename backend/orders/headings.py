"""Which fields a sheet of sales or of potential has, and the headings that they go by, folded."""

from collections.abc import Mapping, Sequence
from typing import Literal

from backend.accounts.importing.columns import Columns, match_columns, shown
from backend.api.problems import malformed_field

type What = Literal["sales", "potential"]
"""What a file tells: lines of invoices, or what accounts could buy in a month."""

_ACCOUNT = (
    "ma khach hang", "ma kh", "ma khach", "ma cua hang", "ma diem ban", "khach hang",
    "ma doi tuong", "account", "account id", "account ref", "account reference", "customer",
    "customer code", "customer id", "source ref", "outlet", "outlet code",
)  # fmt: skip
_PHONE = (
    "dien thoai", "so dien thoai", "sdt", "so dt", "di dong", "phone", "phone number", "tel",
    "mobile",
)  # fmt: skip
SALES: Mapping[str, tuple[str, ...]] = {
    "invoice": (
        "so hoa don", "hoa don", "so chung tu", "chung tu", "so hd", "ma don hang", "so don hang",
        "don hang", "so phieu", "invoice", "invoice no", "invoice number", "document", "order",
        "order number",
    ),
    "line": ("dong", "so dong", "stt", "so thu tu", "line", "line no", "line number", "row"),
    "date": (
        "ngay", "ngay ban", "ngay hoa don", "ngay chung tu", "ngay hd", "ngay dat hang", "date",
        "invoice date", "sold on", "order date",
    ),
    "account": _ACCOUNT,
    "phone": _PHONE,
    "product_code": (
        "ma hang", "ma san pham", "ma sp", "ma hang hoa", "ma vat tu", "sku", "product code",
        "item code", "product", "item",
    ),
    "product_name": (
        "ten hang", "ten san pham", "ten sp", "ten hang hoa", "san pham", "hang hoa", "dien giai",
        "product name", "item name", "description",
    ),
    "product_category": (
        "nhom hang", "nganh hang", "loai hang", "nhom san pham", "nhom sp", "category",
        "product category", "product group", "brand",
    ),
    "quantity": ("so luong", "sl", "quantity", "qty"),
    "amount": (
        "thanh tien", "tien hang", "doanh thu", "doanh so", "gia tri", "so tien", "tien", "amount",
        "net amount", "revenue", "total", "value",
    ),
    "rep_email": (
        "email nhan vien", "email nvbh", "email nv", "email nhan vien ban hang", "nhan vien",
        "nvbh", "rep email", "rep", "salesperson", "salesperson email", "email",
    ),
}  # fmt: skip
POTENTIAL: Mapping[str, tuple[str, ...]] = {
    "account": _ACCOUNT,
    "phone": _PHONE,
    "monthly_amount": (
        "tiem nang thang", "tiem nang moi thang", "tiem nang", "doanh so tiem nang",
        "monthly potential", "monthly amount", "potential",
    ),
    "source": ("nguon", "nguon tin", "source", "said by"),
    "said_on": ("ngay", "ngay danh gia", "ngay khao sat", "date", "said on"),
}  # fmt: skip
_NEEDED: Mapping[What, tuple[str, ...]] = {
    "sales": ("invoice", "date", "amount"),
    "potential": ("monthly_amount",),
}
# One of each of these must be there.
_EITHER: Mapping[What, tuple[tuple[str, ...], ...]] = {
    "sales": (("account", "phone"), ("product_code", "product_name")),
    "potential": (("account", "phone"),),
}


def find_columns(headings: Sequence[str], mapping: Mapping[str, str], what: What) -> Columns:
    """Match the fields of what a file tells to its headings; raise Malformed when one is missing.

    `mapping` gives a field's heading, or "" to leave the field out; the others are guessed.
    """
    columns = match_columns(headings, mapping, SALES if what == "sales" else POTENTIAL)
    for either in (*((one,) for one in _NEEDED[what]), *_EITHER[what]):
        if not any(field in columns.positions for field in either):
            raise malformed_field(
                "mapping",
                f"No column holds {' or '.join(either)}. The headings are: {shown(headings)}. "
                f"Say which one it is, for example {either[0]}={_example(headings)}.",
                code="column_missing",
            )
    return columns


def _example(headings: Sequence[str]) -> str:
    return next((heading[:40] for heading in headings if heading), "…")
