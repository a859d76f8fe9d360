"""The Compare page by AppTest: what it takes, what it says of anything else, what differs."""

from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio
from core.studio import share
from tests.factories import add
from tests.test_pages import SHELL, component

Page = Callable[[str], AppTest]


@pytest.fixture
def compare(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(ids: str) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=30)
        test.query_params["ids"] = ids
        test.run()
        return test.switch_page("compare.py").run()

    yield opened
    share(None)


def test_what_differs_comes_first_and_what_is_the_same_is_folded(compare: Page, studio: Studio, now: datetime) -> None:
    one = add(studio.database, now, prompt="a red <b>fox", seed=1)
    other = add(studio.database, now, prompt="a grey <b>fox", seed=2)
    test = compare(f"{one},{other}")
    assert not test.exception
    assert f'"id": {one}, "kind": "image"' in component(test, "compare").proto.json
    differing, same = (html.value for html in test.html)
    assert "<td>a <del>red</del> &lt;b&gt;fox</td><td>a <ins>grey</ins> &lt;b&gt;fox</td>" in differing
    assert '<th scope="row">Seed</th><td>1</td><td>2</td>' in differing
    assert "sketch/still" not in differing
    assert "sketch/still" in same
    assert any("the same" in expander.label for expander in test.expander)


def test_four_of_any_kind_are_compared(compare: Page, studio: Studio, now: datetime) -> None:
    ids = [add(studio.database, now, kind=kind, prompt=f"hill {kind}") for kind in ("image", "video", "image", "video")]
    test = compare(" , ".join(map(str, [*ids, ids[0]])))
    assert not test.exception
    assert [f'"id": {each},' in component(test, "compare").proto.json for each in ids] == [True] * 4
    assert "Video 4" in unescape(test.html[0].value)


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ("", "2 to 4 items can be compared; the address names 0."),
        ("1", "2 to 4 items can be compared; the address names 1."),
        ("1,1", "2 to 4 items can be compared; the address names 1."),
        ("1,2,3,4,5", "2 to 4 items can be compared; the address names 5."),
        ("1,fox", "'fox' is not the number of an item."),
        ("1,<script>", "not the number of an item."),
        ("1,99", "There is no item 99."),
    ],
)
def test_other_addresses_are_explained(compare: Page, studio: Studio, now: datetime, ids: str, sentence: str) -> None:
    add(studio.database, now)
    test = compare(ids)
    assert not test.exception
    assert sentence in test.warning[0].value
    assert [link.proto.label for link in test.get("page_link")] == ["Go to the library"]
