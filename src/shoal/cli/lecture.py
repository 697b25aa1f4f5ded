"""``shoal lecture``: the lecture's figures and tables, recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug, Overwrite
from shoal.cli.streams import files_come_first


def lecture(
    name: Annotated[str | None, typer.Argument(help="A study; without one, they are listed.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Run all studies, in the order of the slides.")
    ] = False,
    out: Annotated[Path, typer.Option(help="The folder for figures, data and page.")] = Path("lecture"),
    data: Annotated[
        Path | None, typer.Option(help="A folder with MNIST's files, for studies of images.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the study's own.")] = None,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Recompute the lecture: one study, or all of them, with figures, data and words on a page."""
    from shoal.cli.terminal import plain_console
    from shoal.errors import ConfigurationError, UnknownNameError
    from shoal.lecture.runner import run_lecture
    from shoal.lecture.studies import STUDIES
    from shoal.randomness import check_seed
    from shoal.report.terms import duration

    console = plain_console()
    if name is None and not every:
        for study in STUDIES.values():
            console.print(f"{study.name:18} {study.title}")
        console.print("Run one by its name, or all of them with --all.")
        return
    if name is not None and every:
        raise ConfigurationError(f"a study or --all, got both {name!r} and --all; drop one of them")
    if name is not None and name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    chosen = STUDIES.values() if name is None else [STUDIES[name]]
    settings = {} if seed is None else {"seed": check_seed(seed)}
    of_images = {study.name: {"data": str(data)} for study in chosen if data and hasattr(study, "data")}
    if data is not None and not of_images:
        raise ConfigurationError(f"{name} is no study of images that could read {data}; drop --data")
    files_come_first()
    page = run_lecture(
        [study(**settings, **of_images.get(study.name, {})) for study in chosen],
        out,
        "lecture.html" if name is None else f"{name}.html",
        lambda report: console.print(f"{report.study.name}: {duration(report.seconds)}"),
        overwrite,
    )
    console.print(f"Page: {page}")
