r"""Our regular expressions as JavaScript reads them without flags, where both mean the same.

They differ in what a character is (JavaScript counts an emoji as two), in `.` and `\s`, and in all
that only one of them has. What is not known to mean the same is not translated.
"""

import re

_ASCII_PUNCTUATION = r"[!-/:-@\[-`{-~]"
_PAIR = r"[\ud800-\udbff][\udc00-\udfff]"
_CLASS_SPACE = r"\t\n\f\r "

_TOKEN = re.compile(
    rf"""
    (?P<negated>\[\^) | (?P<class>\[) | (?P<dot>\.)
    | \\(?P<kind>[sSDW]) | (?P<escape>\\(?:[dwtnfrv]|{_ASCII_PUNCTUATION}))
    | (?P<group>\((?:\?:)?(?!\?)) | (?P<repeat>\{{\d+(?:,\d*)?\}}) | (?P<sign>[)|*+?])
    | (?P<edge>[\^$]|\\[bB])
    | (?P<literal>[^\\\[\](){{}}|*+?^$.])
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER = re.compile(
    rf"(?P<space>\\s)|\\[dwtnfrv]|\\{_ASCII_PUNCTUATION}|[^\\\[\]^\ud800-\udfff\U00010000-\U0010ffff]"
)
_REPEATS = ("*", "+", "?", "{")
_NEGATED = {"S": _CLASS_SPACE, "D": "0-9", "W": r"\w"}


def as_javascript(pattern: str) -> str | None:
    """The pattern for `new RegExp(...)` and `test`, or None when it could decide differently."""
    written: list[str] = []
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token["edge"] and pattern[at : at + 1] in _REPEATS:
            return None  # JavaScript refuses to repeat what has no width
        if token.lastgroup in ("negated", "class"):
            members, at = _members(pattern, at)
            if not members:
                return None
            written.append(_not(members) if token["negated"] else f"[{members}]")
        else:
            written.append(_outside_class(token))
    return "".join(written)


def _outside_class(token: re.Match[str]) -> str:
    if token["dot"]:
        return _not(r"\n")
    if kind := token["kind"]:
        return f"[{_CLASS_SPACE}]" if kind == "s" else _not(_NEGATED[kind])
    if (literal := token["literal"]) and ord(literal) > 0xFFFF:
        return f"(?:{literal})"
    return token[0]


def _members(pattern: str, at: int) -> tuple[str, int]:
    """What stands in a class up to its end, and the place behind it; nothing when unsure."""
    written = ""
    while member := _MEMBER.match(pattern, at):
        written += _CLASS_SPACE if member["space"] else member[0]
        at = member.end()
    return (written, at + 1) if pattern[at : at + 1] == "]" else ("", at)


def _not(members: str) -> str:
    """One character that is none of these, an emoji being one."""
    return rf"(?:{_PAIR}|[^\ud800-\udfff{members}])"
