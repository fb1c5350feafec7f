"""The bundled tiny model: a Llama of about a million parameters, trained from scratch on ``word_problems``."""

from importlib.resources import files


def model_path() -> str:
    """Directory of the shipped model: what ``model: bundled:tiny`` means, loadable by transformers and vLLM."""
    return str(files(__package__) / "model")
