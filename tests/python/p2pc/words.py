"""The word list, codes, and the words two people compare."""
import re
import unicodedata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
LIST = REPOSITORY / "shared/secure-channel/words/eff_short_wordlist_2.txt"
PREFIX = 3  # so many letters tell a word from all others
CODE = 3
SAS = 6


class NotACode(ValueError):
    """What was typed names no word; nothing was tried with it."""


def load(path=LIST):
    """The words, in the order of their numbers. A row is dice digits and a word, or a word."""
    words = [row.split()[-1] for row in path.read_text("ascii").splitlines() if row.strip()]
    assert len(words) == 1296 == len({word[:PREFIX] for word in words}), "not the list"
    return words


WORDS = load()


def password(typed):
    """What both sides put into CPace for what a person has typed."""
    return "-".join(read(typed, CODE)).encode("ascii")


def read(typed, count):
    normal = unicodedata.normalize("NFKC", typed).lower()
    entries = [entry for entry in re.split(r"[-_.,\s]+", normal) if entry]
    if len(entries) != count:
        raise NotACode(f"{count} words are needed, {len(entries)} were typed")
    return [word(entry) for entry in entries]


def word(entry):
    if re.fullmatch("[0-9]{1,4}", entry) and 1 <= int(entry) <= len(WORDS):
        return WORDS[int(entry) - 1]
    matching = [word for word in WORDS if len(entry) >= PREFIX and word.startswith(entry)]
    if len(matching) != 1:
        raise NotACode("an entry is neither a word of the list nor a number")
    return matching[0]


def spoken(sas):
    """The six words of a session, from its 16 bytes."""
    number = int.from_bytes(sas, "big")
    digits = []
    for _ in range(SAS):
        number, digit = divmod(number, len(WORDS))
        digits.append(digit)
    return [WORDS[digit] for digit in reversed(digits)]
