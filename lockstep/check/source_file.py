"""Check that a local table still has the sha256 in the dataset file, and that the results were computed from it."""

from pathlib import Path

from lockstep.check.config import Config
from lockstep.errors import ConfigError, SourceError
from lockstep.fetch.file_digest import digest_of, is_readable
from lockstep.fetch.file_places import FilePlaces
from lockstep.project import paths
from lockstep.project.paths import anchored
from lockstep.results.dvc_lock import DvcLock
from lockstep.storage.tables import atomic_write

UPDATE = "`lockstep check --update-source`"


def check_source(config: Config) -> list[str]:
    """Compare a local source with its sha256 in the dataset file, and the sha256 with the one of the fetch in dvc.lock.

    Returns:
        One line if the results were computed from another file or one that is gone; nothing for other sources.

    Raises:
        SourceError: if the file changed, or is gone and was never fetched.
    """
    source, where = config.dataset.source, f"{_file(config)}: source.path"
    if not isinstance(source, FilePlaces) or source.path is None:
        return []
    # None where dvc.lock is about another dataset, or missing
    lock, path = DvcLock.find(Path()), anchored(source.path)
    fetched = lock.setting("fetch", _file(config), "source.sha256") if lock else None
    if not is_readable(path):
        if fetched == source.sha256:
            return [f"{where}: {source.path}: the file is gone; the results are valid, but fetch cannot read it again"]
        raise SourceError(f"{where}: {source.path}: no such file; put it there or correct the path")
    if (digest := digest_of(path, source.path)) != source.sha256:
        raise SourceError(
            f"{where}: {source.path}: the file changed: its sha256 is {digest}, the dataset file says {source.sha256};"
            f" restore it, or accept it with {UPDATE} and run `dvc repro`"
        )
    if fetched is not None and fetched != source.sha256:
        return [f"{where}: {source.path}: the results come from another file; `dvc repro` computes them from this one"]
    return []


def update_source(config: Config) -> str:
    """Write the sha256 of a local source into its dataset file and change nothing else; returns a message.

    Raises:
        ConfigError: if the source is no local file, or its old sha256 is not in the dataset file exactly once.
        SourceError: if there is no such file.
    """
    source, file = config.dataset.source, _file(config)
    if not isinstance(source, FilePlaces) or source.path is None:
        raise ConfigError(f"{file}: source: is no local file, so there is nothing to update")
    path = anchored(source.path)
    if not is_readable(path):
        raise SourceError(f"{file}: source.path: {source.path}: no such file; put it there or correct the path")
    digest, recorded, content = digest_of(path, source.path), str(source.sha256), file.read_bytes()
    if digest == recorded:
        return f"lockstep: {file}: source.sha256 is already that of {source.path}"
    if content.count(recorded.encode()) != 1:
        raise ConfigError(f"{file}: source.sha256: the file contains it more than once; write {digest} yourself")
    # bytes, and the target of a link: nothing else may change
    with atomic_write(file.resolve()) as part:
        part.write_bytes(content.replace(recorded.encode(), digest.encode()))
    return f"lockstep: {file}: source.sha256 is now that of {source.path}; `dvc repro` computes the results from it"


def _file(config: Config) -> Path:
    return paths.DATASETS / f"{config.dataset_name}.yaml"
