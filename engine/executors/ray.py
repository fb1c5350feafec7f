"""The work on a Ray cluster: engines on GPU machines, verifiers on CPU machines, this process in the lead."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.build import locate
from engine.errors import ConfigError
from engine.executors.cluster import Cluster
from engine.executors.handover import stop_earlier_writers
from engine.executors.job import Job
from engine.export import Exporter
from engine.progress import Progress

OBJECT_STORE = 200 << 20  # bytes, of a cluster that we start: what passes through it is small


@dataclass(frozen=True)
class Ray:
    """Settings of the cluster. ``runs/`` lies on a file system that all its machines share."""

    engines: int = 1
    """Samplers, each in an actor of its own."""
    gpus_per_engine: float = 0.0
    cpus_per_engine: float = 1.0
    verify_workers: int = 1
    """Actors that hold verifier processes."""
    cpus_per_verifier: float = 1.0
    """Verifier processes of each, and the CPUs it is given for them."""
    problems_per_engine: int = 128
    """Problems being sampled at once on one engine; as many again are checked ahead."""
    address: str | None = None
    """``host:port`` or ``auto``; None: the cluster that ``RAY_ADDRESS`` names, else a new one on this machine."""
    runtime_env: dict[str, Any] = field(default_factory=dict)
    """Handed to Ray as it is: packages and environment variables of the actors."""
    heartbeat_s: float = 5.0
    """An actor that has not answered for four of these is taken for lost."""
    start_s: float = 900.0
    """Seconds that an actor may take to find its place and be ready."""
    restarts: int = 3
    """How often each lost actor is replaced."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("engines", 1), ("verify_workers", 1), ("problems_per_engine", 1), ("restarts", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("gpus_per_engine", "cpus_per_engine"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative, got {getattr(self, name)}")
        for name in ("cpus_per_verifier", "heartbeat_s", "start_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be above 0, got {getattr(self, name)}")

    def hire(self, exporter: Exporter, progress: Progress) -> Cluster:
        """See ``engine.loop.Executor``."""
        stop_earlier_writers(exporter.directory.ledger)
        target = str(exporter.config["sampler"].get("_target_"))
        learns = hasattr(locate(target, "sampler"), "learn")
        job = Job(
            config=exporter.config,
            directory=str(exporter.directory.path.resolve()),
            cwd=str(Path.cwd()),
            heartbeat_s=self.heartbeat_s,
            open_problems=self.problems_per_engine,
            cpus_per_verifier=self.cpus_per_verifier,
            wants_states=learns or hasattr(exporter.budget, "purse"),
        )
        return Cluster(self, job, exporter, progress, learns=learns)

    def connect(self) -> None:
        """Join the cluster, or start one. Raises ``ConfigError`` when there is no Ray or no cluster."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # Ray's default of the future: an actor without a GPU keeps its environment as it is
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        own = self.address is None and "RAY_ADDRESS" not in os.environ
        if own:  # loopback only; Ray would otherwise listen on the machine's own address
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        try:
            import ray
        except ImportError as error:
            raise ConfigError("executor=ray needs Ray: pip install 'proofstill[ray]'") from error
        options: dict[str, Any] = {"runtime_env": self.runtime_env, "logging_level": "error", "log_to_driver": False}
        if own:
            options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE, "num_cpus": self._cpus()}
        try:
            # without an address Ray would join whatever cluster it finds here
            ray.init("local" if own else self.address, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            where = self.address or "on this machine"
            raise ConfigError(f"executor.address: no Ray cluster {where}: {str(error).splitlines()[0]}") from error

    def _cpus(self) -> int:
        """Ray's CPUs are a way of counting: on one machine all actors are to find a place."""
        wanted = self.engines * self.cpus_per_engine + self.verify_workers * self.cpus_per_verifier
        return max(len(os.sched_getaffinity(0)), round(wanted + 0.5))
