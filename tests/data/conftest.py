"""What the tests of tables share: how an error must look, and files to provoke one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

Refuses = Callable[..., AbstractContextManager[None]]
WriteFile = Callable[[str, bytes], Path]


@pytest.fixture
def refuses() -> Refuses:
    """Expect an error of this class, in one line that holds every one of the fragments."""

    @contextmanager
    def expect(kind: type[Exception], *fragments: str) -> Iterator[None]:
        with pytest.raises(kind) as caught:
            yield
        message = str(caught.value)
        assert type(caught.value) is kind
        assert "\n" not in message
        assert [fragment for fragment in fragments if fragment not in message] == [], message

    return expect


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Write bytes to a file of this name and return its path."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
