"""The page's files: the shell at every address of the page, files by their names only, and how long each is kept."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.entrypoints import web
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.site import Site, open_site

SHELL = '<meta name="base" content="{{base}}"><script type="module" src="{{base}}/static/app.0a1b2c3d4e.js"></script>'


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    static = tmp_path / "static"
    static.mkdir()
    (static / "shell.html").write_text(SHELL)
    (static / "app.0a1b2c3d4e.js").write_text("go()")
    (static / "icon.svg").write_text("<svg/>")
    (static / "robots.txt").write_text("User-agent: *\n")
    (static / "notes.key").write_text("secret")
    (tmp_path / "outside.js").write_text("secret")
    monkeypatch.setattr(web, "STATIC", static)
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/orders", "/orders?type=summary", "/connections/add/shopify", "/sign-in"])
def test_every_address_of_the_page_is_the_shell(site, path):
    answer = site.visitor().get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b'content=""' in answer.body
    assert b'src="/static/app.0a1b2c3d4e.js"' in answer.body


def test_the_shell_is_not_sent_twice(site):
    etag = site.visitor().get("/").headers["ETag"]
    again = site.visitor().get("/orders", If_None_Match=etag)
    assert (again.status_code, again.body) == (304, b"")


def behind(site: Site, asked: str, path: str = "/orders/x") -> str:
    """The shell as the gateway gets it when somebody asks for that, of which it took the route `path`."""
    gateway = site._client.http._local_gateway
    event = gateway.event_converter.create_lambda_event("GET", path, {}, b"")
    event["requestContext"]["path"] = asked
    return str(gateway._app_object(event, None)["body"])


@pytest.mark.parametrize("path", ["/orders/x", "/orders/2026-07-03~c~USD~shop.example%252Fsub"])
def test_behind_a_stage_the_shell_names_the_stage(site, path):
    for stage in ("/api", "/prod-2", "/v_1"):
        body = behind(site, f"{stage}{path}", path)
        assert f'content="{stage}"' in body
        assert f'src="{stage}/static/' in body


@pytest.mark.parametrize(
    "before", ["//evil.example", "//evil", "/a/b", '/"><b>', "/evil.example", "https://evil.example", "/", "/é", "/a\n"]
)
def test_what_is_no_stage_is_not_named_in_the_shell(site, before):
    body = behind(site, f"{before}/orders/x")
    assert 'content=""' in body
    assert 'src="/static/' in body


def test_a_path_that_reads_as_an_address_is_not_named_in_the_shell(site):
    assert b'content=""' in site.visitor().get("//evil.example/x").body


def test_hashed_files_are_kept_for_ever_and_others_for_a_day(site):
    script = site.visitor().get("/static/app.0a1b2c3d4e.js")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert site.visitor().get("/static/icon.svg").headers["Cache-Control"] == "public, max-age=86400"
    assert site.visitor().get("/robots.txt").body == b"User-agent: *\n"


@pytest.mark.parametrize(
    "name", ["..%2Foutside.js", "%2e%2e%2foutside.js", "..\\outside.js", ".", "..", "notes.key", "shell.html", "x.js"]
)
def test_no_name_leads_out_of_the_folder(site, name):
    answer = site.visitor().get(f"/static/{name}")
    assert answer.status_code == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/nothing/at-all", "/static", "/static/a/b"])
def test_what_is_not_there_below_the_api_is_a_problem_and_never_the_shell(site, path):
    answer = site.visitor().get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_rebuilt_file_is_seen_at_once(site):
    (web.STATIC / "icon.svg").write_text("<svg>new</svg>")
    assert site.visitor().get("/static/icon.svg").body == b"<svg>new</svg>"


def test_the_policy_allows_no_script_but_ours():
    directives = dict(each.strip().split(" ", 1) for each in web.POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert not re.search("unsafe|http", web.POLICY)
