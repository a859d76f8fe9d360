"""Pages with sections by AppTest, opened at one of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streamlit.testing.v1 import AppTest

from core import Studio
from core.studio import share
from tests.test_pages import SHELL

Page = Callable[..., AppTest]


@contextmanager
def storage_at(studio: Studio, section: str) -> Iterator[Page]:
    """Opens Storage at a section, or another page, with a query; the pages find `studio` meanwhile."""
    share(studio)

    def opened(name: str = "storage.py", **query: str) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        test.session_state["section"] = section
        return test.run().switch_page(name).run()

    yield opened
    share(None)
