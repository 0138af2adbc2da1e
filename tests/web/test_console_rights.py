"""Each address of the console, for each role: who may not, may not; a new address without a right fails here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.routing import Route

from edge.web.app import STATIC, marks_of
from edge.web.console import routes
from edge.web.pages import Pages
from edge.web.rights import RIGHTS, rights_of
from edge.web.staff import FILE, Staff
from tests.web.shops import ROLES, Browser, Clocked, Corner, hire

PLACES = {"visit": Corner.visit, "number": "1", "name": "nobody", "camera": "cam", "table": "products"}

PUBLIC = {"/staff/login"}
"""For these nobody logs in."""
ANYBODY = {"/staff/logout", "/staff/me", "/staff/me/password", "/staff/me/everywhere"}
"""For these it is enough to be logged in."""


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        hire(found.state)
        found.errand()
        yield found


def table(screens: Clocked) -> list[tuple[Route, str]]:
    """Every address with each of its methods."""
    found = [route for route in routes(screens, Pages(screens.store, marks_of(STATIC))) if isinstance(route, Route)]
    return [(route, method) for route in found for method in sorted(route.methods or ()) if method != "HEAD"]


def test_every_address_says_whom_it_is_for(screens: Clocked) -> None:
    for route, _ in table(screens):
        public = getattr(route.endpoint, "open_to_all", False)
        needs = getattr(route.endpoint, "needs", "nothing")
        assert public != (needs != "nothing"), f"{route.path}: stands behind neither @needs nor @open_to_all, or both"
        assert public == (route.path in PUBLIC), route.path
        if not public:
            assert (needs is None) == (route.path in ANYBODY), route.path
            assert needs is None or needs in RIGHTS, route.path


def test_whatever_changes_something_is_no_get(screens: Clocked) -> None:
    for route, method in table(screens):
        words = ("refund", "decide", "add", "change", "revoke", "undo", "count", "mode", "reload", "invite", "answer")
        if any(route.path.endswith(f"/{word}") for word in words):
            assert method == "POST", route.path


def test_money_moves_only_freshly_after_the_password(screens: Clocked) -> None:
    for route, method in table(screens):
        if getattr(route.endpoint, "needs", "") in ("money", "people") and method == "POST":
            assert route.endpoint.fresh, f"{route.path}: add fresh=True"  # type: ignore[attr-defined]


def addresses(screens: Clocked) -> list[tuple[str, str, Route]]:
    found = []
    for route, method in table(screens):
        path = route.path.replace(":int", "").format(**PLACES)
        if path not in PUBLIC and not path.endswith("/events"):
            found.append((method, path, route))
    return found


def test_nobody_sees_anything_without_logging_in(screens: Clocked, browser: Browser) -> None:
    browser.client.cookies.clear()
    for method, path, _ in addresses(screens):
        answer = browser.client.request(method, path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/staff/login"), path
        assert browser.client.request(method, path, headers={"x-part": "x"}).status_code == 401, path
    assert browser.get("/staff/events", accept="text/event-stream").status_code == 401


@pytest.mark.parametrize("name", ROLES)
def test_who_may_not_may_not(screens: Clocked, browser: Browser, name: str) -> None:
    rights = rights_of(ROLES[name])
    browser.log_in(name)
    mark = browser.mark()
    for method, path, route in addresses(screens):
        if path in ("/staff/logout", "/staff/me/everywhere"):
            continue
        needs = route.endpoint.needs  # type: ignore[attr-defined]
        data = {"csrf": mark} if method == "POST" else None
        answer = browser.client.request(method, path, data=data)
        allowed = needs is None or needs in rights
        assert (answer.status_code != 403) == allowed, f"{method} {path} for {name}: {answer.status_code}"
        assert answer.status_code < 500, f"{method} {path}: {answer.text[:300]}"


def test_what_is_refused_is_written_down(screens: Clocked, browser: Browser, corner: Corner) -> None:
    browser.log_in("vera")
    browser.get("/staff/people")
    browser.client.post("/staff/me/password", data={"csrf": "guessed"})
    with Staff(corner.state / FILE) as staff:
        told = [(n.what, n.detail) for n in staff.audit(name="vera", most=2)]
    assert told == [
        ("was refused: it was no form of this login", "POST /staff/me/password"),
        ("was refused: lacks the right people", "GET /staff/people"),
    ]


def test_the_audit_is_read_in_japanese(browser: Browser) -> None:
    browser.log_in("oda")
    page = browser.get("/staff/people/audit?lang=ja").text
    browser.client.cookies.clear()
    assert "ログインした" in page
    assert "logged in" not in page


def test_whoever_may_not_see_names_finds_none(browser: Browser) -> None:
    browser.log_in("vera")
    seen = [browser.get(path).text for path in (
        "/staff", "/staff/visits", f"/staff/visits/{Corner.visit}", "/staff/payments", "/staff/visits?text=ana",
    )]  # fmt: skip
    assert not any(">ana<" in page or "ana," in page for page in seen)
    assert "No visit is found." in seen[-1], "nor by searching for them"
    browser.log_in("sato")
    assert "ana," in browser.get(f"/staff/visits/{Corner.visit}").text


@pytest.mark.parametrize(
    "path",
    ["/staff/visits/..%2f..%2fmembers", "/staff/visits/%00", "/staff/visits/' OR 1=1 --", "/staff/visits/%0d%0aX: y",
     "/staff/reviews/..%2f..%2f..%2fetc%2fpasswd", "/staff/visits/" + "x" * 4000,
     "/staff/reviews/..%2f..%2frecordings/ways"],
)  # fmt: skip
def test_tricks_with_paths_lead_to_nothing(browser: Browser, path: str) -> None:
    browser.log_in("oda")
    answer = browser.get(path)
    assert answer.status_code in (303, 404), answer.text[:300]
    assert "x" not in answer.headers


def test_what_is_typed_is_text_and_nothing_else(browser: Browser) -> None:
    """Into pages, headers, the log and the audit."""
    nasty = "<script>alert(1)</script>\r\nSet-Cookie: a=b\x1b[31m"
    browser.log_in("oda")
    for path in ("/staff/visits", "/staff/members", "/staff/people/audit"):
        answer = browser.client.get(path, params={"text": nasty, "name": nasty, "from": nasty, "amount": nasty})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "a" not in answer.cookies
    answer = browser.post("/staff/mode", mode="nothing", back=f"/staff/{nasty}")
    assert answer.headers["location"] == "/staff"
    browser.post(f"/staff/visits/{Corner.visit}/answer", contest=nasty, message=nasty)
    assert "<script>alert" not in browser.get("/staff").text
    assert "<script>alert" not in browser.get("/staff/people/audit").text


def test_forms_end_somewhere(browser: Browser) -> None:
    browser.log_in("oda")
    mark = browser.mark()
    many = {f"units:{n}": "1" for n in range(3000)}
    assert browser.client.post(f"/staff/visits/{Corner.visit}/refund", data={"csrf": mark, **many}).status_code in (
        400, 413,
    )  # fmt: skip
    large = {"csrf": mark, "mode": "x" * 70_000}
    assert browser.client.post("/staff/mode", data=large).status_code == 413
    assert browser.client.post("/staff/mode", json={"csrf": mark, "mode": "closed"}).status_code == 403
    file = {"file": ("a.txt", b"x")}
    assert browser.client.post("/staff/mode", data={"csrf": mark}, files=file).status_code in (400, 403)
