"""What a folder of small files holds, kept and put back."""

import json
from hashlib import sha256
from pathlib import Path

Files = dict[str, bytes]


class States:
    """Keeps what a folder of small files held: names and digests in ID.json, contents in blobs/."""

    def __init__(self, root: Path, kept: Path) -> None:
        self._root, self._kept, self._known = root, kept, set[str]()
        (kept / "blobs").mkdir(parents=True)

    def files(self) -> Files:
        """Contents by name; an empty folder's name ends with a slash."""
        found = below(self._root)
        return {name_of(each, self._root): each.read_bytes() if _is_plain(each) else b"" for each in found}

    def put(self, files: Files) -> None:
        """Make the folder hold exactly these files; what is right stays untouched, as a file that is open."""
        for each in below(self._root):
            if each.is_symlink() or name_of(each, self._root) not in files:
                each.rmdir() if each.is_dir() else each.unlink()
        for name, content in files.items():
            file = self._root / name
            if name.endswith("/"):
                file.mkdir(parents=True, exist_ok=True)
            elif not file.exists() or file.read_bytes() != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)

    def keep(self, files: Files) -> str:
        """Keep a state; returns its id."""
        digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        for name, digest in digests.items():
            if digest not in self._known:
                self._known.add(digest)
                (self._kept / "blobs" / digest).write_bytes(files[name])
        text = json.dumps(digests, sort_keys=True)
        state = sha256(text.encode()).hexdigest()[:16]
        (self._kept / f"{state}.json").write_text(text)
        return state

    def digests(self, state: str) -> dict[str, str]:
        content: dict[str, str] = json.loads((self._kept / f"{state}.json").read_text())
        return content

    def kept(self, state: str) -> Files:
        return {name: (self._kept / "blobs" / digest).read_bytes() for name, digest in self.digests(state).items()}


def below(root: Path) -> list[Path]:
    """Files, links and empty folders."""
    return sorted(each for each in root.rglob("*") if not each.is_dir() or not any(each.iterdir()))


def _is_plain(each: Path) -> bool:
    return each.is_file() and not each.is_symlink()


def name_of(each: Path, root: Path) -> str:
    """Its name in a state."""
    return each.relative_to(root).as_posix() + ("/" if each.is_dir() else "")
