"""Bytes go in and come out unchanged, in bounded pieces."""

import hashlib
from datetime import datetime
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import blobs, library, results
from core.blobs import CHUNK
from core.database import Database
from core.errors import StorageError
from tests.factories import add, claimed, found


def noise(size: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).bytes(size)


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK, 9 * CHUNK + 5])
def test_bytes_come_back_as_they_were(database: Database, now: datetime, size: int) -> None:
    data = noise(size)
    media_id = add(database, now, data)
    assert b"".join(blobs.read(database, media_id, 0, size)) == data
    item = library.item(database, media_id)
    assert (item.bytes, item.sha256) == (size, hashlib.sha256(data).hexdigest())


def test_reads_are_short(database: Database, now: datetime) -> None:
    media_id = add(database, now, noise(3 * CHUNK + 7))
    pieces = list(blobs.read(database, media_id, 5, 3 * CHUNK + 7))
    assert [len(piece) for piece in pieces] == [CHUNK - 5, CHUNK, CHUNK, 7]


@given(cuts=st.lists(st.integers(0, 3 * CHUNK + 7), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_is_a_slice(database: Database, cuts: list[int], sliced: tuple[int, bytes]) -> None:
    media_id, data = sliced
    for start, stop in pairwise(sorted(cuts)):
        assert b"".join(blobs.read(database, media_id, start, stop)) == data[start:stop]


@pytest.fixture
def sliced(database: Database, now: datetime) -> tuple[int, bytes]:
    data = noise(3 * CHUNK + 7)
    return add(database, now, data), data


def test_writing_commits_in_batches_and_asks_before_each(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    media_id = results.receive(database, claim, 0, found(), None, now)
    asked = []

    def pulse() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        blobs.write(database, media_id, BytesIO(noise(40 * CHUNK)), pulse)
    assert sum(len(piece) for piece in blobs.read(database, media_id, 0, 16 * CHUNK)) == 16 * CHUNK


def test_missing_bytes_are_told(database: Database, now: datetime) -> None:
    media_id = add(database, now, noise(10))
    with pytest.raises(StorageError, match="missing"):
        list(blobs.read(database, media_id, 0, 2 * CHUNK))
