"""``proofstill verify``: judge existing generations."""

import asyncio
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Judge; prints counts on standard error."""
    return run_app("verify", "verify", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.verify import verify_file

    return float(asyncio.run(verify_file(config)))
