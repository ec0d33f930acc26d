"""The catalogue's rows and the nine types of verifiers, read from their files and checked against closed vocabularies.

A row is data: what the paper's table 3 says of a method, what the table leaves open (form and granularity of the
verdicts), and either the parts that the method is made of here or the parts that lack. Objects are made of rows by
``compose``; nothing here imports a search, a verifier or a writer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, final

from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Source

HERE = Path(__file__).parent
SEARCHES: Final = ("linear", "tree")
TYPES: Final = (
    "golden annotation", "rule-based", "code interpreter", "ORM", "language model", "tool",
    "search engine", "PRM", "knowledge graph",
)  # fmt: skip
FEEDBACKS: Final = (
    "imitation", "preference", "reinforcement", "verifier-guided", "verifier-aware",
)  # fmt: skip
TASKS: Final = ("alignment", "code", "general", "knowledge", "math", "RAG", "reasoning")
LISTS: Final = ("pdf", "repo")
FORMS: Final = tuple(form.value for form in Form)
GRANULARITIES: Final = tuple(granularity.value for granularity in Granularity)
ROOMS: Final = ("combine", "feedback", "guide", "search", "train", "verify")


@final
@dataclass(frozen=True)
class VerifierType:
    """A row of table 2: which forms and granularities a type of verifier has; ``kinds`` are our verifiers of it."""

    name: str
    forms: tuple[str, ...]
    granularities: tuple[str, ...]
    source: str
    trained: bool
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of("name", self.name, TYPES)
        _all_of("forms", self.forms, FORMS)
        _all_of("granularities", self.granularities, GRANULARITIES)
        _one_of("source", self.source, [source.value for source in Source])


@final
@dataclass(frozen=True)
class Lack:
    """A part that a method needs and that is not there: the room that it belongs in, what it is and why it lacks."""

    room: str
    part: str
    why: str

    def __post_init__(self) -> None:
        _one_of("room", self.room, ROOMS)


@final
@dataclass(frozen=True)
class Row:
    """A row of table 3: methods that share a tuple. ``verifiers`` are of the nine types.

    ``tagged`` says what stands in the paper or its repository where that is another word or the two differ. ``listed``
    says where the row stands, ``repo_names`` which of its names only the repository has. ``parts`` is the tuple as data
    (``search``, ``verifiers``, ``combiner``, ``feedback``), each a mapping with the ``kind`` of a part and its
    parameters; a row has ``parts`` or ``lacks``, never both. ``narrower`` says what of the method is left out.
    """

    names: tuple[str, ...]
    papers: tuple[str, ...]
    search: str
    verifiers: tuple[str, ...]
    feedback: str
    tasks: tuple[str, ...]
    forms: tuple[str, ...]
    granularities: tuple[str, ...]
    listed: tuple[str, ...] = LISTS
    repo_names: tuple[str, ...] = ()
    tagged: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    lacks: tuple[Lack, ...] = ()
    narrower: str = ""

    def __post_init__(self) -> None:
        _one_of("search", self.search, SEARCHES)
        _all_of("verifiers", self.verifiers, TYPES)
        _one_of("feedback", self.feedback, FEEDBACKS)
        _all_of("tasks", self.tasks, TASKS)
        _all_of("forms", self.forms, FORMS)
        _all_of("granularities", self.granularities, GRANULARITIES)
        _all_of("listed", self.listed, LISTS)
        _all_of("repo_names", self.repo_names, self.names, empty=True)
        if bool(self.parts) == bool(self.lacks):
            raise InputError("a row has parts, or says what it lacks", field="parts")
        if self.parts and set(self.parts) - {"combiner"} != {"search", "verifiers", "feedback"}:
            raise InputError(
                f"parts are search, verifiers, feedback and perhaps combiner: got {', '.join(self.parts)}",
                field="parts",
            )

    @property
    def name(self) -> str:
        """What it is called in lists: its names, joined."""
        return ", ".join(self.names)

    @property
    def runs(self) -> bool:
        """True where it is composed of parts that run."""
        return bool(self.parts)

    def words(self, what: str) -> tuple[str, ...]:
        """Its words for a task, search, verifier or feedback, those that lists are filtered by."""
        return {
            "task": self.tasks, "search": (self.search,), "verifier": self.verifiers, "feedback": (self.feedback,)
        }[what]  # fmt: skip

    @property
    def cells(self) -> tuple[tuple[str, str, str], ...]:
        """Where it stands in the grid of searches, verifier types and feedbacks: a cell for each type."""
        return tuple((self.search, verifier, self.feedback) for verifier in self.verifiers)


def read_rows(path: Path | None = None) -> tuple[Row, ...]:
    """The rows of a file, by default those of the paper. Raises InputError naming the row and the field."""
    return _rows(path or HERE / "methods.toml")


def read_types() -> tuple[VerifierType, ...]:
    """Table 2, in its order."""
    path = HERE / "verifier_types.toml"
    return tuple(_made(VerifierType, one, path, i) for i, one in _items(path, "type"))


def find_row(name: str, rows: Iterable[Row]) -> Row:
    """The row that holds a method of this name, whatever its case. Raises InputError with names that are near."""
    import difflib

    known = {_key(one): row for row in rows for one in (*row.names, row.name)}
    if _key(name) in known:
        return known[_key(name)]
    near = difflib.get_close_matches(_key(name), known, 3, 0.5)
    told = ", ".join(known[one].name for one in near)
    raise InputError(
        f"no method {name!r} in the catalogue: "
        + (f"did you mean {told}?" if told else "veriloop catalogue lists all that are")
    )


def known_word(option: str, word: str, known: Iterable[str]) -> str:
    """The word of a closed vocabulary that is meant, whatever its case. Raises InputError with all of them."""
    found = {_key(one): one for one in known}
    if _key(word) not in found:
        raise InputError(f"{option} is one of {', '.join(found.values())}, not {word!r}")
    return found[_key(word)]


def _key(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


@lru_cache
def _rows(path: Path) -> tuple[Row, ...]:
    rows = tuple(_made(Row, one, path, i) for i, one in _items(path, "method"))
    seen: dict[str, int] = {}
    for i, row in enumerate(rows, 1):
        for name in row.names:
            if seen.setdefault(_key(name), i) != i:
                raise InputError(
                    f"{name!r} stands in row {seen[_key(name)]} too",
                    file=str(path),
                    row=i,
                    field="names",
                )
    return rows


def _items(path: Path, name: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", file=str(path)) from error
    found = read.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"expected tables [[{name}]]", file=str(path))
    return enumerate(found, 1)


def _made(kind: type[Any], given: Mapping[str, Any], path: Path, row: int) -> Any:
    """The dataclass of a table; what the table lacks or has too much of is said with its row and field."""
    known = {f.name: f for f in fields(kind)}
    for name in given:
        if name not in known:
            raise InputError(
                f"no such field; there are {', '.join(known)}", file=str(path), row=row, field=name
            )
    try:
        values = {name: _value(name, value) for name, value in given.items()}
        return kind(**values)
    except InputError as error:
        raise InputError(error.message, file=str(path), row=row, field=error.field) from error
    except TypeError as error:
        raise InputError(f"a field is missing: {error}", file=str(path), row=row) from error


def _value(name: str, value: Any) -> Any:
    if name == "lacks":
        return tuple(Lack(**one) for one in value)
    if isinstance(value, list):
        if not all(isinstance(one, str) for one in value):
            raise InputError(f"expected a list of texts, got {value!r}", field=name)
        return tuple(value)
    return value


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise InputError(f"expected one of {', '.join(known)}, got {value!r}", field=name)


def _all_of(name: str, values: Iterable[str], known: Iterable[str], *, empty: bool = False) -> None:
    given = tuple(values)
    if not given and not empty:
        raise InputError("expected at least one", field=name)
    for value in given:
        _one_of(name, value, known)
