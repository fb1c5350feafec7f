"""What other trainers than TRL want beside the rows, or in other columns.

Schemas as read from the trainers' own code: LLaMA-Factory ``src/llamafactory/data/{parser,converter}.py``, axolotl
``src/axolotl/prompt_strategies/{chat_template,dpo/chat_template,stepwise_supervised}.py``, OpenRLHF
``openrlhf/datasets/{sft,reward,prompts}_dataset.py``, verl ``verl/utils/dataset/{rl,multiturn_sft}_dataset.py``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ConfigError
from engine.products.files import FileOptions

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
"""LLaMA-Factory's names for the parts of OpenAI messages."""
AXOLOTL = {
    "conversation": {"type": "chat_template", "field_messages": "messages"},
    "pair": {"type": "chat_template.default", "field_messages": "messages"},
    "stepwise": {"type": "stepwise_supervised"},
}
OPENRLHF = {
    "conversation": {"data.input_key": "prompt", "data.output_key": "completion"},
    "pair": {"data.prompt_key": "prompt", "data.chosen_key": "chosen", "data.rejected_key": "rejected"},
    "rl": {"data.input_key": "prompt", "data.label_key": "answer"},
}
VERL = {
    "conversation": {"data.messages_key": "messages"},
    "modes": {"data.messages_key": "messages", "data.enable_thinking_key": "enable_thinking"},
    "rl": {"data.prompt_key": "prompt", "data.reward_fn_key": "data_source"},
}


@dataclass(frozen=True)
class Format:
    """How ``trainer`` reads rows of a ``kind``: conversation, modes, pair, unpaired, stepwise or rl.

    Called by the writer when the rows are written: makes ``dataset_info.json`` for LLaMA-Factory, and for axolotl,
    OpenRLHF and verl ``<trainer>.yaml`` with the settings that name the files and their columns.
    """

    trainer: str
    kind: str
    product: str

    def __call__(self, root: Path, shapes: Mapping[str, Any]) -> None:
        """Write the file that the trainer wants, if it wants one."""
        if self.trainer == "llama_factory":
            (root / "dataset_info.json").write_text(json.dumps(self._dataset_info(shapes), indent=2) + "\n", "utf-8")
        elif self.trainer != "trl":
            import yaml  # type: ignore[import-untyped]

            (root / f"{self.trainer}.yaml").write_text(yaml.safe_dump(self._settings(shapes), sort_keys=True), "utf-8")

    def _files(self, shapes: Mapping[str, Any]) -> list[str]:
        """The files of the shape that the trainer reads, in the card's file format; verl reads Parquet alone."""
        facts = shapes[self.shape(shapes)]
        ending = facts["data_files"].rpartition(".")[2]
        return [name for name in facts["files"] if name.endswith(f".{ending}")]

    def shape(self, shapes: Mapping[str, Any]) -> str:
        """Name of the shape that the trainer reads."""
        first = (
            "prompt_completion" if self.trainer == "openrlhf" and self.kind in ("conversation", "modes") else "messages"
        )
        return first if first in shapes else next(iter(shapes))

    def _dataset_info(self, shapes: Mapping[str, Any]) -> dict[str, Any]:
        columns = {"messages": "messages"}
        if self.kind == "pair":
            columns |= {"chosen": "chosen", "rejected": "rejected"}
        if self.kind == "unpaired":
            columns |= {"kto_tag": "label"}
        entry: dict[str, Any] = {"formatting": "sharegpt", "columns": columns, "tags": TAGS}
        if self.kind == "pair":
            entry["ranking"] = True
        files = self._files(shapes)
        names = [self.product, *(f"{self.product}_{number}" for number in range(1, len(files)))]
        return {name: {"file_name": file} | entry for name, file in zip(names, files, strict=True)}

    def _settings(self, shapes: Mapping[str, Any]) -> dict[str, Any]:
        files = self._files(shapes)
        kind = "conversation" if self.kind == "modes" and self.trainer != "verl" else self.kind
        if self.trainer == "axolotl":
            one = {"path": ".", "data_files": files, "ds_type": "json" if files[0].endswith("jsonl") else "parquet"}
            return {"datasets": [one | AXOLOTL[kind]]} | ({"rl": "dpo"} if kind == "pair" else {})
        if self.trainer == "openrlhf":
            where = "data.prompt_dataset" if kind == "rl" else "data.dataset"
            return {where: ",".join(files), "data.apply_chat_template": True, **OPENRLHF[kind]}
        return {"data.train_files": files, **VERL[self.kind]}


def check_format(trainer: str, offered: tuple[str, ...], files: FileOptions) -> None:
    """Raise ``ConfigError`` for a trainer that does not read this product, or not from such files."""
    if trainer not in offered:
        raise ConfigError(f"format is {trainer!r}: give one of {', '.join(offered)}")
    if trainer == "verl" and files.formats[0] != "parquet":
        raise ConfigError(f"files.formats is {list(files.formats)}: verl reads Parquet, so put parquet first")


def one_message(trainer: str) -> bool:
    """Whether pairs are wanted as ``messages`` and one message each for chosen and rejected."""
    return trainer in ("llama_factory", "axolotl")
