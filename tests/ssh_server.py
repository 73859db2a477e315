"""An SSH server on loopback that serves one folder by SFTP to one key."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

T = TypeVar("T")


class SshServer:
    """Serves `folder` as its root; use it as a context manager."""

    def __init__(self, folder: Path, key_file: Path) -> None:
        """Write to `key_file` the private key that is let in, whatever the user's name."""
        self._folder = folder
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(key_file)
        self._let_in = asyncssh.import_authorized_keys(key.export_public_key().decode())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> "SshServer":
        self._thread.start()
        self._listener = self._wait_for(self._listen())
        self.port = self._listener.get_port()
        return self

    def __exit__(self, *_: object) -> None:
        self._wait_for(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=self._let_in,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(self._folder)),
        )

    async def _close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
