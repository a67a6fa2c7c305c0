"""The web server of one machine: what it adds to Chalice's own, and that requests keep to themselves."""

import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from chalice import Chalice

from infra.local.web import make_server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of a small app on a free port."""
    app = Chalice("small")
    together = threading.Barrier(4)

    @app.route("/long")
    def long() -> dict[str, str]:
        return {"text": "day " * 1000}

    @app.route("/mine/{name}")
    def mine(name: str) -> dict[str, str]:
        together.wait(5)
        return {"name": name, "header": app.current_request.headers["x-name"]}

    @app.route("/named/{name}")
    def named(name: str) -> dict[str, str]:
        return {"name": name}

    server = make_server(app, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    link.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer, body


def test_a_long_answer_is_compressed_for_whoever_accepts_it(port: int) -> None:
    plain, body = ask(port, "/long")
    packed, packed_body = ask(port, "/long", Accept_Encoding="gzip, br")
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed_body) == body
    assert len(packed_body) < len(body) / 10


def test_a_route_that_is_not_there_is_a_problem_in_json(port: int) -> None:
    answer, body = ask(port, "/v1/nothing")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["status"] == 404


def test_a_value_of_the_path_arrives_as_it_was_sent(port: int) -> None:
    """As API Gateway has it, so that routes decode it once, here as there."""
    answer = ask(port, "/named/a%252Fb%3A%C3%BC")[1]
    assert json.loads(answer) == {"name": "a%252Fb%3A%C3%BC"}


def test_requests_at_the_same_time_see_their_own_headers(port: int) -> None:
    names = [f"n{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: ask(port, f"/mine/{name}", x_name=name)[1], names))
    assert [json.loads(body) for body in answers] == [{"name": name, "header": name} for name in names]
