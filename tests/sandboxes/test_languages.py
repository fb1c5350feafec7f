"""Languages beside Python: compiled and run in the sandbox, and any other by configuration alone."""

import shutil

import pytest

from engine.errors import ConfigError
from engine.records import ExecStatus, Limits, Program
from sandboxes.languages import LANGUAGES, Language
from sandboxes.local import LocalSandbox

LIMITS = Limits(cpu_s=5, wall_s=10, memory_mb=256, output_mb=1)
MORE = {
    "c": Language("main.c", run=("{work}/main",), compile=("gcc", "-O1", "-o", "main", "main.c")),
    "perl": Language("main.pl", run=("perl", "{work}/main.pl")),
    "bash": Language("main.sh", run=("bash", "{work}/main.sh")),
    "absent": Language("main.x", run=("no-such-interpreter", "{work}/main.x")),
}
TOOLS = {"cpp": "g++", "javascript": "node", "c": "gcc", "perl": "perl", "bash": "bash"}
SUMS = {
    "cpp": "#include <iostream>\nint main(){long a,s=0;while(std::cin>>a)s+=a;std::cout<<s<<std::endl;}",
    "javascript": "const s=require('fs').readFileSync(0,'utf8');"
    "console.log(s.split(/\\s+/).filter(Boolean).map(Number).reduce((a,b)=>a+b,0));",
    "c": '#include <stdio.h>\nint main(){long a,s=0;while(scanf("%ld",&a)==1)s+=a;printf("%ld\\n",s);}',
    "perl": 'my $s=0; while(<>){$s+=$_ for split;} print "$s\\n";',
    "bash": "s=0; while read -ra xs; do for x in ${xs[@]}; do s=$((s+x)); done; done; echo $s",
}


@pytest.fixture(scope="module")
def sandbox():
    made = LocalSandbox(languages={**LANGUAGES, **MORE})
    yield made
    made.close()


def need(language):
    tool = TOOLS[language]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def runs(sandbox, source, language, inputs=("",), limits=LIMITS, **program):
    return list(sandbox.run(Program(source, language, **program), list(inputs), limits))


@pytest.mark.parametrize("language", SUMS)
def test_sums(sandbox, language):
    need(language)
    results = runs(sandbox, SUMS[language], language, ["1 2\n3\n", "", "-5 9\n"])
    assert [(r.status, r.stdout) for r in results] == [(ExecStatus.OK, text) for text in ("6\n", "0\n", "4\n")], results
    assert not any(r.shared for r in results)


CPP = [
    ("int main(){return 7;}", ExecStatus.NONZERO, "exit code 7"),
    ("int main(){volatile int*p=0;*p=1;}", ExecStatus.SIGNAL, "SIGSEGV"),
    # the first process of a process-id namespace cannot signal itself, so that abort goes on to a fault
    ("#include <cstdlib>\nint main(){abort();}", ExecStatus.SIGNAL, "SIG"),
    ("int main(){for(volatile int i=0;;i=i+1);}", ExecStatus.TIMEOUT, "cpu"),
    ("#include <unistd.h>\nint main(){sleep(60);}", ExecStatus.TIMEOUT, "wall"),
    ('#include <cstdio>\nint main(){for(;;)puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");}', ExecStatus.OUTPUT, "streams"),
    ("int main({", ExecStatus.COMPILE, ""),
    ('#include "/etc/shadow"\nint main(){}', ExecStatus.COMPILE, ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "status", "detail"), CPP, ids=[row[0][:40] for row in CPP])
def test_ends_of_cpp(sandbox, source, status, detail):
    need("cpp")
    (result,) = runs(
        sandbox, source, "cpp", limits=Limits(cpu_s=1, wall_s=2 if detail == "wall" else 20, memory_mb=256, output_mb=1)
    )
    assert result.status == status, result
    assert detail in result.detail
    assert "root:" not in result.detail + result.stderr


def test_memory_of_cpp(sandbox):
    """An allocation that is refused, or, where a control group counts pages, a process that is killed."""
    need("cpp")
    source = (
        "#include <cstdlib>\n#include <cstring>\nint main(){for(;;){char*p=(char*)malloc(1<<20);memset(p,1,1<<20);}}"
    )
    (result,) = runs(sandbox, source, "cpp")
    assert result.status in (ExecStatus.MEMORY, ExecStatus.SIGNAL), result


