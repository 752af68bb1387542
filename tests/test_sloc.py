"""The four calls are small, and tools/sloc.py counts what it says it counts."""

import importlib.util
import subprocess

import pytest

from magpie import TOP

SPEC = importlib.util.spec_from_file_location("sloc", TOP / "tools/sloc.py")
sloc = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(sloc)


def test_p21_a_few_hundred_lines():
    done = subprocess.run([TOP / "tools/sloc.py"], cwd=TOP, capture_output=True, text=True,
                          check=False)
    print(done.stdout, done.stderr)
    sentence = done.stdout.splitlines()[-1]
    assert sentence.startswith("the four calls: ")
    print("MEASURE p21", sentence.removeprefix("the four calls: "))
    assert done.returncode == 0


def test_the_limit_is_one():
    done = subprocess.run([TOP / "tools/sloc.py", "--quiet", "--limit", "50"], cwd=TOP,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("text, lines", [
    ("int f(int a,\n      int b)\n{\n\treturn a + b;\n}\n", 2),
    ("/* one\n * two */\nint x;     /* three */\n\n// four\n", 1),
    ("void f(void)\n{\n\tif (a) {\n\t\tb();\n\t} else {\n\t\tc(\"{;}\",\n\t\t  d);\n\t}\n}\n", 4),
    ("\tfor (int i = 0; i < 3; i++) {\n\t\tg();\n\t}\n", 2),
    ("static const struct s t = {\n\t.a = 1,\n\t.b = 2,\n};\n", 1),
    ("\t*p = (struct s){ .a = 1 };\n", 1),
    ("enum e {\n\tA,\n\tB,\n};\n", 1),
    ("#include \"x.h\"\n#define Y 3\nstruct s {\n\tint a;\n\tint b;\n};\n", 4),
])
def test_sloc_counts(text, lines):
    assert sloc.logical(sloc.physical(text)) == lines


def test_sloc_finds_a_function_and_says_when_there_is_none():
    lines = sloc.physical("int f(void);\n\nint f(void)\n{\n\treturn 1;\n}\n\nint g(void)\n{\n}\n")
    assert sloc.logical(sloc.definition(lines, "f")) == 2
    assert sloc.definition(lines, "h") == []
