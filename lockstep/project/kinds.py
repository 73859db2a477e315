"""Kinds: families of classes that are found in folders, one class in each file.

Steps, rules, metrics, objectives, sources and split strategies are kinds. The name of a file is the name by which
settings choose its class. Built-in classes lie in a package; those of the project lie in a folder of custom/.
"""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Generic, SupportsIndex, TypeVar

from lockstep.errors import ConfigError, LockstepError
from lockstep.guards.text.messages import LENGTH, listed, shown
from lockstep.project.custom import custom_files, custom_mistakes, import_custom, is_custom_module

T = TypeVar("T", bound="OneOfKind")


class OneOfKind:
    """Base of every class that is chosen by the name of its file.

    Attributes:
        STATED: Class attributes without a default, which every class of the kind must state.
    """

    STATED: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def kind_name(cls) -> str:
        """The name by which settings choose the class: that of its file."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def is_custom(cls) -> bool:
        """Whether the class is the project's own."""
        return is_custom_module(cls.__module__)

    @classmethod
    def summary(cls) -> str:
        """The first paragraph of the docstring in one line."""
        return " ".join(inspect.getdoc(cls).split("\n\n")[0].split()) if cls.__doc__ else ""  # type: ignore[union-attr]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Settings as in YAML, without the key that names the class; for the documentation and the tests."""
        return ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickle an instance of the project's own class with where its file lies, which other processes import."""
        if not self.is_custom():
            return super().__reduce_ex__(protocol)
        return _new_custom, (type(self).__module__, type(self).__qualname__), self.__getstate__()


def _new_custom(module: str, name: str) -> OneOfKind:
    """An instance, without its state, of a class of the project's own."""
    _, folder, file = module.split(".")
    kind: type[OneOfKind] = getattr(import_custom(folder, file), name)
    return kind.__new__(kind)


@dataclass(frozen=True)
class Kind(Generic[T]):
    """The classes of one kind; a file is imported when its class is asked for.

    Attributes:
        name: What one of them is called in messages: step, rule, ...
        base: Their base class.
        package: The package of the built-in ones; whoever imports the kind counts as importing all of the package.
        key: The key of settings that names the class.
        folder: The folder of custom/ with the project's own ones; None if projects cannot add any.
    """

    name: str
    base: type[T]
    package: str
    key: str
    folder: str | None = None

    def built_in(self) -> list[str]:
        """Names of the built-in classes, sorted."""
        return _modules_in(self.package)

    def custom(self) -> list[str]:
        """Names of the project's own classes, sorted."""
        return [] if self.folder is None else sorted(name for name in custom_files(self.folder) if name[0] != "_")

    def names(self) -> list[str]:
        """All names: the built-in ones, then the project's own."""
        return [*self.built_in(), *self.custom()]

    def __getitem__(self, name: str) -> type[T]:
        """The class of a name.

        Raises:
            ConfigError: if the project's own file has a mistake.
            ValueError: if there is no such class; the message says which names there are.
        """
        if name in self.built_in():
            if name in self.custom():
                raise ConfigError(
                    f"custom/{self.folder}/{name}.py: a built-in {self.name} has this name; rename the file"
                )
            return _class_in(import_module(f"{self.package}.{name}"), self.base)
        if self.folder is not None and name in self.custom():
            return self._own(import_custom(self.folder, name), Path("custom", self.folder, f"{name}.py"))
        raise ValueError(f"{shown(name)}: there is no such {self.name}{self._did_you_mean(name)}; {self._allowed()}")

    def classes(self) -> Mapping[str, type[T]]:
        """All classes by name; imports their files.

        Raises:
            ConfigError: if one of the project's own files has a mistake.
        """
        return {name: self[name] for name in self.names()}

    def parse(self, content: Any) -> Any:
        """Settings of the file as an instance of the class that `key` names, for pydantic's validators.

        Raises:
            ValueError: if the key is missing, or there is no such class.
            pydantic.ValidationError: if the other keys are not the class's settings.
            ConfigError: if the project's own file has a mistake.
        """
        if isinstance(content, self.base) or not isinstance(content, dict):
            return content
        if self.key not in content:
            raise ValueError(f"needs the key `{self.key}`, which names the {self.name}; {self._allowed()}")
        name = content[self.key]
        if not isinstance(name, str):
            raise ValueError(f"{self.key}: {shown(str(name))} is no name of a {self.name}; {self._allowed()}")
        kind: Any = self[name]
        settings = {key: value for key, value in content.items() if key != self.key}
        try:
            return kind.model_validate(settings)
        except (ValueError, LockstepError):
            raise
        except Exception:
            # a validator of the project's own class has a mistake
            with custom_mistakes(Path("custom", str(self.folder), f"{name}.py")):
                raise

    def _own(self, module: ModuleType, file: Path) -> type[T]:
        """The class of one of the project's own files, which must be complete."""
        kind = _class_in(module, self.base, file)
        missing = [
            *sorted(getattr(kind, "__abstractmethods__", ())),
            *(name for name in kind.STATED if not hasattr(kind, name)),
        ]
        if missing:
            raise ConfigError(
                f"{file}: class {kind.__name__} does not define {', '.join(missing)}, which a {self.name} must define"
            )
        if self.key in getattr(kind, "model_fields", ()):
            raise ConfigError(
                f"{file}: class {kind.__name__} has a setting `{self.key}`, which is the key that names the"
                f" {self.name}; rename it"
            )
        if not kind.summary():
            raise ConfigError(f"{file}: class {kind.__name__} has no docstring; write one line that says what it does")
        return kind

    def _did_you_mean(self, name: str) -> str:
        matches = difflib.get_close_matches(name[:LENGTH], self.names(), n=1)
        return f", did you mean {matches[0]!r}?" if matches else ""

    def _allowed(self) -> str:
        own = f"; custom: {listed(self.custom())}" if self.custom() else ""
        return f"built-in: {', '.join(self.built_in())}{own}"


@cache
def _modules_in(package: str) -> list[str]:
    (folder,) = import_module(package).__path__
    return sorted(file.stem for file in Path(folder).glob("*.py") if not file.stem.startswith("_"))


def _class_in(module: ModuleType, base: type[T], file: Path | None = None) -> type[T]:
    """The one public class of a module that is a subclass of the base.

    Raises:
        ConfigError: if there is none, or more than one.
    """
    classes = [
        value
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, base)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]
    if len(classes) != 1:
        found = ", ".join(sorted(value.__name__ for value in classes)) or "none"
        raise ConfigError(
            f"{file or module.__name__}: needs exactly one public subclass of {base.__name__}; it has: {found}"
            + ("; give each a file of its own" if len(classes) > 1 else "")
        )
    return classes[0]
