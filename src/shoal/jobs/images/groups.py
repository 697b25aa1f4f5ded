"""Whose each image is, such as the patient: by an array of an NPZ file, or by the names of files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shoal.data.frames import pl
from shoal.data.images.idx import is_idx
from shoal.data.images.image_set import ImageData, ImageSet
from shoal.data.places import place
from shoal.data.roles import Roles
from shoal.data.sequences.metadata import metadata_in_names, metadata_in_npz
from shoal.errors import ConfigurationError
from shoal.jobs.leakage import require_known, require_parts_apart
from shoal.words import setting

SUFFIXES = {"train": ("", "_train"), "validation": ("_valid", "_val"), "test": ("_test",)}
"""Behind the names of an NPZ file's arrays, by the part that they are of."""


def with_groups(
    data: ImageData, own: ImageData, table: str, valid: str | None, test: str | None, roles: Roles
) -> ImageData:
    """Return images with whose each is, no two parts of which share a group; as they are if nobody asks.

    Parts that are not those of its ``own`` come from the sources ``valid`` and ``test``. Raises ``DataError``
    where two share one, ``ConfigurationError`` for what has no place for groups.
    """
    if roles.group is None:
        return data
    found: dict[str, ImageSet | None] = {}
    whose = {"train": table, "validation": valid or table, "test": test or table}
    for name, images in vars(data).items():
        if images is not None:
            part = name if images is getattr(own, name) else "train"
            images = replace(images, metadata=_metadata_of(whose[name], images, roles, part))
        found[name] = images
    train = found["train"]
    assert train is not None
    assert train.metadata is not None
    require_known(train.metadata, roles, table)
    called = {
        "train": table,
        "validation": _called("valid", valid, table),
        "test": _called("test", test, table),
    }
    told = {called[name]: images.metadata for name, images in found.items() if images is not None}
    require_parts_apart(told, roles)
    return ImageData(train, found["validation"], found["test"])


def _called(option: str, path: str | None, table: str) -> str:
    return f"the {option} part of {table}" if path is None else setting(option, path)


def _metadata_of(source: str, images: ImageSet, roles: Roles, part: str) -> pl.DataFrame:
    path = place(source, "images")
    if Path(path).is_dir() and not is_idx(path):
        return metadata_in_names(images.names, roles)
    if path.suffix.lower() != ".npz":
        raise ConfigurationError(
            f"{source} has no place for what {setting('group', roles.group)} names; leave it out, or give "
            "the images as NPZ or as a folder of pictures"
        )
    return metadata_in_npz(path, roles, [int(name) for name in images.names], SUFFIXES[part])
