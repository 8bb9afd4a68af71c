"""The OpenAI Evals library reads our samples and runs Match and Includes over them."""

from pathlib import Path

import pytest

from exports.formats.chat import asked, is_blank
from exports.formats.openai_samples import write
from exports.formats.records import ItemTally
from tests.exports.items import BARE, RIVER, SNAPSHOT, hostile_items
from tests.interop.programs import answered

pytestmark = pytest.mark.slow

# The real reader and the real Match and Includes; the model is a function of the sample, which says
# the ideal and more, or something else.
_RUN = """
from pathlib import Path
import evals
from evals.base import RunSpec
from evals.elsuite.basic.includes import Includes
from evals.elsuite.basic.match import Match
from evals.record import LocalRecorder

SPEC = RunSpec(completion_fns=["f"], eval_name="e.s.v", base_eval="e", split="s", run_config={},
               created_by="", run_id="r", created_at="")
MODELS = {"right": lambda sample: sample["ideal"] + " and more", "wrong": lambda sample: chr(0)}

class Answer:
    def __init__(self, text): self.text = text
    def get_completions(self): return [self.text]

def passed(kind, model):
    recorder = LocalRecorder("log.jsonl", run_spec=SPEC)
    for n, sample in enumerate(samples):
        says = lambda sample=sample, **_: Answer(model(sample))
        with recorder.as_default_recorder(str(n)):
            kind([says], eval_registry_path=Path("."), samples_jsonl="", name="e.s.v").eval_sample(
                sample, None)
    return [event.data["correct"] for event in recorder.get_events("match")]

samples = evals.get_jsonl(sys.argv[1])
results = {f"{kind.__name__} {word}": passed(kind, model)
           for kind in (Match, Includes) for word, model in MODELS.items()}
json.dump({"samples": samples, "passed": results}, open(sys.argv[2], "w"))
"""


def test_samples_are_read_as_stored_and_matched_only_by_their_ideal(tmp_path: Path) -> None:
    items = [RIVER, BARE, SNAPSHOT, *hostile_items()]
    path = tmp_path / "samples.jsonl"
    path.write_bytes("".join(write(items, ItemTally())).encode())
    answer = answered(_RUN, tmp_path, path)
    kept = [
        item for item in items if not is_blank(item.input) and not is_blank(item.expected_output)
    ]
    assert [sample["input"] for sample in answer["samples"]] == [asked(item) for item in kept]
    assert [sample["ideal"] for sample in answer["samples"]] == [i.expected_output for i in kept]
    right, wrong = [True] * len(kept), [False] * len(kept)
    assert answer["passed"] == {
        "Match right": right, "Match wrong": wrong,
        "Includes right": right, "Includes wrong": wrong,
    }  # fmt: skip
