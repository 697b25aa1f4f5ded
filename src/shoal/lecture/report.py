"""What a study came to, and the files that it leaves: figure, data, words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shoal.files import require_new, write_new
from shoal.lecture.study import Study, Table


@dataclass(frozen=True)
class Report:
    """Everything that the files of a study and its section of a page are made of.

    ``tables`` by the names of their files; ``interactive`` stands for the figure where a page can have more
    than a picture; ``seconds`` is what computing and drawing took.
    """

    study: Study[Any]
    paragraphs: list[str]
    tables: dict[str, Table]
    svg: str
    png: bytes
    interactive: str | None
    seconds: float

    @property
    def shown(self) -> list[Table]:
        """The tables that are part of the explanation."""
        return [table for table in self.tables.values() if table.caption]

    def files(self) -> dict[str, bytes]:
        """Return every file of the study: its name, and what it holds."""
        name, listing = self.study.name, self.study.listing()
        files = {
            f"{name}.svg": self.svg.replace('style="', 'style="background: #fff; ', 1).encode(),
            f"{name}.png": self.png,
            **{file: table.csv().encode() for file, table in self.tables.items()},
            f"{name}.md": markdown(self).encode(),
        }
        return files if listing is None else files | {f"{name}.py": listing.encode()}

    def write(self, out: Path, overwrite: bool = False) -> None:
        """Write the files into the folder ``out``; raise ``OutputError`` where that cannot be done."""
        files = self.files()
        for file in files:
            require_new(out / file, overwrite)
        for file, content in files.items():
            write_new(out / file, content, overwrite)


def markdown(report: Report) -> str:
    """Return the explanation of a study and the tables that belong to it as Markdown."""
    return "\n\n".join([*report.paragraphs, *map(_markdown_table, report.shown)]) + "\n"


def _markdown_table(table: Table) -> str:
    rows = [list(table.columns), ["---"] * len(table.columns), *table.cells()]
    return "\n".join([f"*{table.caption}*", "", *(f"| {' | '.join(row)} |" for row in rows)])
