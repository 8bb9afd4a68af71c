"""The rubrics that every team has from the start; their keys are what files of reviews say.

"Lab review" has one section for each layer of the Lab contract (formats.md 3.1, 3.3): a dot in a
key parts the layer from its field, keys without one are fields of the review itself.
"""

from __future__ import annotations

from reviews.rubrics.shape import Criterion, Kind, Option, Section, Shape


def _choice(key: str, label: str, instructions: str = "", **options: str) -> Criterion:
    given = tuple(
        Option(value, value.replace("_", " ").capitalize(), description)
        for value, description in options.items()
    )
    return Criterion(key, label, Kind.CHOICE, instructions, options=given)


def _rating(key: str, label: str, instructions: str, low: int, high: int) -> Criterion:
    return Criterion(key, label, Kind.RATING, instructions, min=low, max=high)


def _scored(key: str, label: str, instructions: str) -> Criterion:
    return Criterion(
        f"humanGuidanceEval.{key}", label, Kind.RATING, instructions, required=False, min=1, max=5
    )


PASS_FAIL = Shape(
    (
        Section(
            "verdict",
            "Verdict",
            (
                Criterion(
                    "verdict",
                    "Is the answer good enough?",
                    Kind.PASS_FAIL,
                    "Flag it when it cannot be judged this way, and say why in the note.",
                ),
            ),
        ),
    )
)

HELPFULNESS = Shape(
    (
        Section(
            "helpfulness",
            "Helpfulness",
            (
                _rating(
                    "helpfulness",
                    "How helpful is the answer?",
                    "1 = no help at all, 3 = some help, 5 = all that was needed.",
                    1,
                    5,
                ),
                Criterion("comment", "Comment", Kind.TEXT, required=False),
            ),
        ),
    )
)

RATINGS = Section(
    "ratings",
    "Ratings",
    (
        _rating("ratings.tone", "Tone", "Does it sound right for this person now?", 1, 10),
        _rating("ratings.usefulness", "Usefulness", "Does it help with what was asked?", 1, 10),
        _rating("ratings.calming", "Calming", "Does it take stress away?", 1, 10),
        _rating("ratings.naturalness", "Naturalness", "Would a person put it like this?", 1, 10),
        _rating("ratings.trust", "Trust", "Would you rely on it?", 1, 10),
    ),
    "From 1, the worst, to 10, the best.",
)

OVERALL = Section(
    "overall",
    "Overall",
    (
        _choice(
            "keepTalking",
            "Would you keep talking?",
            yes="Gladly",
            maybe="Only if needed",
            no="I would stop here",
        ),
        _choice(
            "status",
            "Status",
            "The quality bar: a strong pass and a pass are passed, borderline is refined.",
            **{
                "pass": "Can be used as it is",
                "refine": "Nearly; small changes are needed",
                "fail": "Must not be used",
            },
        ),
        _choice(
            "priority",
            "Priority",
            low="Can wait",
            medium="Soon",
            high="Now: somebody could be harmed or misled",
        ),
        Criterion("feltOff", "What felt off?", Kind.TEXT, required=False),
        Criterion("owner", "Who should take it up?", Kind.TEXT, required=False),
    ),
)

EMPLOYEE_REVIEW = Section(
    "employeeReview",
    "Employee review",
    (
        _choice(
            "employeeReview.understoodNeed",
            "Did it understand the need?",
            yes="",
            mostly="",
            no="",
            not_sure="",
        ),
        _choice(
            "employeeReview.rightNextMove",
            "Was it the right next move?",
            yes="",
            mostly="",
            no="",
            not_needed="There was nothing to do",
            not_sure="",
        ),
        _choice(
            "employeeReview.calmingEffect",
            "Did it calm?",
            yes="",
            somewhat="",
            no="",
            not_sure="",
        ),
        _choice(
            "employeeReview.riskOrConfusion",
            "Any risk or confusion?",
            "Anything but “no” sends the item to another look.",
            no="",
            slightly_off="A detail is wrong or unclear",
            definitely_wrong="It would mislead or harm",
            not_sure="",
        ),
        Criterion(
            "employeeReview.seniorReview",
            "Should a senior look at it?",
            Kind.BOOLEAN,
            "Yes sends it to adjudication.",
        ),
        Criterion(
            "employeeReview.reusableLearning",
            "Can others learn from it?",
            Kind.BOOLEAN,
            "Yes makes it a candidate for the canon.",
        ),
    ),
)

GUIDANCE = Section(
    "humanGuidanceEval",
    "Human guidance evaluation",
    (
        _scored("emotionalValidation", "Emotional validation", "Does it take the feeling up?"),
        _scored("cognitiveUnderstanding", "Cognitive understanding", "Does it see the situation?"),
        _scored("actionability", "Actionability", "Can the person act on it?"),
        _scored("toneAppropriateness", "Appropriate tone", "Does the tone fit the moment?"),
        _scored("authenticity", "Authenticity", "Does the warmth feel real?"),
        Criterion("humanGuidanceEval.notes", "Notes", Kind.TEXT, required=False),
    ),
    "From 1, very weak, to 5, very strong; leave out what does not apply. A dimension at 1 is a "
    "hard fail.",
)

CANON = Section(
    "canon",
    "Canon",
    (
        Criterion(
            "canonCandidate",
            "A candidate for the canon?",
            Kind.BOOLEAN,
            "Set by itself when others can learn from it.",
            required=False,
        ),
    ),
)

LAB_REVIEW = Shape((RATINGS, OVERALL, EMPLOYEE_REVIEW, GUIDANCE, CANON))

# slug -> (name, what it is for, shape)
BUILT_IN: dict[str, tuple[str, str, Shape]] = {
    "pass-fail": ("Pass / fail / flag", "One verdict an item: the fastest review.", PASS_FAIL),
    "helpfulness": ("Helpfulness 1-5", "One rating an item, with a comment.", HELPFULNESS),
    "lab-review": ("Lab review", "All layers of the Lab's review.", LAB_REVIEW),
}
