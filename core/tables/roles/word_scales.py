"""Words that have an order or say yes or no, and what that order is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from core.tables.columns import label_of

#: Scales from low to high; words of one step are divided by a bar, scales by a blank line.
_SCALES = """
strongly disagree|totally disagree|completely disagree; disagree|mostly disagree; somewhat
disagree|slightly disagree|rather disagree; neutral|neither|neither agree nor
disagree|undecided|unsure|no opinion|neither disagree nor agree; somewhat agree|slightly
agree|rather agree; agree|mostly agree; strongly agree|totally agree|completely agree

very dissatisfied|extremely dissatisfied; dissatisfied; somewhat dissatisfied|slightly
dissatisfied; neutral|neither|neither satisfied nor dissatisfied; somewhat satisfied|slightly
satisfied; satisfied; very satisfied|extremely satisfied

never|not at all; almost never|hardly ever|very rarely; rarely|seldom; occasionally; sometimes;
often|frequently|usually; very often|almost always|nearly always; always

not at all|none; a little|slightly|a little bit; somewhat|moderately; quite a bit|very|very much;
extremely|completely|a great deal

terrible|awful; very poor|very bad; poor|bad; fair|average|acceptable|moderate|ok|okay|so-so;
good; very good; excellent|outstanding

none|absent|no pain; minimal|very mild; mild|slight; moderate; severe|marked|strong; very
severe|extreme|worst possible

none; very low|lowest; low|lower; medium|middle|moderate|average|normal; high|higher; very
high|highest

very small|tiny; small; medium; large|big; very large|huge

much worse; worse|somewhat worse|slightly worse; same|about the same|no change|unchanged;
better|somewhat better|slightly better; much better

very unlikely|extremely unlikely; unlikely|somewhat unlikely; neutral|neither; likely|somewhat
likely; very likely|extremely likely

not important|unimportant|not at all important; slightly important|somewhat important; moderately
important; important; very important; extremely important

stimme überhaupt nicht zu|trifft überhaupt nicht zu|trifft gar nicht zu; stimme nicht zu|stimme
eher nicht zu|trifft eher nicht zu|trifft nicht zu; teils teils|teils/teils|neutral|weder noch;
stimme eher zu|trifft eher zu; stimme zu|trifft zu; stimme voll zu|stimme voll und ganz zu|trifft
voll zu|trifft voll und ganz zu|trifft völlig zu

nie; selten; manchmal|gelegentlich; oft|häufig; immer

sehr schlecht; schlecht; mittel|mittelmäßig|befriedigend; gut; sehr gut

sehr niedrig; niedrig; mittel; hoch; sehr hoch

pas du tout d'accord; pas d'accord|plutôt pas d'accord; neutre|ni d'accord ni pas d'accord;
d'accord|plutôt d'accord; tout à fait d'accord

jamais; rarement; parfois|quelquefois; souvent; toujours

muy en desacuerdo|totalmente en desacuerdo; en desacuerdo; neutral|ni de acuerdo ni en desacuerdo;
de acuerdo; muy de acuerdo|totalmente de acuerdo

nunca; raramente|rara vez|casi nunca; a veces; a menudo|frecuentemente|casi siempre; siempre

mai; raramente; a volte|qualche volta; spesso; sempre

nunca; raramente; às vezes; frequentemente|muitas vezes; sempre

nooit; zelden; soms; vaak; altijd

