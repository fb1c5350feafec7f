"""Problems from a data set of the Hugging Face hub, or from a local directory of the same shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DataError
from engine.problems.rows import Row, RowError, RowSource


@dataclass
class HubDataset(RowSource):
    """Rows of one split, through ``datasets.load_dataset``.

    Raises ``DataError`` when the data set, its configuration or its split does not exist or cannot be reached.
    """

    path: str
    """Hub id (``owner/name``) or local directory."""
    config: str | None = None
    """Name of the data set's configuration; null for its default."""
    split: str = "train"
    """Split, slices allowed (``test[:100]``) unless streaming."""
    revision: str | None = None
    """Commit, tag or branch on the hub; null for the newest."""
    streaming: bool = False
    """Read rows as they are needed instead of downloading the whole split first."""

    @property
    def name(self) -> str:
        """Data set, configuration and split in words."""
        path = Path(self.path).name if Path(self.path).exists() else self.path
        return " ".join(part for part in (path, self.config, self.split) if part)

    def rows(self) -> Iterator[tuple[int, str, Row | RowError]]:
        """Yield (number, place, row) in the order of the split."""
        number = 0
        rows = iter(self._load())
        while True:
            try:
                row = next(rows, None)
            except Exception as error:  # noqa: BLE001 - a streamed split fails in as many ways as a download
                raise DataError(f"{self.name} cannot be read beyond row {number} ({_first_line(error)})") from None
            if row is None:
                return
            number += 1
            yield number, f"{self.name}, row {number}", row

    def _load(self) -> Any:
        import datasets

        datasets.disable_progress_bars()
        try:
            return datasets.load_dataset(
                self.path, self.config, split=self.split, revision=self.revision, streaming=self.streaming
            )
        except Exception as error:  # noqa: BLE001 - the library raises a dozen kinds, from ValueError to OSError
            raise DataError(
                f"problems.path: data set {self.name!r} cannot be loaded ({_first_line(error)}); check its name, "
                "problems.config, problems.split and the network, or give a local directory"
            ) from None


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0] if lines else 'no message'}"
