"""The options of an export and what they do to a text (formats 1.7)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats.options import ExportOptions, InvalidOptionsError, TurnMode
from exports.formats.texts import anonymise_paths, code_blocks, json_text
from tests.exports.conversations import TEXTS

OPTIONS = st.builds(
    ExportOptions,
    turn_mode=st.sampled_from(TurnMode),
    **dict.fromkeys(
        (
            "include_system",
            "context_from_turns",
            "anonymise_paths",
            "code_blocks_only",
            "include_metadata",
        ),
        st.booleans(),
    ),
)


def test_the_dialog_proposes_no_system_prompts_and_anonymised_paths() -> None:
    assert ExportOptions.dialog_defaults().canonical() == {
        "anonymise_paths": True,
        "code_blocks_only": False,
        "context_from_turns": True,
        "include_metadata": False,
        "include_system": False,
        "turn_mode": "per_turn",
    }


def test_canonical_options_are_sorted() -> None:
    names = list(ExportOptions().canonical())
    assert names == sorted(names)


@given(OPTIONS)
def test_canonical_options_are_read_back_from_json(options: ExportOptions) -> None:
    assert ExportOptions.parse(json.loads(json.dumps(options.canonical()))) == options


def test_what_is_not_named_stays_as_the_base_has_it() -> None:
    options = ExportOptions.parse({"turn_mode": "full"}, base=ExportOptions.dialog_defaults())
    assert options == ExportOptions(
        turn_mode=TurnMode.FULL, include_system=False, anonymise_paths=True
    )


def test_switches_are_read_from_the_text_of_an_address() -> None:
    options = ExportOptions.parse({"include_metadata": "true", "include_system": "False"})
    assert options == ExportOptions(include_metadata=True, include_system=False)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("turn_mode", "last", "turn_mode is one of per_turn, full, final_only, not 'last'."),
        ("turn_mode", ["full"], "turn_mode is one of per_turn, full, final_only, not ['full']."),
        ("include_system", "yes", "include_system is true or false, not 'yes'."),
        ("include_system", 1, "include_system is true or false, not 1."),
        ("anonymize", True, "There is no option 'anonymize'; there are turn_mode, include_system, "
         "context_from_turns, anonymise_paths, code_blocks_only, include_metadata."),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused_with_what_does(
    name: str, value: object, message: str
) -> None:
    with pytest.raises(InvalidOptionsError) as refused:
        ExportOptions.parse({name: value})
    assert refused.value.errors == {name: message}


def test_every_wrong_option_is_reported_at_once() -> None:
    with pytest.raises(InvalidOptionsError) as refused:
        ExportOptions.parse({"turn_mode": 1, "include_metadata": None, "include_system": True})
    assert sorted(refused.value.errors) == ["include_metadata", "turn_mode"]


@given(TEXTS)
def test_a_text_is_encoded_as_the_standard_library_does(text: str) -> None:
    assert json_text(text) == json.dumps(text, ensure_ascii=False)


def test_every_character_is_encoded_as_the_standard_library_does() -> None:
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert json_text(text) == json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /home/ann", "cd /home/user"),
        ("see /Users/ann.lee/x, then /home/b-c_2.", "see /Users/user/x, then /home/user."),
        (r"C:\Users\Ann\x", r"C:\Users\user\x"),
        ("C:/Users/Ann/x", "C:/Users/user/x"),
        (r"c:\users\ann", r"c:\users\user"),
        (r'{"cwd": "C:\\Users\\ann\\x"}', r'{"cwd": "C:\\Users\\user\\x"}'),
        (r"C:\Users\Ann van Lee\x", r"C:\Users\user\x"),
        (r"C:\Users\ann and D:\x", r"C:\Users\user and D:\x"),
        ("/Users/zoë/x and `/home/李`", "/Users/user/x and `/home/user`"),
        ("file:///home/ann and /mnt/c/Users/ann", "file:///home/user and /mnt/c/Users/user"),
        ('"/home/ann\\nnext line\\n"', '"/home/user\\nnext line\\n"'),
        ("/home/ and /homes/ann and /api/users/42", "/home/ and /homes/ann and /api/users/42"),
        ("/home/user/x", "/home/user/x"),
    ],
)
def test_the_user_name_in_a_path_becomes_user(text: str, expected: str) -> None:
    assert anonymise_paths(text) == expected


@given(TEXTS)
def test_anonymising_again_changes_nothing(name: str) -> None:
    once = anonymise_paths(f"/home/{name}/x C:\\Users\\{name}\\x")
    assert anonymise_paths(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No code, only `a word`.", ""),
        ("Here:\n```py\nx = 1\n```\nDone.", "```py\nx = 1\n```"),
        ("```\na\n```\nand\n~~~\nb\n~~~", "```\na\n```\n\n~~~\nb\n~~~"),
        ("````\n```\ninner\n```\n````", "````\n```\ninner\n```\n````"),
        ("1. Do:\n    ```sh\n    ls\n    ```\n2. Go.", "    ```sh\n    ls\n    ```"),
        ("```\n~~~\n```py\n```  \nend", "```\n~~~\n```py\n```  "),
        ("Cut off:\n```py\nx = 1", "```py\nx = 1"),
        ("```not a fence``` but words", ""),
        ("```\r\na\r\n```\r\nend", "```\r\na\r\n```\r"),
    ],
)
def test_only_fenced_code_blocks_are_kept(text: str, expected: str) -> None:
    assert code_blocks(text) == expected
