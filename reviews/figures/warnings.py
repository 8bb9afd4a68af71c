"""What each warning beside a figure means in plain words, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple


class Explained(NamedTuple):
    """A warning's title, why it matters, and what to do."""

    title: str
    means: str
    remedy: str


# In the order of the page.
EXPLAINED: dict[str, Explained] = {
    "few_units": Explained(
        "Few answers are compared",
        "So few cells have two reviews that chance moves the numbers a lot; the intervals say how "
        "much. Under ten, no coefficient is shown, only how many agree.",
        "Have a second person review more items before you act on these.",
    ),
    "low_overlap": Explained(
        "Little is reviewed twice",
        "The numbers speak for the items with two reviews alone. If those were chosen as the hard "
        "ones, they look worse than the rest is, as the easy ones, better.",
        "Ask for more reviews an item, or draw at random what is reviewed twice.",
    ),
    "exposed": Explained(
        "Some answers were not given blind",
        "Who sees a verdict or another’s answer tends to take it over: agreement rises, and the "
        "machine looks better than it is.",
        "Compare with the blind ones below, and keep new queues blind.",
    ),
    "prevalence": Explained(
        "One value prevails",
        "When nearly everything gets one value, two people agree often by chance alone; alpha and "
        "kappa fall although people agree, and AC1 stays high although nobody agrees on the rare "
        "value.",
        "Read them together: the percentage, alpha, AC1, and the agreement on the rare value.",
    ),
    "single_value": Explained(
        "Only one value was used",
        "Nothing can be said beyond chance when nobody said anything else.",
        "Go by the percentage, or add items on which the answer could be another.",
    ),
    "rare_category": Explained(
        "A value is rare",
        "It was used on so few cells that its own numbers say little.",
        "Add items where it is likely, or join it with a value next to it.",
    ),
    "marginal_shift": Explained(
        "One reviewer is stricter than another",
        "On the same items they give a value at clearly different rates, so they hold different "
        "standards, and not only slip now and then.",
        "Look at what they differ on together, and say in the instructions which is right.",
    ),
}
