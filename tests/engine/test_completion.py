"""Tab completion, asked for in a real bash the way a user does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
# what is typed -> what bash offers
OFFERS = {
    "proofstill ": {"run", "verify", "alphacode", "locate", "export", "report", "doctor", "new", "--help", "--version"},
    "proofstill r": {"run", "report"},
    "proofstill run samp": {"sampler.", "sampler="},
    "proofstill run sampler=t": {"sampler=teachers", "sampler=tiny", "sampler=transformers"},
    "proofstill run budget.n_s": {"budget.n_samples="},
    "proofstill run budget=until budget.": {"budget._target_=", "budget.k=", "budget.n_samples=", "budget.wave="},
    "proofstill run run.name=a -m budget.n": {"budget.n_samples="},
    "proofstill run verifier=[math,m": {
        "verifier=[math,math",
        "verifier=[math,math_lenient",
        "verifier=[math,math_strict",
        "verifier=[math,mine",
    },
    "proofstill verify ": {
        "hydra",
        "hydra.",
        "out=",
        "pool.",
        "samples=",
        "sandbox.",
        "sandbox=",
        "verifier.",
        "verifier=",
    },
    "proofstill export sel": {"select.", "select="},
    "proofstill new ": {"verifier"},
    "proofstill run 'unbalanced": set(),
    "proofstill run --cfg": set(),
}
ASK = """
eval "$(proofstill -sc install=bash)"
while IFS= read -r line; do
    COMP_LINE="$line"; COMP_POINT=${#line}; COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    [[ "$line" == *" " ]] && COMP_CWORD=$((COMP_CWORD + 1))
    COMPREPLY=()
    function=$(complete -p proofstill | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    $function
    echo "${COMPREPLY[*]}"
done
eval "$(proofstill -sc uninstall=bash)"
complete -p proofstill 2> /dev/null && echo "still installed"
exit 0
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_offers_commands_options_and_keys(tmp_path):
    (tmp_path / "conf" / "verifier").mkdir(parents=True)
    (tmp_path / "conf" / "verifier" / "mine.yaml").write_text("mine: {_target_: my_verifier.Mine}\n")
    done = subprocess.run(
        ["bash", "-c", ASK],
        input="".join(f"{line}\n" for line in OFFERS),
        env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert {line: set(words.split()) for line, words in zip(OFFERS, done.stdout.splitlines(), strict=True)} == OFFERS


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_hydras_script(tmp_path, shell):
    done = subprocess.run(
        [BIN / "proofstill", "-sc", f"install={shell}"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {"zsh": "hydra_bash_completion proofstill", "fish": "complete -c proofstill "}[shell] in done.stdout
