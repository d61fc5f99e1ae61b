"""Finds out the encoding of a text file: marks and UTF-8 are certain, all else is a guess."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from core.exceptions import DataError

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes above ASCII that a guess looks at, and how many different words around them.
_MOST_HIGH, _MOST_WORDS = 200_000, 2_000
#: Share of such bytes that stand three or more together, from which the letters are not Latin.
_FOREIGN_SHARE = 0.3
#: Share of such bytes in words whose letters take two bytes each.
_DOUBLE_SHARE = 0.45
_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
#: Code pages that hold rarer letters beside the usual ones of their language.
_USUAL = {"cp949": "euc_kr", "gb18030": "gb2312", "cp932": "shift_jis"}
_RARE = 0.15
#: Languages that share Latin letters, the more speakers the earlier, with their code page and
#: their letters beyond a to z; of several code pages the first is the likeliest.
_LATIN = (
    ("äöüß", ("cp1252", "mac_roman", "cp850")),
    ("àâæçéèêëîïôœùûüÿ", ("cp1252", "mac_roman", "cp850")),
    ("áéíñóúü", ("cp1252", "mac_roman", "cp850")),
    ("áâãàçéêíóôõú", ("cp1252", "mac_roman", "cp850")),
    ("àèéìòù", ("cp1252", "mac_roman", "cp850")),
    ("åäöé", ("cp1252", "mac_roman", "cp850")),
    ("åæøéô", ("cp1252", "mac_roman", "cp850")),
    ("ąćęłńóśźż", ("cp1250",)),
    ("çğıöşüâ", ("cp1254",)),
    ("áčďéěíňóřšťúůýž", ("cp1250",)),
    ("áéíóöőúüű", ("cp1250",)),
    ("ăâîşţ", ("cp1250",)),
    ("čćđšž", ("cp1250",)),
    ("áäčďéíĺľňóôŕšťúýž", ("cp1250",)),
    ("ąčęėįšųūž", ("cp1257",)),
    ("āčēģīķļņšūž", ("cp1257",)),
    ("äõöüšž", ("cp1257", "cp1252")),
    ("éëïóöüè", ("cp1252",)),
    ("áðéíóúýþæö", ("cp1252",)),
)
_ITALIAN = "àèéìòù"
_SIGNS = frozenset("€£¥§°±²³µ·×÷½¼¾‘’‚“”„–—…•†‡‰™©®«»¿¡´¨ \u00a0ªº¹")
_HIGH_WORD = re.compile(rb"[^\x00-\x40\x5b-\x60\x7b-\x7f]*[\x80-\xff][^\x00-\x2f\x3a-\x3f]*")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file, and whether it is no more than a guess from its letters."""

    name: str
    is_guess: bool = False


def find_encoding(data: bytes) -> Encoding:
    """Return the text encoding of a file: its byte order mark, else UTF-8, else a guess.

    Notes
    -----
    A file that is UTF-8 but for a few stray bytes counts as UTF-8 (the strays become U+FFFD).
    Code pages of one byte a letter look alike: which one it is, is judged by the letters that
    languages use, Western Europe first where nothing tells.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Encoding(name)
    head = data[:4096]
    if b"\0" in head:
        return Encoding(_find_utf16(head))
    if data.isascii():
        return Encoding("utf-8")
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    strays = 0
    for start in range(0, len(data), _CHUNK):
        strays += decoder.decode(data[start : start + _CHUNK]).count("\ufffd")
    high = int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) > 0x7F))
    return Encoding("utf-8") if strays <= 0.01 * high else Encoding(_guess(data), is_guess=True)


def _find_utf16(head: bytes) -> str:
    """Tell UTF-16 without a byte order mark by where the zero bytes lie.

    Delimiters, digits and line ends have a zero byte on one side in every language, so that one
    side has many of them, the other none.
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    pairs = max(len(head) // 2, 1)
    most, least = max(even, odd), min(even, odd)
    if most > 0.1 * pairs and least < 0.1 * most:
        return "utf-16-be" if even > odd else "utf-16-le"
    raise DataError(
        "The file holds NUL characters, so it is not a text table. Save the table as CSV, or as "
        "one of the formats that are read: Excel, Parquet, Feather, Stata, SPSS, SAS, R, JSON.",
        code="not_a_table",
    )


def _guess(data: bytes) -> str:
    """Return the likeliest encoding of text that is no Unicode."""
    places = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) > 0x7F)[:_MOST_HIGH]
    part = data[max(int(places[0]) - 1_000, 0) : int(places[-1]) + 1_000]
    part = part[: 20 * _MOST_HIGH]
    words = list(dict.fromkeys(_HIGH_WORD.findall(part)))[:_MOST_WORDS]
    together = sum(len(run) for word in words for run in _HIGH_RUN.findall(word))
    high = sum(byte > 0x7F for word in words for byte in word)
    if together > _FOREIGN_SHARE * high or _is_double(words):
        return _other_script(part) or _latin(words)
    return _latin(words)


