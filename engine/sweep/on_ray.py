"""A sweep's jobs as tasks on Ray: on a running cluster, or on one of this machine's own that ends with the batch."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from omegaconf import open_dict

from engine.errors import UsageError
from engine.sweep.objective import worst
from engine.sweep.wrong import needs

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

    from hydra_plugins.proofstill import RayLauncher

LOOPBACK = "127.0.0.1"


def launch(
    launcher: "RayLauncher", settings: Mapping[str, Any], jobs: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Run every job; returns one result each, also for a job whose worker died. Raises ``UsageError``."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise UsageError(needs("hydra/launcher=ray", "ray", "ray")) from error
    _connect(settings)
    try:
        # a job that failed says so in its record; one whose worker died is not tried twice behind the user's back
        task = ray.remote(num_cpus=settings["cpus_per_job"], num_gpus=settings["gpus_per_job"], max_retries=0)(run)
        shared = ray.put((launcher.hydra_context, launcher.config, launcher.task_function, Singleton.get_state()))
        tasks = [task.remote(shared, str(Path.cwd()), first + i, list(job)) for i, job in enumerate(jobs)]
        return [_result(made, job, launcher.config) for made, job in zip(tasks, jobs, strict=True)]
    finally:
        ray.shutdown()


def _connect(settings: Mapping[str, Any]) -> None:
    import ray

    address = settings["address"] or os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"address": address}
    if address is None:
        # Ray would announce this machine's outer address otherwise
        options = {"include_dashboard": False, "_node_ip_address": LOOPBACK}
        options |= {"num_cpus": settings["num_cpus"], "num_gpus": settings["num_gpus"]}
    try:
        ray.init(logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise UsageError(f"hydra/launcher=ray: no cluster at {address or 'this machine'}: {text}") from error


def run(
    shared: "tuple[HydraContext, DictConfig, TaskFunction, dict[Any, Any]]", place: str, number: int, job: list[str]
) -> JobReturn:
    """One job, in a worker of Ray, as Hydra's own launchers do it; its name stands before what the job prints."""
    context, config, task_function, state = shared
    os.chdir(place)
    setup_globals()
    Singleton.set_state(state)
    made = context.config_loader.load_sweep_config(config, job)
    with open_dict(made):
        made.hydra.job.id = f"{made.hydra.job.name}_{number}"
        made.hydra.job.num = number
    HydraConfig.instance().set_config(made)
    return run_job(
        hydra_context=context,
        task_function=task_function,
        config=made,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _result(made: Any, job: Sequence[str], config: "DictConfig") -> JobReturn:
    import ray

    try:
        result: JobReturn = ray.get(made)
    except ray.exceptions.RayError:  # its worker died; its record says that it never ended
        result = JobReturn(overrides=list(job), status=JobStatus.COMPLETED)
        result.return_value = worst(str(config.direction))
    return result
