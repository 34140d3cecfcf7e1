"""botocore's descriptions of services: 9 MB of JSON, read once for all clients of a process."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader, create_loader

_OURS = frozenset({"dynamodb", "rekognition", "s3", "sns", "sqs"})
"""The services of which we have clients."""


@functools.cache
def descriptions(search_path: str | None, *, only_ours: bool) -> Loader:
    """Return the loader of a process, for botocore's component `data_loader`.

    With `only_ours`, the list of endpoints has no other services than those that we use, and takes
    0.5 MB in place of 7 MB. On AWS itself botocore may need more of them, to sign in.
    """
    loader = create_loader(search_path)
    if only_ours:
        loader.file_loader = _OursOnly()
    return loader


class _OursOnly(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:
        """Load a file, given its path without a suffix; None if there is no such file."""
        found = super().load_file(file_path)
        if found is not None and Path(file_path).name == "endpoints":
            for partition in found["partitions"]:
                services = partition["services"]
                partition["services"] = {name: services[name] for name in _OURS & services.keys()}
        return found
