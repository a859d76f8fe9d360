"""What differs between recipes, and between prompts word by word."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.differences import Piece, Row, rows, words


def test_rows_that_differ_stand_apart_from_those_that_do_not() -> None:
    differing, same = rows([{"model": "a", "seed": 1}, {"model": "a", "seed": 2, "size": 5}])
    assert differing == [Row("seed", (1, 2)), Row("size", (None, 5))]
    assert same == [Row("model", ("a", "a"))]


@pytest.mark.parametrize(("one", "other"), [(True, 1), (1, "1"), ([1], [1, 2]), (0, None), ({"a": 1}, {"a": 2})])
def test_values_of_another_kind_are_not_the_same(one: Any, other: Any) -> None:
    assert not Row("x", (one, other)).same


def test_changed_words_read_as_a_phrase() -> None:
    assert words("a red fox at dusk", "a small grey fox at dawn, far away") == [
        Piece("same", "a "),
        Piece("removed", "red"),
        Piece("added", "small grey"),
        Piece("same", " fox at "),
        Piece("removed", "dusk"),
        Piece("added", "dawn, far away"),
    ]


def test_equal_texts_are_one_piece_and_empty_ones_none() -> None:
    assert words("a fox", "a fox") == [Piece("same", "a fox")]
    assert words("", "") == []
    assert words("", "fox") == [Piece("added", "fox")]


@given(st.text("ab ,.é<", max_size=60), st.text("ab ,.é<", max_size=60))
def test_the_pieces_make_both_texts(one: str, other: str) -> None:
    pieces = words(one, other)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == one
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == other
    assert all(piece.text for piece in pieces)


def test_long_prompts_are_compared_in_a_moment() -> None:
    one = " ".join(f"word{n % 97}" for n in range(5_000))
    assert words(one, one + " end")[-1].text.endswith("end")
