"""The operators of the group Meaning: a judge reads the output and compares what it says."""

from __future__ import annotations

from datasets.operators.operator import Group, Operator


def _operator(slug: str, label: str, meaning: str, **said: object) -> Operator:
    """An operator of this group; what most of them share is said here."""
    return Operator(
        slug=slug,
        label=label,
        group=Group.SEMANTIC,
        category="Correctness",
        help=meaning,
        **said,  # type: ignore[arg-type]
    )


_SAME_ANSWER = {
    "example": "The Danube crosses Vienna.",
    "passes": "Vienna lies on the Danube.",
    "fails": "Vienna lies on the Elbe.",
}

OPERATORS = (
    _operator(
        "includes",
        "Includes",
        "The output says the criteria somewhere, in whatever words.",
        example="The shop closes at six",
        passes="We are open until 18:00 and never on Sundays.",
        fails="We are open on weekdays.",
    ),
    _operator(
        "excludes",
        "Excludes",
        "The output says the criteria nowhere, in no words.",
        example="A discount is promised",
        passes="The price is 20 euros.",
        fails="We can surely take something off the price.",
    ),
    _operator(
        "equals",
        "Equals",
        "The output means the same as the criteria, no more and no less.",
        **_SAME_ANSWER,
    ),
    _operator(
        "equal_intent",
        "Has the same intention",
        "The output wants the same and makes the same points; the wording may differ.",
        example="Ask for the order number",
        passes="Could you tell me the number of your order?",
        fails="Your order was sent yesterday.",
    ),
    _operator(
        "includes_any",
        "Includes any (older form)",
        "The output says at least one of the options, written `[a], [b]`.",
        is_retired=True,
        remedy='For new checks use "includes_any_v2", with options separated by semicolons.',
        example="[Baltic Sea], [North Sea]",
        passes="For instance the Baltic.",
        fails="For instance the Danube.",
    ),
    _operator(
        "includes_any_v2",
        "Includes any",
        "The output says at least one of the options; a semicolon stands between two of them.",
        example="Baltic Sea; North Sea",
        passes="For instance the Baltic.",
        fails="For instance the Danube.",
    ),
    _operator(
        "includes_only",
        "Includes only",
        "The output names all the listed items and no others.",
        example="Baltic Sea, North Sea",
        passes="The North Sea and the Baltic.",
        fails="The North Sea, the Baltic and the Black Sea.",
    ),
    _operator(
        "logical_includes",
        "Includes, strictly",
        "The output says the criteria with the same logical content: what is allowed there is "
        "allowed here, and under the same conditions.",
        example="Refunds are possible within 30 days if the seal is unbroken",
        passes="Within 30 days you get your money back, provided that the seal is whole.",
        fails="You get your money back within 30 days.",
    ),
    _operator(
        "includes_nearly_exactly",
        "Includes nearly exactly",
        "The output holds the criteria almost word for word; layout and tiny changes are allowed.",
        example="Call 112 in an emergency",
        passes="**Call 112** in an emergency!",
        fails="Phone the emergency services.",
    ),
    _operator(
        "satisfies_statement",
        "Satisfies a statement",
        "The statement is true of the output.",
        example="The answer names a price and says that it includes tax",
        passes="It costs 20 euros, tax included.",
        fails="It costs 20 euros.",
    ),
    _operator(
        "answers",
        "Answers",
        "The output answers the question that was asked.",
        is_unary=True,
        passes="The Danube.",
        fails="There are many rivers in Europe.",
    ),
    _operator(
        "not_answers",
        "Does not answer",
        "The output avoids answering the question that was asked.",
        is_unary=True,
        passes="I would rather not say.",
        fails="The Danube.",
    ),
    _operator(
        "affirmative_answer",
        "Answers yes",
        "The answer amounts to a yes.",
        is_unary=True,
        passes="Certainly, on weekdays.",
        fails="I am afraid not.",
    ),
    _operator(
        "negative_answer",
        "Answers no",
        "The answer amounts to a no.",
        is_unary=True,
        passes="I am afraid not.",
        fails="Certainly, on weekdays.",
    ),
    _operator(
        "mostly_equals",
        "Mostly equals (older form)",
        "An older form of Equals.",
        is_retired=True,
        instead="equals",
        **_SAME_ANSWER,
    ),
    _operator(
        "legacy_equals",
        "Equals (older form)",
        "An older form of Equals.",
        is_retired=True,
        instead="equals",
        **_SAME_ANSWER,
    ),
)
