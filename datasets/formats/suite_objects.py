"""The rules for one test, and one check, of a suite JSON."""

from __future__ import annotations

from typing import Any

from datasets.formats.fields import Fields, Findings
from datasets.formats.items import CheckRecord, Example, ItemRecord
from datasets.formats.suite_checks import RawCheck, read_check, read_example
from datasets.formats.suite_parts import FindFile, read_id
from datasets.formats.values import kind

_TEST_KEYS = frozenset(
    {"id", "input_under_test", "right_answer", "golden_output", "tags", "context"}
    | {"files_under_test", "checks"}
)
_CHECK_KEYS = frozenset({"operator", "criteria", "modifiers"})
_MODIFIER_KEYS = frozenset({"severity", "category", "extractor", "conditional", "examples"})
_SAID = {
    "right_answer": "expected_output",
    "golden_output": "expected_output",
    "tags": "tags",
    "context": "context",
    "checks": "checks",
}


class ObjectFields(Fields):
    """The fields of one object of a suite."""

    def list_of(self, key: str, what: str) -> list[Any]:
        """A list; missing and null are empty."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(
                key, f"This must be a list of {what}, not {kind(value)}. Write it as [...].", value
            )
            return []
        return value

    def object_of(self, key: str) -> dict[str, Any]:
        """An object; missing and null are empty."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            message = f"This must be an object, not {kind(value)}. Write it as {{...}}."
            self.wrong(key, message, value)
            return {}
        return value


def read_test(found: Findings, value: Any, find_file: FindFile | None) -> ItemRecord:
    """One test; what is wrong with it is in `found`."""
    if not isinstance(value, dict):
        message = f"A test must be an object, not {kind(value)}. "
        found.error("", f'{message}Write {{"input_under_test": "..."}}.', value)
        return ItemRecord()
    fields = ObjectFields(found, value)
    fields.warn_unknown(_TEST_KEYS)
    said = {_SAID[key] for key in value.keys() & _SAID.keys()} | {"input"}
    if find_file and "files_under_test" in value:
        said.add("files")
    return ItemRecord(
        public_id=read_id(found, "id", fields.text("id")),
        input=_input(fields),
        expected_output=_right_answer(fields),
        context=fields.data("context"),
        tags=fields.tags("tags"),
        checks=_checks(fields),
        files=_files(fields, find_file),
        said=frozenset(said),
    )


def _input(fields: ObjectFields) -> str:
    n_errors = len(fields.found.errors)
    text = fields.text("input_under_test")
    if not text.strip() and len(fields.found.errors) == n_errors:
        fields.wrong("input_under_test", "The input is missing. Write what is to be answered.")
    return text


def _right_answer(fields: ObjectFields) -> str:
    """Under either of its two names; under both only when they are the same."""
    answer, older = fields.text("right_answer"), fields.text("golden_output")
    if answer and older and answer != older:
        message = "This differs from right_answer. Keep one of the two."
        fields.wrong("golden_output", message, older)
    return answer or older


def _checks(fields: ObjectFields) -> tuple[CheckRecord, ...]:
    entries = fields.list_of("checks", "checks")
    checks = [read_json_check(fields.found, f"checks[{n}]", each) for n, each in enumerate(entries)]
    return tuple(check for check in checks if check)


def read_json_check(found: Findings, at: str, value: Any) -> CheckRecord | None:
    """One check, or None and its errors."""
    if not isinstance(value, dict):
        message = f"A check must be an object, not {kind(value)}. "
        found.error(at, f'{message}Write {{"operator": "...", "criteria": "..."}}.', value)
        return None
    n_errors = len(found.errors)
    fields = ObjectFields(found, value, f"{at}.")
    fields.warn_unknown(_CHECK_KEYS)
    inside = fields.object_of("modifiers")
    modifiers = ObjectFields(found, inside, f"{at}.modifiers.")
    modifiers.warn_unknown(_MODIFIER_KEYS)
    place = f"{at}.modifiers.conditional."
    conditional = ObjectFields(found, modifiers.object_of("conditional"), place)
    conditional.warn_unknown(_CHECK_KEYS - {"modifiers"})
    raw = RawCheck(
        operator=fields.text("operator"),
        criteria=fields.text("criteria"),
        weight=_severity(modifiers),
        category=modifiers.text("category"),
        extractor=modifiers.text("extractor"),
        conditional_operator=conditional.text("operator"),
        conditional_criteria=conditional.text("criteria"),
    )
    examples = _examples(modifiers)
    if len(found.errors) > n_errors:
        return None  # further rules would only repeat that
    check = read_check(found, raw, _names(at))
    return check and check._replace(examples=examples)


def _names(at: str) -> dict[str, str]:
    """Where the parts of a check stand."""
    return {
        "operator": f"{at}.operator",
        "criteria": f"{at}.criteria",
        "weight": f"{at}.modifiers.severity",
        "conditional_operator": f"{at}.modifiers.conditional.operator",
        "conditional_criteria": f"{at}.modifiers.conditional.criteria",
    }


def _severity(fields: ObjectFields) -> Any:
    value = fields.values.get("severity")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        fields.wrong("severity", f"This must be a number, not {kind(value)}. Write it as 1.", value)
        return None
    return value


def _examples(fields: ObjectFields) -> tuple[Example, ...]:
    examples = []
    for n, entry in enumerate(fields.list_of("examples", "examples")):
        at = f"{fields.path('examples')}[{n}]"
        if not isinstance(entry, dict):
            message = f"An example must be an object, not {kind(entry)}. "
            fields.found.error(at, f'{message}Write {{"type": "positive", "text": "..."}}.', entry)
            continue
        inner = ObjectFields(fields.found, entry, f"{at}.")
        inner.warn_unknown(frozenset({"type", "text"}))
        n_errors = len(fields.found.errors)
        type_, text = inner.text("type"), inner.text("text")
        if len(fields.found.errors) == n_errors:
            places = (f"{at}.type", f"{at}.text")
            examples.append(read_example(fields.found, type_, text, places))
    return tuple(example for example in examples if example)


def _files(fields: ObjectFields, find_file: FindFile | None) -> tuple[str, ...]:
    """Names, or objects with a path or a file_name; outside of a ZIP they are passed over."""
    paths: dict[str, None] = {}
    for n, entry in enumerate(fields.list_of("files_under_test", "names of files")):
        at = f"files_under_test[{n}]"
        name = _file_name(fields, at, entry)
        if not name or find_file is None:
            continue
        path, fault = find_file(name)
        if fault:
            fields.found.error(at, fault, name)
        elif path in paths:
            message = f'"{path[:200]}" is named twice on this test, it is kept once.'
            fields.found.warn(at, message)
        else:
            paths[path] = None
    return tuple(paths)


def _file_name(fields: ObjectFields, at: str, entry: Any) -> str:
    if isinstance(entry, str):
        name = entry
    elif isinstance(entry, dict):
        inner = ObjectFields(fields.found, entry, f"{at}.")
        inner.warn_unknown(frozenset({"file_name", "path"}))
        n_errors = len(fields.found.errors)
        name = inner.text("path") or inner.text("file_name")
        if len(fields.found.errors) > n_errors:
            return ""
    else:
        message = f"A file must be its name, not {kind(entry)}. "
        fields.found.error(at, f'{message}Write "documents/map.pdf".', entry)
        return ""
    if not name.strip():
        fields.found.error(at, 'This name is empty. Write "documents/map.pdf".', name)
    return name.strip()
