"""The data set card: a README.md that ``datasets.load_dataset`` and a person can read.

Text from data and configuration is hostile here too. The front matter is dumped by a YAML library, and the template
escapes every value unless a filter already made it safe, so nothing can break out of its place.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.plain_text import lines, one_line

LICENCES = (
    *("apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gpl-3.0", "mit", "odbl", "odc-by", "openrail"),
)
"""Names that the hub knows, as far as we need them; another licence is ``other``, none is ``unknown``."""
SIZES = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9, 10**10, 10**11, 10**12)
SIZE_NAMES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
NOT_NAMED = "not named"
"""As products count rows whose problem names no licence."""
MOST = 2000
"""Characters of one value in a card."""


def product_facts(name: str, written: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for the card of one product, from what ``Product.write`` returned and the run's own facts.

    ``run`` has the keys ``run`` (name), ``model``, ``seed``, ``command``, ``rule`` (accept rule in words),
    ``verifiers`` (list of ``name``, ``version``, ``config_hash``), ``funnel`` (from ``stats.settled_funnel``),
    ``selectors`` and ``noted`` (as ``Chain.facts`` gives them),
    ``settings`` (configuration to show) and ``limits`` (sentences). They must not carry times or the paths of a
    machine, so that the same data has the same card.
    """
    return _facts({name: written}, run, title=f"{run['run']}: {name}", prefixed=False)


def run_facts(products: Mapping[str, Mapping[str, Any]], run: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for the card of a run directory: every product's shapes, as ``<product>_<shape>``."""
    return _facts(products, run, title=str(run["run"]), prefixed=True)


def write_card(directory: str | Path, facts: Mapping[str, Any]) -> None:
    """Write ``README.md`` into ``directory`` in one step, from ``product_facts`` or ``run_facts``."""
    path = Path(directory) / "README.md"
    fresh = path.with_name(".README.md.new")
    fresh.write_bytes(render_card(facts).encode())
    fresh.replace(path)


def render_card(facts: Mapping[str, Any]) -> str:
    """The text of the card."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701 - the output is Markdown; finalize escapes for it
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, _Safe) else _markdown(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(code=_code, block=_block, yaml=_yaml, number=lambda n: _Safe(f"{n:,}"))
    return environment.get_template("card.md.jinja").render(facts, front_matter=_front_matter(facts))


class _Safe(str):
    """Text that is already Markdown."""

    __slots__ = ()


def _facts(
    products: Mapping[str, Mapping[str, Any]], run: Mapping[str, Any], *, title: str, prefixed: bool
) -> dict[str, Any]:
    configs = [
        {
            "name": f"{name}_{shape}" if prefixed else shape,
            "data_files": f"products/{name}/{facts['data_files']}" if prefixed else facts["data_files"],
            "rows": facts["rows"],
            "columns": facts["columns"],
        }
        for name, written in products.items()
        for shape, facts in written.get("shapes", {}).items()
    ]
    return {
        **run,
        "title": title,
        "products": {name: _product(written) for name, written in products.items()},
        "about": [written["about"] for written in products.values() if written.get("about")],
        "limits": [*run["limits"], *(limit for written in products.values() for limit in written.get("limits", ()))],
        "rows": sum(written["rows"] for written in products.values()),
        "replaced": sum(written.get("replaced", 0) for written in products.values()),
        "configs": configs,
        "sources": _merged(written.get("sources", {}) for written in products.values()),
        "licences": _merged(written.get("licences", {}) for written in products.values()),
    }


def _product(written: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the first table: what was looked at, what was written, and what was dropped for which reason."""
    dropped = sorted(written.get("dropped", {}).items(), key=lambda item: (-item[1], item[0]))
    return {
        "rows": written["rows"],
        "taken": written.get("taken", written["rows"]),
        "unit": written.get("unit", "samples"),
        "dropped": dict(dropped),
    }


def _merged(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Rows by name over all products: the largest count, since products share their rows."""
    merged: Counter[str] = Counter()
    for count in counts:
        merged |= Counter(count)
    return dict(sorted(merged.items()))


def _front_matter(facts: Mapping[str, Any]) -> _Safe:
    configs = [{"config_name": c["name"], "data_files": c["data_files"]} for c in facts["configs"]]
    if configs:
        configs[0]["default"] = True
    return _yaml(
        {
            "pretty_name": one_line(facts["title"], MOST),
            "license": sorted({_licence(name) for name in facts["licences"]}) or ["unknown"],
            "task_categories": ["text-generation"],
            "size_categories": [_size(facts["rows"])],
            "tags": ["synthetic", "verified", "distillation", "proofstill", *facts["products"]],
            "configs": configs,
        }
    )


def _licence(name: str) -> str:
    if name == NOT_NAMED:
        return "unknown"
    return name.lower() if name.lower() in LICENCES else "other"


def _size(rows: int) -> str:
    """Size category as the hub writes it, e.g. ``1K<n<10K``."""
    for place, (bound, name) in enumerate(zip(SIZES, SIZE_NAMES, strict=True)):
        if rows < bound:
            return f"{SIZE_NAMES[place - 1]}<n<{name}" if place else f"n<{name}"
    return f"n>{SIZE_NAMES[-1]}"


def _yaml(value: Any) -> _Safe:
    import yaml  # type: ignore[import-untyped]

    # no aliases: a reader should not have to look them up, and strings stay on their line
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    return _Safe(yaml.dump(_cleaned(value), Dumper=dumper, sort_keys=False, allow_unicode=True, width=10**9))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return lines(value, MOST)
    if isinstance(value, Mapping):
        return {one_line(str(key), MOST): _cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item) for item in value]
    return value


def _markdown(text: str) -> _Safe:
    """One line of text that means itself, in a table cell or at the start of a list item too."""
    escaped = re.sub(r"([\\`*_\[\]<>|~&#$])", r"\\\1", one_line(text, MOST))
    return _Safe(re.sub(r"^(\d*)([-+=:.)])", r"\1\\\2", escaped))


def _code(value: Any) -> _Safe:
    """Inline code; plain text where there is a pipe, on whose escape within code table dialects disagree."""
    text = one_line(str(value), MOST)
    if not text or "|" in text:
        return _markdown(text)
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if "`" in (text[0], text[-1]) else ""
    return _Safe(f"{fence}{pad}{text}{pad}{fence}")


def _block(value: Any, language: str = "") -> _Safe:
    """Fenced block, its fence longer than any inside."""
    text = lines(str(value)).strip("\n")
    fence = "`" * max(3, _longest_run(text) + 1)
    return _Safe(f"{fence}{language}\n{text}\n{fence}")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def model_of(sampler: Mapping[str, Any]) -> str:
    """What made the samples, as a reader names it: the model, or the teachers."""
    return str(sampler.get("model") or ", ".join(sampler.get("teachers", ())) or "not named")
