"""The lab: hundreds of networks that train under one's eyes in a browser, on the engine that ``train`` uses.

``laboratory`` is what there is to see and to do, without any web; ``running`` trains it on threads of its
own; ``commands`` and ``frames`` are what a page and it say to each other; ``guard``, ``app`` and ``serving``
stand between them. ``finished`` shows the folder of a study that has ended, ``demonstrations`` images and
sequences; ``saving`` and ``addresses`` are what a page takes away. ``notebook`` shows the runs of a kernel by
the same painters. The page itself is written in ``web/`` and lies here built, in ``static/``.
"""

from typing import TYPE_CHECKING

from shoal.lazy import front_door

if TYPE_CHECKING:
    from shoal.lab.notebook.opening import widget as widget

__getattr__, __dir__ = front_door(__name__, {"widget": "shoal.lab.notebook.opening"})
