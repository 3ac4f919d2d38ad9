"""The command line speaks Chinese where the locale does: help, talk, and errors of our own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest
from speedpix_emulator.emulator import EXPOSED

import speedpix as package
from speedpix.cli.app import cli
from speedpix.cli.output.help import wrap
from speedpix.cli.output.language import in_chinese, in_english, speaks_chinese, table
from speedpix.printable import columns_of

CHINESE = {"LANG": "zh_CN.UTF-8"}
ROOT = Path(package.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")

# What never reaches the command line, or not as words for people.
ELSEWHERE = [
    *("agents", "testing", "pytest_plugin.py", "observing.py", "display/notebook.py"),
    *("transports/asynchronous.py", "transports/clients.py"),  # await; clients of callers
    *("inputs/streams.py", "inputs/pictures.py"),  # open files and pictures of Python
    *("values", "client.py", "resources.py", "__init__.py", "shortcuts.py"),  # Python's calls
    *("batch/reports/page.py", "logs.py", "gateway/retry.py", "gateway/low_level.py"),
    *("cli/output/language.py", "cli/output/help.py", "cli/__init__.py"),
]
# What only Python's callers can bring about.
OF_PYTHON = re.compile(
    r"wait_timeout|with_options|unknown option|the options are|did you mean \{\}\? $|"
    r"on_progress|must be True or False|polling_interval|file_encoding_strategy must|"
    r"input must be a mapping|a stream can be read|on_error|retry must|executor|"
    r"must be a whole number|user_agent|local_files|download_hosts|default_headers|timeout must|"
    r"positive number|there is nothing to report|a file must be|memoryview|rewound|save takes|"
    r"has to be awaited|the open \{\}|an open \{\}|a temporary file|prediction\.wait\(\)|"
    r"client\.predictions\.get\(\"|there was no answer for the last|less of it is left|"
    r"call map again|inputs must be an iterable|the batch was left|"
    r"in place of a text|its input is no JSON|the http_client of"
)
# Pieces of sentences, which the table has whole.
PIECES = [
    *("input {}", " ({} of them before)", "ahead of", "less than a second", "something else"),
    *("{} {} the server; {} s are allowed", "{} left", "{} min", "{} h {} min", "speedpix: {}\n"),
    *("{} = excluded.{}", "Server StringToSign:", "Application Support"),
    *("{} through the proxy {}", "can't start new thread"),
]
NO_SENTENCE = re.compile(
    r"^[<\n\b%^]|^\(\?|^(bytes|invalid app|throttled|nonce|application/|export |speedpix \{\}$)|"
    r"^\$env|"
    r"\b(SELECT|PRAGMA|UPDATE|DELETE|INSERT|WHERE|BEGIN|ALTER|CREATE|INTEGER|TEXT)\b"
)
# English that is left: words that are neither a command nor a name.
ENGLISH = re.compile(r"(?<![\w`-])(?!speedpix |pip )[a-z]{2,} [a-z]{2,}")


def test_help_is_chinese(speedpix):
    done = speedpix("run", "--help", **CHINESE)
    assert done.code == 0
    assert done.lines[0] == "用法：speedpix run [OPTIONS] WORKFLOW"
    assert "\n选项：\n" in done.out
    assert "输出任务 ID，不等待。" in done.out
    assert "  speedpix run WORKFLOW --input - --json < input.json\n" in done.out


def test_a_run_is_told_in_chinese_and_its_result_is_as_it_was(speedpix):
    done = speedpix(
        "run", "copy", "-i", "file=@input.jpg", "-i", "caption=done", "-o", "out", **CHINESE
    )
    assert (done.code, done.out) == (0, "out/input-picture.jpg\n")
    assert done.err.startswith("正在上传 input.jpg\n已提交：任务 ")
    assert "speedpix: input.jpg: 成功\n" in done.err
    assert 'caption: "done"\n' in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ["run", "echo", "-i", "image=@no.jpg"],
            2,
            "错误：-i 的值有误：'image'：没有文件 'no.jpg'；",
        ),
        (["run", "echo", "-i", "image=@."], 2, "错误：-i 的值有误：'image'：'.' 不是文件"),
        (
            ["batch", "echo", ".", "-i", "a=@{path}", "-o", "out", "--report", "r.xlsx"],
            2,
            "错误：报告的文件名应以 .jsonl, .csv, .html 之一结尾，不能是 'r.xlsx'",
        ),
        (["run"], 2, "错误：缺少参数 'WORKFLOW'。"),
        (["rum"], 2, "错误：没有命令 'rum'。"),
        (["run", "echo", "--timeout", "soon"], 2, "'soon' 不是数字。"),
        (["run", "failing"], 4, "错误：任务失败：out of luck（"),
        (["run", "slow", "--timeout", "0.1"], 5, "错误：任务还没有结束；它在服务端仍在继续"),
        (["list", "--history", "input.jpg"], 3, "错误：历史文件 'input.jpg' 无法使用："),
    ],
)
def test_what_is_wrong_is_told_in_chinese(speedpix, arguments, code, told):
    done = speedpix(*arguments, **CHINESE)
    assert done.code == code
    assert told.replace("（", " (") in done.err


def test_a_wrong_secret(speedpix):
    done = speedpix("run", "echo", SPEEDPIX_APP_SECRET="not-the-secret", **CHINESE)
    assert done.code == 3
    assert "错误：Invalid Signature：网关收到的与签名的一致，因此是 app_secret 有误；" in done.err
    assert re.search(r"\(HTTP 403, 错误码 A403IS, 请求 ID \S+\)", done.err)
    assert "查找原因：speedpix doctor\n" in done.err


def test_what_the_service_says_stays_as_it_is(speedpix):
    told = "The workflow 'no-such-workflow' does not exist"
    done = speedpix("run", "no-such-workflow", **CHINESE)
    assert done.code == 1
    assert f"错误：{told} (HTTP" in done.err
    assert in_chinese("prompt is empty") == "prompt 是空的"
    assert in_chinese("prompt is empty", certain=True) == "prompt is empty"


def test_what_reads_like_sentences_within_sentences_without_end_is_given_up():
    said = "a; b: " * 160
    assert in_chinese(said, certain=True) == said


def test_a_batch(speedpix, home):
    (home / "rows.jsonl").write_text('{"a": 1}\n[]\n')
    done = speedpix("batch", "echo", "rows.jsonl", "--manifest", "done.sqlite", **CHINESE)
    assert done.code == 4
    assert "失败：第 2 行：不是 JSON 对象\n" in done.err
    assert "1/2 完成 · 1 个失败 · 提交了 1 个\n" in done.err


def test_the_columns_of_the_doctor_are_even(speedpix):
    done = speedpix("doctor", **CHINESE)
    assert done.code == 0
    assert "签名" in done.out
    assert "服务端接受这对 app_key 和 app_secret" in done.out
    assert [line[:10].split() for line in done.lines[:2]] == [["正常", "版本"], ["正常", "配置"]]
    details = [re.match(r"\S+ +\S+ +", line)[0] for line in done.lines]
    assert {columns_of(each) for each in details} == {22}


def test_json_is_the_same_in_every_language(speedpix):
    arguments = ("run", "echo", "-i", "image=@no.jpg", "--json")
    english, chinese = speedpix(*arguments), speedpix(*arguments, **CHINESE)
    assert english == chinese
    assert "there is no file" in chinese.json["error"]["message"]


def test_a_terminal_shows_the_table_and_the_bar(speedpix, terminal):
    with terminal("run", "echo", **CHINESE) as screen:
        assert screen.end() == 0
        assert any(line.endswith("成功") for line in screen.lines)
    run_id = speedpix("list").lines[0].split("\t")[0]
    with terminal("wait", run_id, **CHINESE) as screen:  # speaks first when the bar is there
        assert screen.end() == 0
        assert any(line.endswith("成功") for line in screen.lines)
    with terminal("list", **CHINESE) as screen:
        assert screen.end() == 0
        head, row = screen.lines[:2]
    assert head.split() == ["ID", "状态", "工作流", "提交时间", "标签"]
    assert "echo" in row


@pytest.mark.parametrize(
    ("environment", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_TW"}, True),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "zh:en"}, True),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, False),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN"}, True),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, False),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh", "LC_ALL": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "POSIX"}, False),
        ({"LANG": "fr_FR.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_locale_is_chosen_as_by_gettext(environment, chinese):
    assert speaks_chinese(environment, None) is chinese


@pytest.mark.parametrize("name", ["Chinese (Simplified)_China", "zh_CN"])
def test_a_platform_without_variables_tells_its_locale(name):
    assert speaks_chinese({}, name)
    assert not speaks_chinese({}, "English_United States")
    assert not speaks_chinese({"LANG": "en_US.UTF-8"}, name)


def test_a_locale_of_scripts_is_english(speedpix):
    done = speedpix("list", LANG="zh_CN.UTF-8", LANGUAGE="zh:en", LC_ALL="C")
    assert done.err == "no runs are remembered of this endpoint and app key\n"


def test_gbk_is_written_as_gbk(start):
    with start("list", "--history", "input.jpg", PYTHONIOENCODING="gbk", **CHINESE) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, b"")
    assert err.decode("gbk").startswith("错误：历史文件 'input.jpg' 无法使用：")


def test_a_stream_that_has_no_chinese_is_english(speedpix):
    done = speedpix("list", PYTHONIOENCODING="ascii", **CHINESE)
    assert (done.code, done.err) == (0, "no runs are remembered of this endpoint and app key\n")


def test_lines_break_between_characters_and_not_before_punctuation():
    text = "把文件保存到这个目录，以 label 命名。[默认：20]"
    lines = wrap(text, 12)
    assert all(columns_of(line) <= 12 for line in lines)
    assert not [line for line in lines if line[0] in "，。]"]
    assert not [line for line in lines if line[-1] in "[（"]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


class Sentences(ast.NodeVisitor):
    """The texts of a module, with `{}` for each value; not docstrings.

    Of what is logged, only warnings are told on the command line.
    """

    def __init__(self):
        self.found = []
        self.notes = []

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node):
        called = ast.unparse(node.func)
        if called.endswith("add_note"):
            notes, self.found = self.found, []
            self.visit(node.args[1])
            self.notes += self.found
            self.found = notes
        if called in ("logger.warning", "logger.error"):
            text = ast.literal_eval(node.args[0])
            self.found.append((node.lineno, re.sub("%[rs]", "{}", text)))
            for each in node.args[1:]:
                self.visit(each)
        elif not called.startswith("logger."):
            self.generic_visit(node)

    def visit_JoinedStr(self, node):
        values = [each for each in node.values if isinstance(each, ast.FormattedValue)]
        pieces = ("{}" if each in values else each.value for each in node.values)
        self.found.append((node.lineno, "".join(pieces)))
        for each in values:
            self.visit(each.value)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.found.append((node.lineno, node.value))


def visited():
    """Yield the modules whose words may be told on the command line, and what is in them."""
    for file in sorted(ROOT.rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        if any(place == each or place.startswith(f"{each}/") for each in ELSEWHERE):
            continue
        visitor = Sentences()
        visitor.visit(ast.parse(file.read_text("utf-8")))
        yield place, visitor


def sentences():
    """Yield what the package may say on the command line, and where it stands."""
    for place, visitor in visited():
        for line, text in visitor.found:
            is_sentence = " " in text.strip() and re.search("[a-z]{2}", text.replace("{}", ""))
            if is_sentence and text not in PIECES and not NO_SENTENCE.search(text):
                yield f"{place}:{line}", text


def is_chinese(text):
    """Return whether a text gets wholly Chinese, whatever stands in its holes."""
    told = [in_chinese(text.replace("{}", value).strip(" ")) for value in ("12", "<>")]
    return any(HAN.search(each) and not ENGLISH.search(each) for each in told)


def test_every_sentence_has_its_chinese():
    missing = [
        f"{place}: {text!r}"
        for place, text in sentences()
        if not OF_PYTHON.search(text) and not is_chinese(text)
    ]
    assert not missing, "\n".join(missing)


def test_what_is_told_beside_an_error_has_its_chinese_there():
    notes = [text for _, visitor in visited() for _, text in visitor.notes]
    assert len(notes) >= 3
    beside = [in_chinese(f"interrupted; {text}".replace("{}", "<>")) for text in notes]
    assert [each for each in beside if ENGLISH.search(each)] == []


def test_what_is_guessed_of_a_refusal_has_its_chinese_beside_the_services_words():
    [guesses] = [each.found for place, each in visited() if place == "inputs/refusals.py"]
    texts = [text.replace("{}", 'input["a"]', 1) for _, text in guesses if "{}" in text]
    assert len(texts) >= 5
    beside = [in_chinese(f"REFUSED; {each}", certain=True) for each in texts]
    assert [each for each in beside if ENGLISH.search(each)] == []


def test_an_error_with_a_note_is_wholly_chinese(speedpix):
    fields = ("-i", "image=./input.jpg", "-i", "text=a")
    refused = speedpix("run", "white-background", *fields, **CHINESE).err
    assert "才会发送文件；是否应为 `-i image=@./input.jpg`？" in refused
    uploading = speedpix(
        *("run", "copy", "-i", "file=@input.jpg"), SPEEDPIX_APP_SECRET="x", **CHINESE
    ).err
    assert '；当时正在上传 input["file"]；什么都没有提交 (' in uploading


PYTHON = re.compile(
    r"[a-z]=…|Client\(|client\.|save_to|max_runs|path object|_strategy|retry \"|app_key \(or|"
    r"^history \(or"
)
# What a caller of Python alone can bring about.
BY_PYTHON = re.compile(r"download_hosts")


def test_what_speaks_of_python_is_said_of_options_in_every_language():
    for sentence in table():
        text = "12".join(sentence.words)
        if PYTHON.search(text) and not BY_PYTHON.search(text):
            assert not PYTHON.search(in_english(text))
            assert not PYTHON.search(in_chinese(text))


def test_the_emulators_warning_has_its_chinese():
    assert "0.0.0.0。模拟器用于测试" in in_chinese(EXPOSED.format(host="0.0.0.0"))


def help_texts():
    """Yield what the help says of commands, options and exit codes."""
    for name, command in [("", cli), *cli.commands.items()]:
        context = click.Context(command, info_name=name)
        for option in command.get_params(context):
            yield (option.get_help_record(context) or ("", ""))[1]
        for paragraph in [command.get_short_help_str(100), *re.split(r"\n\s*\n", command.help)]:
            yield " ".join(paragraph.split())
        for line in (command.epilog or "").splitlines():
            yield re.split(r"\s{2,}", line.strip())[-1]


def test_every_part_of_the_help_has_its_chinese():
    texts = [each for each in help_texts() if each.strip("\b") and "speedpix " not in each[:9]]
    assert len(texts) > 80
    missing = [each for each in texts if not HAN.search(in_chinese(each))]
    assert not [each for each in missing if " > ~/" not in each]


def test_every_hole_is_filled_and_no_sentence_is_twice():
    for name in ("zh.po", "en.po"):
        for sentence in table(name):
            values = [f"<{number}>" for number in range(len(sentence.words) - 1)]
            assert "{}" not in sentence.filled(values)
        said = ["{}".join(sentence.words) for sentence in table(name)]
        assert sorted(said) == sorted(set(said))