def _is_double(words: list[bytes]) -> bool:
    """Whether letters take two bytes each, of which the second is often a plain one (cp932)."""
    if not words:
        return False
    double = 0
    for word in words:
        try:
            text = word.decode("cp932")
        except UnicodeError:
            continue
        double += any(_is_wide(char) for char in text)
    high = sum(byte > 0x7F for word in words for byte in word)
    return double > 0.9 * len(words) and high >= _DOUBLE_SHARE * sum(map(len, words))


def _is_wide(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff"


def _other_script(part: bytes) -> str | None:
    """Return the encoding of Cyrillic, Greek, Hebrew, Arabic, Thai, Japanese, Chinese, Korean."""
    from charset_normalizer import from_bytes

    # It reads the beginning, the middle and the end of what it is given: words without the
    # numbers between them tell more.
    found = from_bytes(part, steps=10, chunk_size=1024, cp_isolation=list(_OTHER_SCRIPTS))
    scored = [
        (m.chaos + _oddness(str(m)) + _RARE * _is_rare(part, m.encoding) - 0.2 * m.coherence, i)
        for i, m in enumerate(found)
    ]
    return list(found)[min(scored)[1]].encoding if scored else None


def _is_rare(part: bytes, name: str) -> bool:
    """Whether text needs letters that its language hardly uses, as wrongly decoded text does."""
    try:
        text = part.decode(name, errors="ignore")
        return text.encode(_USUAL.get(name, name)) != text.encode(name)
    except UnicodeError:
        return True


def _oddness(text: str) -> float:
    """Return how many letters no text has: private ones, half-width kana, two scripts in a word."""
    letters = [char for char in text[:20_000] if ord(char) > 0x7F]
    if not letters:
        return 0.0
    odd = sum(
        unicodedata.category(char) in ("Co", "Cn", "Cc") or "\uff61" <= char <= "\uff9f"
        for char in letters
    )
    hangul = sum("\uac00" <= char <= "\ud7a3" for char in letters)
    han = sum("\u4e00" <= char <= "\u9fff" for char in letters)
    kana = sum("\u3040" <= char <= "\u30ff" for char in letters)
    return (odd + 2 * min(hangul, han + kana)) / len(letters)


def _latin(words: list[bytes]) -> str:
    """Return the Latin code page of the language that would use the letters that occur."""
    decoded: dict[str, list[str]] = {}
    best, best_score = "cp1252", -1.0
    for is_likely in (True, False):
        for letters, pages in _LATIN:
            for page in pages[:1] if is_likely else pages[1:]:
                if page not in decoded:
                    decoded[page] = [word.decode(page, errors="replace") for word in words]
                score = _fit(decoded[page], letters)
                if score > best_score + 1e-9:  # the first of equals
                    best, best_score = page, score
    return best


def _fit(words: list[str], letters: str) -> float:
    """Return the share of the marks and letters beyond ASCII that a language would write so."""
    total = known = 0
    for word in words:
        for i, char in enumerate(word):
            if ord(char) >= 0x80:
                total += 1
                known += _is_usual(char, word[:i], word[i + 1 :], letters)
    return known / total if total else 1.0


def _is_usual(char: str, before: str, after: str, letters: str) -> bool:
    """Whether a language writes a letter, or a sign, at this place of a word."""
    inside = before[-1:].isalpha() and after[:1].isalpha()
    if char in _SIGNS:
        return not inside or char in "’·´"
    if char.isupper() and before[-1:].islower():
        return False
    if (char.lower() if char != "İ" else "ı") not in letters:
        return False
    if letters == _ITALIAN:  # accents on the last letter: città, perché
        return not after[:1].isalpha()
    if char == "õ" and "ã" in letters:  # milhões
        return after[:1] in ("e", "")
    return char not in "ÈÌÒÙ" or not after[:1].islower()
