"""Two shops of other formats, four products, and planograms to put."""

from typing import Any

import pytest

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))
NAMES = {A: "Apple juice", B: "Banana milk", C: "Cola", D: "Dates"}


class Chain:
    def __init__(self, client: Any, context: Any) -> None:
        self.client, self.context = client, context

    def put(self, id: str, *shelves: str, **members: Any) -> Any:
        """Put a planogram of shelves from the top: `put("p", "AB", "C")`."""
        known = dict(zip("ABCD", (A, B, C, D), strict=True))
        positions = [
            {"shelf": number, "slot": slot, "gtin": known[letter]}
            for number, letters in enumerate(shelves, 1)
            for slot, letter in enumerate(letters, 1)
        ]
        params = {"dry_run": members.pop("dry_run", False)}
        answer = self.client.put(f"/v1/planograms/{id}", json={"positions": positions, **members}, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def follow(self, bay_id: str, planogram_id: str) -> Any:
        answer = self.client.put(f"/v1/bays/{bay_id}/planogram", json={"planogram_id": planogram_id})
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def version(self, bay_id: str, on: str | None = None) -> int | str:
        """The version in force for a bay, or the code of the problem that says there is none."""
        params = {"on": on} if on else {}
        answer = self.client.get(f"/v1/bays/{bay_id}/planogram", params=params).json()
        return answer.get("version") or answer["code"]


@pytest.fixture
def chain(client: Any, context: Any) -> Chain:
    for store, format in (("small", "convenience"), ("large", "hypermarket")):
        client.put(f"/v1/stores/{store}", json={"name": store, "format": format}).raise_for_status()
        client.put(f"/v1/stores/{store}/bays/{store}-1").raise_for_status()
    for gtin, name in NAMES.items():
        client.put(f"/v1/products/{gtin}", json={"name": name, "category": ["drinks"]}).raise_for_status()
    return Chain(client, context)
