"""Uploads a run's card and products to the Hugging Face hub, when the user asks for it by name."""

import re
from collections.abc import Iterable
from pathlib import Path

from engine.errors import ConfigError, ProofstillError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


def check_repo(repo: str) -> None:
    """Raise ``ConfigError`` for what is no name of a data set on the hub, before anything is exported."""
    if not NAME.fullmatch(repo):
        raise ConfigError(f"hub.repo is {repo!r}: give the data set to push to as OWNER/NAME")


def push(run: Path, products: Iterable[str], repo: str, *, private: bool) -> str:
    """Make the data set ``repo`` where it is missing and put the card and ``products`` in it; returns its address.

    Nothing else leaves the machine: no ledger, no configuration, no statistics. Other products that an earlier push
    left there are removed, since the card does not name them. The token is the hub
    client's own (``hf auth login``, or the variable HF_TOKEN). Raises ``ProofstillError`` when the hub refuses or
    cannot be reached.
    """
    from huggingface_hub import HfApi

    api = HfApi(library_name="proofstill")
    try:
        made = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id,
            repo_type="dataset",
            folder_path=run,
            allow_patterns=["README.md", *(f"products/{name}/**" for name in products)],
            delete_patterns="products/**",
            commit_message="Products made with Proofstill",
        )
    except Exception as error:  # the client's transport has errors of its own, which change from version to version
        why = " ".join(str(error).split())[:300] or type(error).__name__
        raise ProofstillError(
            f"hub.repo={repo}: the hub did not take it ({why}); the products are safe in {run / 'products'}"
        ) from error
    return str(made)
