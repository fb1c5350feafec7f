"""Another run on the same problems, read beside this one."""

from collections.abc import Iterator
from pathlib import Path

from engine.records import Row
from engine.rows import RowGroup

LOOK_AHEAD = 1000
"""Problems of the other run that are held while one is looked for."""


def with_twins(groups: Iterator[RowGroup], directory: str) -> Iterator[tuple[tuple[Row, ...], tuple[Row, ...]]]:
    """Every group's rows, with those of the other run on the same problem (none where it has none).

    Both runs read the same source, so their problems come in the same order; one that is more than ``LOOK_AHEAD``
    problems off counts as missing. Raises ``UsageError`` when ``directory`` is no run directory.
    """
    waiting: dict[str, RowGroup] = {}
    others = _groups(directory)
    for group in groups:
        while group.problem.id not in waiting and len(waiting) < LOOK_AHEAD:
            other = next(others, None)
            if other is None:
                break
            waiting[other.problem.id] = other
        if group.problem.id in waiting:
            # what the other run has before this problem, this run does not have
            for name in list(waiting):
                if name == group.problem.id:
                    break
                del waiting[name]
        twin = waiting.pop(group.problem.id, None)
        # two sources may give the same name to different problems
        yield group.rows, twin.rows if twin is not None and twin.problem.prompt == group.problem.prompt else ()


def _groups(directory: str) -> Iterator[RowGroup]:
    from engine.export import Exporter, build_verifiers
    from engine.products.stream import row_groups
    from engine.rundir import RunDir
    from engine.selection.chain import Chain

    run = RunDir(Path(directory))
    config = run.load_config()
    exporter = Exporter(run, config, build_verifiers(config))
    return row_groups(exporter, Chain(config["select"]))
