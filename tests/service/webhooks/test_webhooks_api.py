"""Adding, listing and removing webhooks; what they were told."""

import pytest
from typer.testing import CliRunner

from retail.compliance import Verdict
from service.auth.permissions import Role
from service.cli import app
from service.records import DeliveryRecord, WebhookRecord
from service.webhooks.sending import Outcome
from service.webhooks.settling import settle, take_parcel

URL = "http://127.0.0.1:9/hook"
MISSING, CORRECT = Verdict.OUT_OF_STOCK, Verdict.CORRECT


def add(client, url=URL, **more):
    return client.post("/v1/webhooks", json={"url": url, **more})


@pytest.fixture
def attempt(context, clock):
    """Let an attempt to tell a webhook end somehow."""

    def end(webhook_id, outcome):
        with context.database.write() as session:
            settle(session, take_parcel(session, webhook_id, "w1", clock()), outcome, "w1", clock())

    return end


def test_a_webhook_is_added_its_secret_shown_once_and_removed(client, context):
    added = add(client, store_ids=["s1"])
    assert added.status_code == 201
    webhook = added.json()
    secret = webhook.pop("secret")
    assert webhook == {
        "id": webhook["id"],
        "url": URL,
        "store_ids": ["s1"],
        "created_at": "2026-03-01T09:30:00Z",
        "by": "a admin",
        "disabled_at": None,
        "failures": 0,
        "next_attempt_at": "2026-03-01T09:30:00Z",
    }
    with context.database.read() as session:
        assert session.get_one(WebhookRecord, webhook["id"]).secret == secret
    listed = client.get("/v1/webhooks")
    assert listed.json() == [{**webhook, "waiting": 0}]
    assert secret not in listed.text
    assert client.delete(f"/v1/webhooks/{webhook['id']}").status_code == 204
    assert client.get("/v1/webhooks").json() == []
    assert client.delete(f"/v1/webhooks/{webhook['id']}").json()["code"] == "webhook-not-found"


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://localhost:8000/", "http://8.8.8.8/", "hook", "https://"])
def test_a_receiver_that_may_not_be_told(url, client, context):
    context.settings.webhooks.private_networks.clear()
    refused = add(client, url)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid-receiver", "url")
    assert "private_networks" in refused.json()["remedy"]
    assert client.get("/v1/webhooks").json() == []


def test_a_receiver_may_come_up_later(client):
    assert add(client, "https://not-yet.invalid/hook").status_code == 201


def test_a_key_manages_webhooks_of_its_stores_alone(client, key_for, bays):
    for role in (Role.STORE, Role.ANNOTATOR, Role.EXPERT, Role.ENGINEER):
        assert client.get("/v1/webhooks", headers=key_for(role)).status_code == 403, role
    client.headers.update(key_for(Role.ADMIN, ["s1", "s2"]))
    for stores in (None, ["s1", "s3"]):
        refused = add(client, store_ids=stores)
        assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope")
        assert refused.json()["remedy"] == "Name some of these: s1, s2."
    own = add(client, store_ids=["s1"]).json()["id"]
    bays.found({(1, 1): MISSING})
    delivery = client.get(f"/v1/webhooks/{own}/deliveries").json()["deliveries"][0]["id"]
    client.headers.update(key_for(Role.ADMIN, ["s2"]))
    assert client.get("/v1/webhooks").json() == []
    for method, path in (
        ("DELETE", ""),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/{delivery}/retry"),
    ):
        hidden = client.request(method, f"/v1/webhooks/{own}{path}")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "webhook-not-found"), path


