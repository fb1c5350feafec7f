"""False alarms of the rules for secrets and personal data on clean samples, what they find planted, and their price.

    python benchmarks/safety_rules.py [--data DIR] [--limit N] [--show]

Clean: mathematics and code that models wrote, where nothing private is to be expected; chat: responses that may hold
some, so that a finding is not an alarm (``--show`` prints the hints). Every sample is judged with and without numbers
of one country (``region=US``). Planted: values of each kind put into clean samples, drawn at random with right check
digits. The baseline is detect-secrets with all its detectors on, those by entropy and keyword too.
"""

import argparse
import gzip
import json
import random
import string
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.records import Problem, Sample, Status
from verifiers.safety import SafetyRules

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLEAN = {
    "samples/gsm8k_boxed_gpt_claude": "math, GPT and Claude",
    "samples/math_qwen25_k8_rm": "math, Qwen2.5",
    "samples/math_l5_zeroeval": "math level 5, 40 models",
    "samples/gsm8k_tora_tool_traces": "math with Python",
    "code/samples_humaneval_reflexion": "code, HumanEval",
    "code/samples_leetcode_judged": "code, LeetCode",
}
ALNUM = string.ascii_letters + string.digits


def rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def clean(folder: Path, name: str, limit: int) -> list[tuple[str, str]]:
    """Prompt and response, at most ``limit`` drawn evenly."""
    found = [
        (str(row.get("problem") or row.get("prompt") or ""), str(one.get("text") or one.get("code") or ""))
        for row in rows(folder / f"{name}.jsonl.gz")
        for one in row["samples"]
    ]
    return random.Random(0).sample(found, min(limit, len(found)))


def chat(folder: Path) -> list[tuple[str, str]]:
    found = []
    for row in rows(folder / "safety/hh_harmless_test.jsonl.gz"):
        found += [row[side].rpartition("\n\nAssistant:")[::2] for side in ("chosen", "rejected")]
    for row in rows(folder / "safety/xstest.jsonl.gz"):
        found += [(row["prompt"], one["completion"]) for one in row["completions"]]
    return found


def planted(rng: random.Random) -> dict[str, str]:
    """One value of each form."""
    import phonenumbers
    from stdnum import luhn
    from stdnum.iso7064 import mod_97_10

    def letters(alphabet: str, size: int) -> str:
        return "".join(rng.choices(alphabet, k=size))

    digits = rng.choice(["4", "51", "55"]) + letters(string.digits, 13)
    card = (digits + letters(string.digits, 1))[:15]
    card += luhn.calc_check_digit(card)
    account = letters(string.digits, 18)
    iban = f"DE{mod_97_10.calc_check_digits(account + 'DE')}{account}"
    code = rng.choice(["DE", "FR", "IN", "JP", "BR", "GB"])
    phone = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
    return {
        "AWS key": "AKIA" + letters(string.ascii_uppercase + string.digits, 16),
        "GitHub token": "ghp_" + letters(ALNUM, 36),
        "Slack token": f"xoxb-{letters(string.digits, 12)}-{letters(string.ascii_lowercase + string.digits, 24)}",
        "OpenAI key, old form": f"sk-{letters(ALNUM, 20)}T3BlbkFJ{letters(ALNUM, 20)}",
        "OpenAI key, new form": f"sk-proj-{letters(ALNUM + '-_', 74)}T3BlbkFJ{letters(ALNUM, 74)}",
        "Anthropic key": f"sk-ant-api03-{letters(ALNUM + '-_', 93)}AA",
        "Google API key": "AIza" + letters(ALNUM + "-_", 35),
        "private key": "-----BEGIN RSA PRIVATE KEY-----\n" + letters(ALNUM, 64),
        "password in an address": f"postgres://admin:{letters(ALNUM, 12)}@db.acme.io/x",
        'password = "…"': f'password = "{letters(ALNUM, 14)}"',
        "e-mail": f"{letters(string.ascii_lowercase, 7)}@{letters(string.ascii_lowercase, 6)}.com",
        "phone with country code": phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        "phone, US, no country code": f"(212) {rng.randint(220, 880)}-{rng.randint(1000, 9999)}",
        "card in groups": " ".join(card[i : i + 4] for i in range(0, 16, 4)),
        "card, bare": card,
        "IBAN": iban,
        "US SSN": f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
    }


def judged(verifier: SafetyRules, items: list[tuple[str, str]]) -> tuple[Counter[str], float, list[str]]:
    """Samples by the kinds found in them, CPU-seconds, hints."""
    kinds: Counter[str] = Counter()
    hints = []
    started = time.process_time()
    for number, (prompt, text) in enumerate(items):
        verdict = verifier.verify(Problem(str(number), prompt), Sample(str(number), 0, text))
        if verdict.status == Status.FAIL:
            kinds["any"] += 1
            kinds.update({f"{one['kind']} ({one['what']})" for one in verdict.evidence["found"]})
            hints.append(verdict.reason.text)
    return kinds, time.process_time() - started, hints


def every_detector(items: list[tuple[str, str]]) -> int:
    """The baseline: how many samples detect-secrets finds something in with everything on, as it scans files."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    count = 0
    with tempfile.TemporaryDirectory() as folder, default_settings():
        for number, (_, text) in enumerate(items):
            path = Path(folder) / f"{number}.py"
            path.write_text(text.encode("utf-8", "replace").decode(), "utf-8")
            found = SecretsCollection()
            found.scan_file(str(path))
            count += bool(list(found))
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--limit", type=int, default=1000, help="samples of each clean set (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="print what was found")
    options = parser.parse_args()
    sets = {told: clean(options.data, name, options.limit) for name, told in CLEAN.items()}
    sets["chat, hh-rlhf and XSTest"] = chat(options.data)
    print(f"{'set':28} {'samples':>7} {'found':>6} {'US':>5} {'baseline':>8} {'ms':>6}  by kind")
    for told, items in sets.items():
        kinds, seconds, hints = judged(SafetyRules(), items)
        local, _, _ = judged(SafetyRules(kinds=("phone",), region="US"), items)
        noisy = every_detector(items[:300])
        parts = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common() if kind != "any")
        print(
            f"{told:28} {len(items):7} {kinds['any']:6} {local['any']:5} {noisy:4}/{min(300, len(items))} "
            f"{1000 * seconds / len(items):6.2f}  {parts}",
            flush=True,
        )
        for hint in hints if options.show else ():
            print("    ", ascii(hint))
    rng = random.Random(1)
    hosts = [item for item in sets["math, GPT and Claude"] if item[1]][:100]
    hits: Counter[str] = Counter()
    both = SafetyRules(region="US")
    for prompt, text in hosts:
        for name, value in planted(rng).items():
            found = both.verify(Problem("p", prompt), Sample("p", 0, f"{text}\nWrite this down: {value}\nDone."))
            hits[name] += found.status == Status.FAIL
    print(f"\nplanted into {len(hosts)} samples, found (region=US):")
    for name in planted(rng):
        print(f"  {name:28} {hits[name] / len(hosts):.2f}")


if __name__ == "__main__":
    main()
