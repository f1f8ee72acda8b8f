"""Pictures and profiles inside a `.usdz` package, which is a ZIP file: taken out where they are wanted."""

import hashlib
import os
import re
import zipfile
from pathlib import Path

import platformdirs

from ..errors import FileError

_INSIDE = re.compile(r"(.+?\.usdz)\[([^\[\]]+)\]\Z", re.IGNORECASE)
MAX_PICTURE = 2 << 30


def unpacked(path: str) -> str:
    """A file of its own for one that lies in a package (`rig.usdz[sky.exr]`), any other path as it is.

    The file is kept in the user's cache folder under the state of its package. Raises FileError.
    """
    inside = _INSIDE.match(path)
    if inside is None:
        return path
    package, member = Path(inside[1]), inside[2]
    try:
        status = package.stat()
        state = f"{package.resolve()} {status.st_mtime_ns} {status.st_size} {member}"
        name = hashlib.blake2b(state.encode(), digest_size=12).hexdigest()
        target = platformdirs.user_cache_path("rimlight") / "usdz" / f"{name}{Path(member).suffix.lower()}"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(package) as packed:
                if packed.getinfo(member).file_size > MAX_PICTURE:
                    raise FileError(f"{path}: the file in the package is larger than {MAX_PICTURE >> 30} GiB")
                temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
                temporary.write_bytes(packed.read(member))
            os.replace(temporary, target)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else f"the package is damaged: {error}"
        raise FileError(f"{path}: the file cannot be taken out of its package: {why}") from error
    return str(target)
