"""The lessons of a lab: which there are, and which is open at which step."""

from __future__ import annotations

from typing import Any

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab.commands import Command
from shoal.lab.lesson import Lesson, LessonReading, lessons


class Teaching:
    """Lessons by their names, with one of somebody's ``own``; what a step sets up is returned, to be done."""

    def __init__(self, own: tuple[str, Lesson] | None = None) -> None:
        self.lessons = lessons() | dict([own] if own else [])
        self.reading: LessonReading | None = None

    @property
    def known(self) -> str | None:
        """The name of the open lesson; one of somebody's own has none that others know."""
        return self.reading.name if self.reading and self.reading.name in lessons() else None

    def open(self, name: str) -> tuple[Command, ...]:
        """Begin a lesson, of those that there are."""
        if name not in self.lessons:
            raise UnknownNameError("lesson", name, self.lessons)
        return self._read(LessonReading(name, self.lessons[name]))

    def predict(self, answer: int) -> tuple[Command, ...]:
        """Answer what the step asks."""
        self.reading = self._open.predicted(answer)
        return self.reading.step.then_do

    def turn(self, step: int) -> tuple[Command, ...]:
        """Go to a step, and to what it showed where its question has been answered."""
        return self._read(self._open.turned(step))

    def close(self) -> None:
        """Leave the lesson."""
        self.reading = None

    def listed(self) -> list[dict[str, Any]]:
        """Return what a page lists of all lessons."""
        return [{"name": name, "title": lesson.title} for name, lesson in self.lessons.items()]

    def _read(self, reading: LessonReading) -> tuple[Command, ...]:
        self.reading = reading
        seen = reading.at in reading.predictions
        return (*reading.step.do, *(reading.step.then_do if seen else ()))

    @property
    def _open(self) -> LessonReading:
        if self.reading is None:
            raise ConfigurationError("no lesson is open; open one first")
        return self.reading
