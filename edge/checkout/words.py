"""The words of a receipt, one table a language. A new language is a new table and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.reasons import Why
from edge.checkout.sale import State


@dataclass(frozen=True, slots=True)
class Words:
    """What a receipt says. ``when`` is a date pattern of Unicode technical standard 35; ``{}`` takes a number."""

    when: str
    title: str
    invoice: str
    under_review: str
    registration: str
    visit: str
    subtotal: str
    tax: str
    total: str
    would_be_total: str
    unit: str
    units: str
    rate: str
    including: str
    excluding: str
    tax_inside: str
    reduced: str
    not_charged: str
    why_not_charged: str
    why_waived: str
    why_age: str
    in_doubt: str
    unknown: str
    reference: str
    goodbye: str
    returned: str
    return_invoice: str
    corrected: str
    corrected_invoice: str
    bought_on: str
    corrects: str
    never_taken: str
    keep_both: str
    decided_by: str
    taken_back: str
    taken_back_sum: str
    given_back: str
    paid_part: str
    still_open: str
    waived: str
    no_money: str
    test_mode: str
    on_tab: str
    tab_part: str
    off_tab: str
    changed: str
    marked: str
    off_basket: str
    off_points: str
    points_earned: str
    points_until: str
    points_back: str
    points_taken: str
    points_left: str
    points: str
    states: dict[State, str]
    reviews: dict[Why, str]


_JAPANESE = Words(
    when="y年M月d日(E) HH:mm",
    title="レシート",
    invoice="レシート(適格簡易請求書)",
    under_review="お買い上げ内容の確認中",
    registration="登録番号",
    visit="来店",
    subtotal="小計(税抜)",
    tax="消費税等",
    total="合計",
    would_be_total="合計(未請求)",
    unit="{}点",
    units="{}点",
    rate="税率",
    including="対象額(税込)",
    excluding="対象額(税抜)",
    tax_inside="うち消費税等",
    reduced="印は軽減税率対象商品です。",
    not_charged="請求していない商品",
    why_not_charged="確信が持てないため請求しておりません。",
    why_waived="係員が確認し、請求しないことにしました。",
    why_age="年齢の確認ができなかったため、販売しておりません。お返しください。",
    in_doubt="確認が必要な商品",
    unknown="不明な商品",
    reference="取引番号",
    goodbye="ご来店ありがとうございました",
    states={
        "inside": "お支払いはまだありません。",
        "asked": "お支払い手続き中です。",
        "unanswered": "お支払いの結果を確認しています。",
        "paid": "お支払いが完了しました。",
        "declined": "お支払いが承認されませんでした。\n代金は未払いです。",
        "disputed": "お支払いの結果を係員が確認しています。",
        "void": "お支払いはありません。",
        "review": "係員が内容を確認しています。\nまだ請求していません。",
    },
    returned="返品・返金の明細",
    return_invoice="返品・返金の明細(適格返還請求書)",
    corrected="訂正後のレシート",
    corrected_invoice="訂正後のレシート(修正した適格簡易請求書)",
    bought_on="お買い上げ日",
    corrects="訂正前のレシート",
    never_taken="お取りになっていない商品",
    keep_both="訂正前のレシートとともに保管してください。",
    decided_by="担当",
    taken_back="取り消し・返品した商品",
    taken_back_sum="取消額",
    given_back="返金済み",
    paid_part="お支払い",
    still_open="未払い",
    waived="係員の判断により、お支払いは不要です。",
    changed="価格改定",
    marked="値引き",
    off_basket="お買い上げ合計から値引き",
    off_points="ポイント値引き",
    points_earned="今回のポイント",
    points_until="有効期限",
    points_back="返却ポイント",
    points_taken="取消ポイント",
    points_left="ポイント残高",
    points="{} P",
    no_money="記録のみで、代金は支払われていません。\n(決済サービスが設定されていません)",
    test_mode="決済サービスのテストモードです。\n代金は支払われていません。",
    on_tab="ツケ払いです。\n月ごとにお支払いください。",
    tab_part="ツケ払い",
    off_tab="ツケから差し引き済み",
    reviews={
        "unseen": "ご退店を確認できませんでした。",
        "identity": "退店された方がお客様か確信が持てません。",
        "lines": "お取りになった商品の一部に確信が持てません。",
        "price": "一部の商品の価格が確定していません。",
        "stopped": "ご来店中にシステムが停止しました。",
        "age": "年齢の確認が済んでいません。",
        "other": "お買い上げ内容に確認が必要です。",
    },
)

_ENGLISH = Words(
    when="d MMM y HH:mm",
    title="Receipt",
    invoice="Receipt (simplified qualified invoice)",
    under_review="Under review: not a receipt",
    registration="Registration no.",
    visit="visit",
    subtotal="Subtotal",
    tax="Tax",
    total="Total",
    would_be_total="Total, not charged",
    unit="{} item",
    units="{} items",
    rate="Tax rate",
    including="Incl. tax",
    excluding="Before tax",
    tax_inside="of which tax",
    reduced="reduced tax rate",
    not_charged="Not charged",
    why_not_charged="We are not sure enough that you took this, so you do not pay for it.",
    why_waived="Staff have looked at this: you do not pay for it.",
    why_age="Your age was not confirmed, so this was not sold to you. Please bring it back.",
    in_doubt="In doubt",
    unknown="Something we did not recognise",
    reference="Payment ref.",
    goodbye="Thank you, see you soon",
    states={
        "inside": "Nothing to pay yet.",
        "asked": "Payment under way.",
        "unanswered": "Payment not confirmed yet; we are asking.",
        "paid": "Paid. Thank you.",
        "declined": "Payment declined.\nThe amount is still open.",
        "disputed": "Staff are checking what became of this payment.",
        "void": "Nothing to pay.",
        "review": "Staff are looking at this visit.\nNothing has been charged.",
    },
    returned="Return",
    return_invoice="Return (qualified return invoice)",
    corrected="Corrected receipt",
    corrected_invoice="Corrected receipt (simplified qualified invoice)",
    bought_on="Bought",
    corrects="Corrects the receipt of",
    never_taken="Never taken",
    keep_both="Keep it with the receipt that it corrects.",
    decided_by="Decided by",
    taken_back="Taken off this receipt",
    taken_back_sum="Sum taken off",
    given_back="Given back to you",
    paid_part="Paid",
    still_open="Still to be paid",
    waived="Staff have waived it: nothing to pay.",
    changed="Price changed",
    marked="Reduced",
    off_basket="Off the whole purchase",
    off_points="Discount for points",
    points_earned="Points earned",
    points_until="good until",
    points_back="Points given back",
    points_taken="Points taken off again",
    points_left="Points you have",
    points="{} pt",
    no_money="Recorded, and no money was moved:\nthis shop has no payment provider yet.",
    test_mode="No money was moved: the payment\nprovider is in its test mode.",
    on_tab="On your tab, to be paid by the month.",
    tab_part="On your tab",
    off_tab="Taken off your tab",
    reviews={
        "unseen": "Nobody saw you leave.",
        "identity": "We are not sure that it was you who left.",
        "lines": "We are not sure enough that you took all of this.",
        "price": "Something here has no price yet.",
        "stopped": "Our system stopped while you were in the shop.",
        "age": "Nobody has confirmed your age yet.",
        "other": "Something about this visit has to be checked.",
    },
)

WORDS: dict[str, Words] = {"en": _ENGLISH, "ja": _JAPANESE}
