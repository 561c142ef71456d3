"""States on disk survive a kill while they are written."""

import pytest
import torch

from training.fit_state import StateFile


def state(epoch):
    return {"epoch": epoch, "model": {"weight": torch.full((64, 64), float(epoch))}, "best_fitness": None}


@pytest.fixture
def states(tmp_path):
    return StateFile(tmp_path, "one fit")


def test_the_last_state_is_read_back(states):
    assert states.read() is None
    states.write(state(0))
    states.write(state(1))
    assert states.read()["epoch"] == 1
    assert states.read()["model"]["weight"][0, 0] == 1.0


def test_a_truncated_state_falls_back_to_the_one_before(states, tmp_path):
    states.write(state(0))
    states.write(state(1))
    last = tmp_path / "last.pt"
    last.write_bytes(last.read_bytes()[:1000])
    assert states.read()["epoch"] == 0
    states.write(state(1))
    assert states.read()["epoch"] == 1


@pytest.mark.parametrize("rubbish", [b"", b"not a state", b"\x80\x02]q\x00."])
def test_unreadable_states_mean_a_fresh_start(states, tmp_path, rubbish):
    (tmp_path / "last.pt").write_bytes(rubbish)
    (tmp_path / "previous.pt").write_bytes(rubbish)
    assert states.read() is None


def test_a_state_of_another_fit_is_ignored(states, tmp_path):
    states.write(state(0))
    assert StateFile(tmp_path, "another fit").read() is None


def test_code_in_a_state_is_not_run(states, tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"fingerprint": "one fit", "x": Payload()}, tmp_path / "last.pt")
    assert states.read() is None
    assert not (tmp_path / "ran").exists()