def test_deliveries_are_listed_newest_first(client, bays, attempt):
    id = add(client).json()["id"]
    for minute, verdict in enumerate((MISSING, CORRECT, MISSING)):
        bays.found({(1, 1): verdict}, minutes=minute)
    attempt(id, Outcome(204))
    attempt(id, Outcome(500, "It answered 500 Internal Server Error."))
    path = f"/v1/webhooks/{id}/deliveries"
    newest = client.get(path, params={"limit": 2}).json()
    assert [(one["number"], one["state"], one["status"]) for one in newest["deliveries"]] == [
        (3, "waiting", None),
        (2, "waiting", 500),
    ]
    oldest = client.get(path, params={"limit": 2, "before": newest["next"]}).json()
    assert oldest["next"] is None
    assert oldest["deliveries"] == [
        {
            "id": oldest["deliveries"][0]["id"],
            "number": 1,
            "event": "verdict.changed",
            "state": "delivered",
            "created_at": "2026-03-01T09:30:00Z",
            "expires_at": "2026-03-04T09:30:00Z",
            "attempts": 1,
            "attempted_at": "2026-03-01T09:30:00Z",
            "status": 204,
            "error": None,
        }
    ]
    waiting = client.get(path, params={"state": "waiting"}).json()["deliveries"]
    assert [one["number"] for one in waiting] == [3, 2]
    assert client.get("/v1/webhooks").json()[0]["waiting"] == 2


def test_a_delivery_is_sent_again_unless_it_was_heard(client, bays, attempt, clock):
    id = add(client).json()["id"]
    bays.found({(1, 1): MISSING})
    bays.found({(1, 1): CORRECT}, minutes=1)
    path = f"/v1/webhooks/{id}/deliveries"
    second, first = (one["id"] for one in client.get(path).json()["deliveries"])
    attempt(id, Outcome(500, "It answered 500."))
    assert client.post(f"{path}/{first}/retry").status_code == 202
    clock.advance(days=3)
    attempt(id, Outcome(500, "It answered 500."))  # its turn at once, and for the last time
    attempt(id, Outcome(204))
    again = client.post(f"{path}/{first}/retry")
    assert (again.status_code, again.json()["state"], again.json()["expires_at"]) == (
        202,
        "waiting",
        "2026-03-07T09:30:00Z",
    )
    attempt(id, Outcome(204))
    for delivery in (first, second):
        heard = client.post(f"{path}/{delivery}/retry")
        assert (heard.status_code, heard.json()["code"]) == (409, "delivery-heard")
    assert client.post(f"{path}/{'0' * 32}/retry").json()["code"] == "delivery-not-found"
    other = add(client).json()["id"]
    assert client.post(f"/v1/webhooks/{other}/deliveries/{first}/retry").json()["code"] == "delivery-not-found"


def test_nothing_is_sent_again_to_a_receiver_that_is_gone(client, bays, attempt):
    id = add(client).json()["id"]
    bays.found({(1, 1): MISSING})
    attempt(id, Outcome(410, "It answered 410 Gone."))
    path = f"/v1/webhooks/{id}/deliveries"
    delivery = client.get(path).json()["deliveries"][0]
    refused = client.post(f"{path}/{delivery['id']}/retry")
    assert (delivery["state"], refused.status_code, refused.json()["code"]) == ("failed", 409, "webhook-disabled")
    assert client.get("/v1/webhooks").json()[0]["disabled_at"] == "2026-03-01T09:30:00Z"


def test_the_event_is_documented(client):
    described = client.get("/openapi.json").json()
    body = described["webhooks"]["verdict.changed"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/VerdictChanged"}
    assert "changes" in described["components"]["schemas"]["ChangedVerdicts"]["properties"]


@pytest.fixture
def shelfloop(client, monkeypatch):
    def request(method, url, **more):
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        done = CliRunner().invoke(app, ["webhooks", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_from_the_command_line(shelfloop, client, context, bays, attempt):
    id, secret = shelfloop("add", URL, "--store", "s1").split()
    assert secret.startswith("whsec_")
    assert shelfloop("list") == f"{id}  {URL}  s1  0 waiting\n"
    bays.found({(1, 1): MISSING})
    attempt(id, Outcome(500, "It answered 500."))
    assert shelfloop("list").startswith(f"{id}  {URL}  s1  1 waiting, 1 failed attempts, next 2026-03-01T09:30:0")
    with context.database.read() as session:
        delivery = session.query(DeliveryRecord).one().id
    assert shelfloop("deliveries", id) == f"{delivery}  verdict.changed  waiting, attempt 1  It answered 500.\n"
    assert shelfloop("deliveries", id, "--state", "failed") == ""
    assert shelfloop("retry", id, delivery) == f"Delivery {delivery} is sent next.\n"
    assert shelfloop("remove", id) == f"Removed webhook {id}.\n"
    assert shelfloop("list") == ""