helemaal oneens|zeer oneens; oneens; neutraal; eens; helemaal eens|zeer eens
"""
_LADDERS = tuple(
    {
        " ".join(word.split()): step
        for step, words in enumerate(scale.split(";"))
        for word in words.split("|")
    }
    for scale in _SCALES.split("\n\n")
)
_LEAST_STEPS = 3
#: Answers that say yes, with the no that goes with each.
_YES_AND_NO = (
    ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("ja", "nein"), ("j", "n"),
    ("oui", "non"), ("o", "n"), ("si", "no"), ("sí", "no"), ("sì", "no"), ("s", "n"),
    ("sim", "não"), ("sim", "nao"), ("ja", "nee"), ("ja", "nej"), ("ja", "nei"),
    ("tak", "nie"), ("ano", "ne"),
    ("igen", "nem"), ("evet", "hayır"), ("да", "нет"), ("kyllä", "ei"), ("はい", "いいえ"),
    ("是", "否"),
    ("有", "无"), ("vrai", "faux"), ("wahr", "falsch"), ("verdadero", "falso"), ("vero", "falso"),
    ("1", "0"), ("pass", "fail"), ("passed", "failed"), ("success", "failure"), ("dead", "alive"),
    ("survived", "died"), ("positive", "negative"), ("pos", "neg"), ("case", "control"),
    ("present", "absent"), ("correct", "incorrect"), ("correct", "wrong"), ("right", "wrong"),
    ("won", "lost"), ("win", "loss"), ("bestanden", "nicht bestanden"), ("relapse", "no relapse"),
    ("event", "no event"), ("infected", "not infected"), ("infected", "healthy"),
    ("diseased", "healthy"), ("sick", "healthy"), ("recovered", "not recovered"), ("on", "off"),
    ("employed", "unemployed"), ("accepted", "rejected"), ("admitted", "rejected"), ("hit", "miss"),
    ("improved", "not improved"), ("germinated", "not germinated"), ("responder", "non-responder"),
    ("default", "no default"), ("bought", "not bought"), ("smoker", "non-smoker"),
    ("success", "no success"), ("passed", "not passed"),
    ("geheilt", "nicht geheilt"), ("gesund", "krank"), ("erfolg", "misserfolg"),
    ("gestorben", "überlebt"), ("tot", "lebend"), ("positiv", "negativ"), ("réussi", "échoué"),
    ("succès", "échec"), ("guéri", "non guéri"), ("décédé", "vivant"), ("positif", "négatif"),
    ("aprobado", "suspendido"), ("aprobado", "reprobado"), ("curado", "no curado"),
    ("muerto", "vivo"), ("positivo", "negativo"), ("éxito", "fracaso"), ("promosso", "bocciato"),
    ("geslaagd", "gezakt"), ("cured", "not cured"), ("healed", "not healed"),
    ("complete", "incomplete"), ("completed", "not completed"), ("dropped out", "stayed"),
    ("retained", "dropped"), ("churned", "retained"), ("left", "stayed"), ("approved", "denied"),
    ("approved", "rejected"), ("guilty", "not guilty"), ("detected", "not detected"),
    ("response", "no response"), ("remission", "no remission"), ("disease", "no disease"),
    ("increase", "decrease"), ("increased", "decreased"), ("up", "down"), ("ill", "well"),
    ("ill", "healthy"), ("malignant", "benign"), ("fail", "ok"),
    ("defect", "ok"), ("defective", "good"), ("agree", "disagree"),
)  # fmt: skip
#: Of these, the ones that are nothing but an answer.
_PLAIN_ANSWERS = 31


def word_order(levels: Sequence[object]) -> tuple[str, ...] | None:
    """Return words of one scale from low to high; None where they are of none.

    Parameters
    ----------
    levels : sequence
        The different values of a column, in any order.
    """
    words = {
        str(level): " ".join(str(level).casefold().replace("_", " ").split()) for level in levels
    }
    if len(words) < _LEAST_STEPS or len(words) > 9:
        return None
    for ladder in _LADDERS:
        steps = {level: ladder.get(word, -1) for level, word in words.items()}
        if min(steps.values()) >= 0 and len(set(steps.values())) == len(steps):
            return tuple(sorted(steps, key=lambda level: steps[level]))
    return None


def column_order(column: pd.Series[Any]) -> tuple[str, ...] | None:
    """Return the order of a column's words: its own where it has one, else that of a scale."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        used = [str(level) for level in dtype.categories if (column == level).any()]
        if dtype.ordered and len(used) >= _LEAST_STEPS:
            return tuple(used)
        return word_order(used)
    texts = column.dropna().astype(str)  # cells may be lists, which cannot be compared
    return word_order(list(texts.unique()[:10]))


def yes_of(levels: Sequence[object]) -> str | None:
    """Return which of two values is the yes; None where they are no answers."""
    return _yes(levels, _YES_AND_NO)


def answers_of(column: pd.Series[Any]) -> tuple[str, str] | None:
    """Return the two answers that a column of text holds, the yes first; None where it does not.

    Parameters
    ----------
    column : Series
        Text or categories; missing cells are passed over.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = [label_of(level) for level in dtype.categories if (column == level).any()]
    elif pd.api.types.is_string_dtype(dtype):
        try:
            levels = [label_of(level) for level in column.dropna().unique()[:3]]
        except TypeError:  # cells that cannot be compared, such as lists
            return None
    else:
        return None
    yes = yes_of(levels)
    return None if yes is None else (yes, next(level for level in levels if level != yes))


def is_yes_or_no(levels: Sequence[object]) -> bool:
    """Whether two values are nothing but yes and no, in one of many languages."""
    return _yes(levels, _YES_AND_NO[:_PLAIN_ANSWERS]) is not None


def _yes(levels: Sequence[object], pairs: Sequence[tuple[str, str]]) -> str | None:
    words = {str(level).strip().casefold().rstrip("."): str(level) for level in levels}
    if len(words) != 2:
        return None
    for yes, no in pairs:
        if set(words) == {yes, no}:
            return words[yes]
    return None
