"""Keys, roles and scopes."""

import hashlib
from pathlib import Path

import pytest

import service
from service.auth.permissions import ALLOWED, Action, Role
from service.records import ApiKeyRecord


@pytest.fixture
def anybody(client):
    """The same service, called without a key."""
    del client.headers["Authorization"]
    return client


def test_admins_may_do_everything():
    assert ALLOWED[Role.ADMIN] == set(Action)
    assert set(ALLOWED) == set(Role)


def test_every_action_is_asked_for_by_some_route():
    routes = "".join(path.read_text() for path in Path(service.__file__).parent.glob("*/routes*.py"))
    assert [action.name for action in Action if f"require(Action.{action.name})" not in routes] == []


def test_without_a_key_only_health_and_pages_answer(anybody):
    for path in ("/v1/captures", "/v1/stores", "/v1/products", "/v1/catalogue/changes", "/v1/keys"):
        answer = anybody.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "api-key-missing"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "keys create" in answer.json()["remedy"]
    for path in ("/healthz", "/readyz", "/metrics", "/"):
        assert anybody.get(path).status_code == 200, path


def test_every_other_route_asks_for_a_key(anybody):
    for path, operations in anybody.get("/openapi.json").json()["paths"].items():
        for method in operations:
            if path.startswith("/v1/"):
                answer = anybody.request(method, path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, f"{method} {path}"


def test_an_unknown_key_is_refused(client):
    answer = client.get("/v1/stores", headers={"Authorization": "Bearer slk_guess"})
    assert (answer.status_code, answer.json()["code"]) == (401, "api-key-invalid")


def test_a_role_that_may_not_is_told_who_may(client, key_for, bay, make_photo):
    answer = client.post("/v1/captures", files={"photo": make_photo()}, data=bay, headers=key_for(Role.ANNOTATOR))
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
    assert answer.json()["remedy"] == "Use a key of one of these roles: store, engineer, admin."
    for role in (Role.STORE, Role.ANNOTATOR, Role.EXPERT, Role.ENGINEER):
        assert client.get("/v1/keys", headers=key_for(role)).status_code == 403, role


def test_a_key_reaches_its_own_stores_only(client, key_for, bay, make_photo):
    id = client.post("/v1/captures", files={"photo": make_photo()}, data=bay).json()["id"]
    own, other = key_for(Role.STORE, ["s1"]), key_for(Role.STORE, ["s2"])
    refused = client.post("/v1/captures", files={"photo": make_photo(1)}, data=bay, headers=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope")
    assert refused.json()["field"] == "store_id"
    assert client.get("/v1/captures", params={"store_id": "s1"}, headers=other).status_code == 403
    for path in ("", "/photo", "/overlay"):
        assert client.get(f"/v1/captures/{id}{path}", headers=own).status_code == 200
        hidden = client.get(f"/v1/captures/{id}{path}", headers=other)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "capture-not-found")
    assert [c["id"] for c in client.get("/v1/captures", headers=own).json()["captures"]] == [id]
    assert client.get("/v1/captures", headers=other).json()["captures"] == []
    assert [s["id"] for s in client.get("/v1/stores", headers=own).json()] == ["s1"]
    assert client.get("/v1/stores", headers=other).json() == []


def test_a_key_is_made_shown_once_and_revoked(client, context, clock):
    clock.advance(seconds=1)
    made = client.post("/v1/keys", json={"name": "till 4", "role": "store", "store_ids": ["s1"]})
    assert made.status_code == 201
    key, id = made.json()["key"], made.json()["id"]
    assert key.startswith("slk_")
    with context.database.read() as session:
        assert session.get(ApiKeyRecord, id).digest == hashlib.sha256(key.encode()).hexdigest()
    assert key not in client.get("/v1/keys").text
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/stores", headers=headers).status_code == 200
    assert client.delete(f"/v1/keys/{id}").status_code == 204
    assert client.get("/v1/stores", headers=headers).json()["code"] == "api-key-invalid"
    assert client.delete(f"/v1/keys/{id}").status_code == 204, "revoking twice is no error"
    assert client.delete(f"/v1/keys/{'0' * 32}").json()["code"] == "key-not-found"
    assert [k["revoked_at"] is None for k in client.get("/v1/keys").json()] == [True, False]


def test_an_admin_of_some_stores_makes_and_sees_keys_of_those_only(client, key_for):
    limited, everywhere, elsewhere = (key_for(Role.ADMIN, stores) for stores in (["s1", "s2"], None, ["s3"]))
    for stores in (None, ["s1", "s3"]):
        wanted = {"name": "till", "role": "store", "store_ids": stores}
        refused = client.post("/v1/keys", json=wanted, headers=limited)
        assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope"), stores
        assert (refused.json()["field"], refused.json()["remedy"]) == ("store_ids", "Name some of these: s1, s2.")
    own = {"name": "till", "role": "store", "store_ids": ["s1"]}
    made = client.post("/v1/keys", json=own, headers=limited)
    assert made.status_code == 201
    seen = client.get("/v1/keys", headers=limited).json()
    assert sorted(key["store_ids"] for key in seen) == [["s1"], ["s1", "s2"]]
    hidden = client.delete(f"/v1/keys/{made.json()['id']}", headers=elsewhere)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "key-not-found")
    assert client.delete(f"/v1/keys/{made.json()['id']}", headers=everywhere).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rounds"),
        ("POST", "/v1/rounds"),
        ("GET", f"/v1/rounds/{0:032x}"),
        ("POST", f"/v1/rounds/{0:032x}/replay"),
        ("GET", f"/v1/rounds/{0:032x}/coverage"),
        ("GET", f"/v1/rounds/{0:032x}/map"),
        ("GET", "/v1/coverage"),
        ("GET", "/v1/retrainings"),
        ("POST", "/v1/retrainings"),
        ("POST", f"/v1/retrainings/{0:032x}/cancel"),
    ],
)
def test_what_is_over_all_stores_needs_a_key_for_all_stores(method, path, client, key_for):
    body = {"json": {"boxes": 3} if "rounds" in path else {"reason": "x"}} if method == "POST" else {}
    refused = client.request(method, path, headers=key_for(Role.ENGINEER, ["s1"]), **body)
    assert (refused.status_code, refused.json()["code"]) == (403, "needs-all-stores")
    assert refused.json()["remedy"].startswith("Use a key without store_ids")
