"""Pages out of templates: escaped, in the reader's language, with amounts and times as people write them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from edge.checkout.amounts import money
from edge.checkout.sale import issuer_of
from edge.store import Store
from edge.web.languages import COOKIE, LANGUAGES, NAMES, language_of, words
from edge.web.read import read

HERE: Final = Path(__file__).parent

SHOP: Final = {"nav": "console/nav.html", "hire": "tebura staff add NAME --role owner --store DIR"}
"""Where the console's pages are listed, and what lets the first one in; headquarters has others."""

YEAR_S: Final = 365 * 86400


class Pages:
    """Renders the templates of a shop. Every page knows ``shop`` (its store), ``language``, ``path``, ``_`` and
    ``static("base.css")``, the address of a file. ``marks``: of each file, another one when its content is.
    """

    def __init__(self, store: Store, marks: dict[str, str]) -> None:
        self.store = store
        self._marks = marks
        env = self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
        )  # fmt: skip
        env.globals |= {"shop": store, "LANGUAGES": LANGUAGES, "NAMES": NAMES, **SHOP}
        env.globals["static"] = self.static
        env.filters |= {"money": self._money, "clock": self._clock, "day": self._day, "sure": _sure, "said": _said}

    def use(self, **told: str) -> None:
        """Others in place of `SHOP`."""
        self._env.globals |= told

    def static(self, name: str) -> str:
        """The address of a file, another one when its content is."""
        return f"/static/{name}?{self._marks[name]}"

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page. A choice of language in the address is kept from then on."""
        language = language_of(request, self.store.languages)
        told = words(language)
        context |= {
            "request": request, "path": request.url.path, "language": language, "gettext": told.gettext,
            "ngettext": told.ngettext, "_": told.gettext,
        }  # fmt: skip
        answer = HTMLResponse(self._env.get_template(template).render(context), status)
        answer.headers["Content-Language"] = language
        answer.headers["Vary"] = "Accept-Language, Cookie"
        if request.query_params.get("lang") in LANGUAGES:
            secure = request.url.scheme == "https"
            answer.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
        return answer

    @pass_context
    def _money(self, context: Context, amount_minor: int) -> str:
        """Minor units of the shop's currency as people write them: ``¥1,234``."""
        return money(amount_minor, issuer_of(self.store), context["language"])

    @pass_context
    def _clock(self, context: Context, at_s: float, form: str = "HH:mm:ss") -> str:
        """The shop's own time of day."""
        return str(format_datetime(self._at(at_s), form, locale=context["language"]))

    @pass_context
    def _day(self, context: Context, at_s: float, form: str = "medium") -> str:
        """Date and time in the shop."""
        return str(format_datetime(self._at(at_s), form, locale=context["language"]))

    def _at(self, at_s: float) -> datetime:
        return datetime.fromtimestamp(at_s, self.store.timezone)


@pass_context
def _said(context: Context, sentence: str) -> Markup:
    """What the shop says, in the reader's language; what nobody has told that language stands in English."""
    told = read(sentence, context["language"])
    if told is None:
        return Markup('<span lang="en">{}</span>').format(sentence)
    return Markup("<span>{}</span>").format(told)


def _sure(certainty: float | None) -> str:
    """A certainty as a share; what is not quite sure is never called so."""
    if certainty is None:
        return "–"
    return f"{min(int(certainty * 100), 99) if certainty < 1 else 100} %"