def test_ends_of_javascript(sandbox):
    need("javascript")
    limits = Limits(cpu_s=1, wall_s=20, memory_mb=256, output_mb=1)
    found = [
        runs(sandbox, source, "javascript", limits=limits)[0].status
        for source in ("process.exit(3)", "throw new Error('x')", "(", "for(;;);", "console.log('é→')")
    ]
    assert found == [ExecStatus.NONZERO, ExecStatus.NONZERO, ExecStatus.NONZERO, ExecStatus.TIMEOUT, ExecStatus.OK]


def test_nothing_is_reached_from_a_shell(sandbox):
    """A shell may start programs, and finds neither a network, nor our processes, nor our files."""
    need("bash")
    source = """
    for path in /etc/passwd /var /home /proc/1/environ /sys/kernel; do
      if cat "$path" >/dev/null 2>&1 || ls "$path" >/dev/null 2>&1; then echo "read $path"; fi
    done
    if (exec 3<>/dev/tcp/127.0.0.1/80) 2>&1 | grep -qi refused; then echo network; fi
    if kill -0 $PPID 2>/dev/null && [ "$PPID" != 0 ]; then echo "signal $PPID"; fi
    touch /usr/mark "$HOME/../mark" /mark 2>/dev/null && echo wrote
    printf '#!/bin/sh\\necho ran\\n' > x; chmod +x x; ./x
    echo done
    """
    (result,) = runs(sandbox, source, "bash")
    assert result.stdout == "done\n", result


def test_compiled_files_cannot_be_changed_by_the_program(sandbox):
    need("cpp")
    source = '#include <cstdio>\n#include <unistd.h>\nint main(int n,char**v){printf("%d",!!fopen(v[0],"w")||!unlink(v[0]));}'
    results = runs(sandbox, source, "cpp", ["", ""])
    assert [(r.status, r.stdout) for r in results] == [(ExecStatus.OK, "0")] * 2


def test_one_compilation_per_program_and_a_failed_one_is_told_each_time(sandbox):
    need("cpp")
    first, second = runs(sandbox, SUMS["cpp"], "cpp", ["1", "2"])
    again = runs(sandbox, SUMS["cpp"], "cpp", ["3"])
    assert [r.stdout for r in (first, second, *again)] == ["1\n", "2\n", "3\n"]
    for _ in range(2):
        (bad,) = runs(sandbox, "int main({", "cpp", ["1", "2"])
        assert bad.status == ExecStatus.COMPILE
        assert "error" in bad.stderr
    assert runs(sandbox, SUMS["cpp"], "cpp", ["4"])[0].stdout == "4\n"


def test_python_between_two_inputs_of_another_language(sandbox):
    need("perl")
    both = sandbox.run(Program(SUMS["perl"], "perl"), ["1", "2"], LIMITS)
    assert next(both).stdout == "1\n"
    assert runs(sandbox, "print(input())", "python", ["x"])[0].stdout == "x\n"
    assert next(both).stdout == "2\n"


def test_arguments_and_files(sandbox):
    need("perl")
    source = "open(F,'data.txt'); print @ARGV, <F>; open(G,'>data.txt') or print '!'"
    (result,) = runs(sandbox, source, "perl", args=("a", "b c"), files={"data.txt": "é\n"})
    assert result.stdout.startswith("ab cé\n"), result


def test_what_cannot_run_is_refused(sandbox):
    for language, program, word in (
        ("cobol", {}, "it has python, cpp, javascript"),
        ("absent", {}, "needs 'no-such-interpreter', which is not installed here"),
        ("perl", {"entry_point": "f"}, "not by calls"),
    ):
        (result,) = runs(sandbox, "x", language, **program)
        assert (result.status, word in result.detail) == (ExecStatus.REFUSED, True), result
    (result,) = sandbox.check(Program("x", "cpp"), ["assert 1"], LIMITS)
    assert result.status == ExecStatus.REFUSED


@pytest.mark.parametrize("bad", [{"file": "a/b", "run": ("x",)}, {"file": "", "run": ("x",)}, {"file": "a", "run": ()}])
def test_a_language_is_checked(bad):
    with pytest.raises(ConfigError, match="languages"):
        Language(**bad)


def test_languages_of_the_configuration_are_those_of_the_class():
    from pathlib import Path

    import yaml

    from engine.codec import decode

    path = Path(__file__).resolve().parents[2] / "conf" / "sandbox" / "local.yaml"
    listed = yaml.safe_load(path.read_text("utf-8"))["languages"]
    assert {name: decode(Language, row, name) for name, row in listed.items()} == dict(LANGUAGES)
