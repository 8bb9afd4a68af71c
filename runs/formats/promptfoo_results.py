"""Reads outputs from promptfoo's results.json (interop.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from runs.formats.json_documents import as_text, count, document, inner, seconds
from runs.formats.outputs import ModelNamed, OutputReading, OutputRecord

QUESTIONS = ("input", "question", "prompt", "query")  # names of the variable that is the question
NO_RESULTS = (
    "There is no list under results.results. Choose the JSON file that promptfoo wrote with -o."
)


def read(stream: BinaryIO, *, model: str = "") -> OutputReading:
    """An output per result; of several providers or prompts those that `model` names."""
    found, errors = document(stream)
    results = inner(found, "results", "results") if not errors else []
    if not isinstance(results, list):
        errors, results = [row_error(None, "results.results", NO_RESULTS)], []
    yield from errors
    chosen = _chosen(results, model)
    yield from chosen
    if any(isinstance(each, RowError) for each in chosen):
        return
    wanted = next((each.name for each in chosen if isinstance(each, ModelNamed)), "")
    for row, each in enumerate(results, 1):
        if not isinstance(each, dict):
            yield row_error(row, "", "This must be an object, a result of promptfoo.")
        elif not wanted or _column(each) == wanted:
            yield from _output(row, each)


def _chosen(results: Iterable[Any], model: str) -> list[ModelNamed | RowError]:
    """The one provider and prompt whose outputs are meant, or that a choice is needed."""
    columns = {_column(each): _provider(each) for each in results if isinstance(each, dict)}
    fitting = [
        column for column, provider in columns.items() if not model or model in (column, provider)
    ]
    if not columns:
        return []
    if len(fitting) == 1:
        return [ModelNamed(fitting[0])]
    if not fitting:  # a name of one's own for the only one there is
        if len(columns) == 1:
            return [ModelNamed(next(iter(columns)))]
        fitting = list(columns)
    names = ", ".join(f"“{each}”" for each in fitting[:10])
    message = f"The file holds outputs of {len(fitting)} models: {names}. Name one as the model."
    return [row_error(None, "provider", message)]


def _provider(each: dict[str, Any]) -> str:
    provider = each.get("provider")
    named = inner(provider, "label") or inner(provider, "id")
    return provider if isinstance(provider, str) else as_text(named)


def _column(each: dict[str, Any]) -> str:
    """The provider, with the number of the prompt when it is not the first."""
    number = each.get("promptIdx")
    if not isinstance(number, int) or number == 0:
        return _provider(each)
    return f"{_provider(each)} · prompt {number + 1}"


def _output(row: int, each: dict[str, Any]) -> Iterator[OutputRecord | RowError | RowWarning]:
    response = as_text(inner(each, "response", "output"))
    variables = each.get("vars") if isinstance(each.get("vars"), dict) else {}
    name, question = _question(each, variables)
    identifier = as_text(inner(each, "testCase", "metadata", "case_id"))
    if not response:
        why = as_text(each.get("error") or inner(each, "response", "error")) or "no output"
        yield row_warning(row, "response.output", f"Left out, it has no answer: {why[:200]}")
        return
    if not question and not identifier:
        names = ", ".join(QUESTIONS)
        message = f"No variable says what was asked. Call it one of {names}."
        yield row_error(row, "vars", message)
        return
    usage = inner(each, "response", "tokenUsage") or each.get("tokenUsage")
    yield OutputRecord(
        row=row,
        column=name,
        question=question,
        identifier=identifier,
        response=response,
        title=as_text(inner(each, "testCase", "description")),
        in_tokens=count(inner(usage, "prompt")),
        out_tokens=count(inner(usage, "completion")),
        duration=seconds(each.get("latencyMs"), per=1000),
    )


def _question(each: dict[str, Any], variables: Any) -> tuple[str, str]:
    """Where the question stands and what it is: a variable, the only one, or the prompt."""
    for name in QUESTIONS:
        if isinstance(variables.get(name), str) and variables[name]:
            return f"vars.{name}", variables[name]
    if len(variables) == 1:
        ((name, value),) = variables.items()
        return f"vars.{name}", as_text(value)
    return "prompt.raw", as_text(inner(each, "prompt", "raw"))
