"""The error model.

A bad sample, a bad row or a crashed verifier is *data*: it becomes a ``Status``, a counted reason or a
set-aside problem, and the run goes on. Only what makes the whole run impossible is raised, as one of the
errors below. Each message is one sentence that names the key, row or file and says what to do; the command
line prints it without a traceback.

Exit codes: 2 for ``UsageError`` (the user can mend the command), 1 for every other ``ProofstillError``.
"""


class ProofstillError(Exception):
    """A run failed; the message says why and what to do."""

    exit_code = 1


class UsageError(ProofstillError):
    """The command or configuration is wrong; nothing was started."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key is unknown, missing, or has a value of the wrong type."""


class DataError(ProofstillError):
    """An input file is missing, empty, or has no usable row."""


class SamplerError(ProofstillError):
    """The model or its server cannot be reached, died, or refused the request for good."""


class VerifierError(ProofstillError):
    """A verifier cannot be built or started. (One that fails on a sample gives ``Status.ERROR`` instead.)"""


class SandboxUnavailableError(ProofstillError):
    """The sandbox cannot reach the isolation level that the configuration asks for."""


class LedgerError(ProofstillError):
    """The ledger cannot be read or written (full disk, damaged segment, other schema)."""


class RunInterruptedError(ProofstillError):
    """The user stopped the run; everything finished so far is committed."""

    exit_code = 130
