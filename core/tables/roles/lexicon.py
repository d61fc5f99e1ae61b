"""What the words in a column's name suggest about its role; never more than a hint."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


def _plain(text: str) -> str:
    """Return a text without accents; letters of Korean fall apart too, here as in names."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def words_in(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


UNITS = words_in("""
    school sch schoolid class classroom teacher tchr county state country nation district city
    town village province municipality municipa commune canton neighborhood neighbourhood tract
    zip zipcode fips subject subj participant patient person individual respondent pupil student
    child animal dog cow pig rat mouse bird sheep horse monkey tree plant plot block bench site
    station location lake river stream farm field litter nest brood colony herd family household
    hh dyad couple twin firm company bank store shop factory hospital clinic ward doctor physician
    nurse center centre lab laboratory batch lot sample run plate cask tray worker operator
    replicate rep experiment expt tissue manufacturer mfr maker make g grp quake path strip
    rater judge assessor observer reviewer consumer team club player cluster panel unit community
    university college institution department dept lea precinct parish corps island isle author
    airline airport wafer rail chick boy mare volunteer specimen event metal primary secondary
    item user driver executive president group region lecturer instructor seed popu series gen
    genotype species pollster journal publisher respond interviewer coder reader examiner
    quadrat transect cage pen pot trap tank vial hive pond watershed catchment stand patch
    customer buyer supplier seller vendor employee applicant candidate legislator senator
    hotel restaurant office employer business establishment airline carrier ship vessel vehicle
    building borough ward zone muni arrondissement prefecture bezirk kreis cntry ctry fip statefip
    puma msa cbsa film movie song artist book novel language faculty course section
    inst institute agency bureau outlet venue port basin reef nestbox territory device
    pair triplet strata matchset sensor logger machine rabbit goat chicken fish seedling sapling
    dealer athlete player pitcher batter kid mother mom sire dam organisation organization
    study studies praxis abteilung standort filiale laden werk
    maschine kunde kundin patientin hund kuh baum parzelle feld ort stadtteil
    boutique magasin sujet usine tienda sucursal sujeto negozio soggetto winkel gmina powiat
    szkola klasa pacjent sklep wojewodztwo
    greenhouse orchard vineyard paddock herd flock barn mill crew winery bakery cafe theater
    theatre museum library squad coach referee constituency
    schule klasse schuler lehrer klinik krankenhaus arzt proband gemeinde landkreis bundesland stadt
    betrieb haushalt ecole classe eleve enseignant hopital clinique commune departement ville
    entreprise menage escuela colegio alumno estudiante profesor clinica paciente municipio
    provincia ciudad empresa hogar escola aluno professor paciente cidade scuola studente ospedale
    paziente comune azienda leerling ziekenhuis gemeente
""")

#: The commonest of each kind in other languages and scripts.
_TIMES_ABROAD = words_in(
    _plain("""
    alter edad eta idade leeftijd wiek vek alder yas возраст год день неделя месяц дата ηλικια
    年齢 年龄 年齡 나이 年 月 日 날짜 datum fecha data dato jour jours semaine mois annee annees
    dia dias
    semana semanas mes meses ano anos giorno giorni settimana mese anno dag uke woche wochen tag
    tage
    monat monate jahr jahre stunde stunden runde welle besuch dzien tydzien miesiac rok gun hafta
""")
)
_ATTRIBUTES_ABROAD = words_in(
    _plain("""
    geschlecht sexe sexo sesso geslacht plec пол 性別 性别 성별 cinsiyet φυλο dosis dosi dose
    behandlung traitement tratamiento trattamento tratamento behandeling лечение доза 治疗 治療
    stickstoff dunger temperatur temperature bildung gruppe schicht klassengrosse grosse
""")
)
_OUTCOMES_ABROAD = words_in(
    _plain("""
    зарплата доход балл баллы оценка цена результат вес урожай рост 得点 成績 成绩 分数 分數 点数
    점수 성적 価格 价格 가격 収入 收入 수입 体重 體重 체중 給料 工资 βαθμος μισθος τιμη puan maas
    gelir fiyat
    płaca zarobki wynik cena plon loon inkomen prijs opbrengst gewicht lön pris vekt
    inkomst stipendium rendement nitrat milch
""")
)
_UNITS_ABROAD = words_in(
    _plain("""
    школа класс район область город больница пациент ученик 学校 班级 班 病院 医院 患者 病人 生徒
    学生
    省份 省 城市 都道府県 地域 地区 縣市 県 학교 환자 지역 병원 σχολειο νομος il okul hasta 店舗
    店铺
""")
)

IDS = words_in("id ids no nr num number code pid sid uid idn ident identifier key index label")
ROW_IDS = words_in("row rowname rownames rownumber obs observation case record serial unnamed")
TIMES = words_in("""
    time times day days date week weeks wk month months year years yr hour hours minute minutes
    min sec seconds t age visit wave occasion occ session trial trials period quarter season
    phase tst days0 agemos when timepoint decade generation sequence seq order order1
""")
ATTRIBUTES = words_in("""
    sex gender male female race ethnicity ethnic hispanic black white married marital status
    treatment treat trt treated arm therapy drug diet method condition type kind smoker smoke
    grade level education educ religion sector iq ses income industry occupation urban rural public
    private union foreign experience exper tenure dose nitro temp temperature temperat conc
    concentration concent minority south north east west south smsa variety cultivar side brand
    colour color category cat position direction distance treatmnt metro metropolitan unemp unem
    tax taxs taxes cpi ppi
""")
CATEGORIES = words_in("""
    sex gender race ethnicity ethnic marital treatment treat trt arm therapy drug diet method
    condition type kind category cat region religion sector industry occupation occup status
    variety cultivar brand colour color side party department profession job mode class stratum
    diagnosis cause habitat genotype blood vs
""")
OUTCOMES = words_in("""
    score scores y outcome response resp result reaction rt weight yield math mathach ach achieve
    achievement achiev exam test grade gpa wage wages lwage salary earnings growth strength rate
    pressure value price gdp expend expenditure hwy cty accel activity incidence visits
    consumption height rating logrt attain attainment
    langpost posttest post read reading langscore travel effort post pixel diameter distance
    biomass density weightgain gain invest inv investment output gsp mortality deaths death count
    counts lang crime murder conc turnout vote votes bmi ratio density hdi lifeexp recall accuracy
    latency yld
    extro extroversion vocab popular happy happiness satisfaction liking preference quality
    passed pass success died dead survived survival admitted admit dropout graduated
    retained relapse infected default defaulted promoted outcomes
    radon bp sbp dbp cholesterol volume thickness width length intensity mileage mpg uptake
    circumference circumf angle amount cost costs crmrte rates efficiency tfp sales fare rent
    freq frequency fatalities fatal eval evaluation los homicide mrdrte murdrate packs absent
    absences wt patent citation citations cites glucose profit profits revenue seizures seizure
    rides longevity lifespan survival incident incidents accident accidents infections claims
    complaints fev fvc pef pefr hba hemoglobin haemoglobin creatinine triglycerides insulin ldl hdl
    bmd titer titre viral anxiety depression stress wellbeing wellness motivation engagement burnout
    loneliness aggression pain fatigue qol symptoms severity gini unemployment inflation
    productivity returns emissions ozone pm rainfall discharge abundance richness diversity clutch
    bwt birthweight errors goals points trust approval performance
    delay delays lateness absence absences waiting
    prestige cooperation recovered recovery cured healed improved success failed failure passed
    admitted readmitted readmission complication complications event obese obesity overweight
    effect effectsize yi es smd hedges logor agreement agree trust belief support opinion attitude
    intention liking usefulness anger fear mood sleep quality comfort satisfaction loyalty churn
    churned bought purchase purchased clicked converted conversion response responded respond
    spending spend budget tip fee donation donations capital bonus payroll turnover margin
    earning income wealth nitrate phosphate lead zinc copper cfu bacteria milk grain fruit fruits
    laptime duration elapsed pace speed velocity throughput lifetime
    umsatz gewinn preis ertrag gewicht zeit dauer rundenzeit fehler zufriedenheit angst schmerz
    geheilt bestanden einkommen miete verbrauch leistungen abweichung besuche keimzahl
    revenu revenus prix rendement poids temps duree chiffre ventes benefice gueri reussi
    loyer satisfaction douleur ingreso ingresos precio rendimiento peso tiempo ventas beneficio
    curado aprobado satisfaccion dolor ricavo ricavi prezzo resa peso tempo vendite guarito
    soddisfazione placa wynik zarobki cena waga czas plon
    kosten punkte note ergebnis leistung lohn gehalt nota puntaje puntuacion salario cout salaire
    punteggio stipendio
""")
#: Words of outcomes that as often name a predictor: they speak less, but for a column's whole name.
WEAK_OUTCOMES = words_in("""
    pressure price value density distance hwy cty volume width length height weight ratio rate
    rates conc vote votes counts death activity grade effort amount angle accuracy cost costs
    fatal output
    investment expend thickness quality wt stress pain fatigue unemployment inflation ozone rainfall
    severity motivation points errors survival mileage income count capital bonus fear mood
    sleep comfort
    bacteria milk grain speed velocity lead zinc copper budget leistungen
""")
_LONG_OUTCOMES = tuple(sorted(word for word in OUTCOMES if len(word) > 4))
DURATIONS = words_in(
    "time times t sec second seconds min minute minutes hour hours days weeks duration"
)
_DURATIONS_ONLY = words_in("time times duration")
PERSONS = words_in(
    "student pupil child person patient subject subj individual respondent worker id ids nr no"
)
#: Who or what is visited again and again: persons, animals, plants, things under test.
FOLLOWED = PERSONS | words_in("""
    participant respondent volunteer animal dog cow pig rat mouse rabbit horse monkey bird sheep
    goat chick tree plant seedling eye tooth knee baby infant mother employee athlete player
    customer proband case pid sid household machine engine battery implant tumor tumour
""")
_THINGS = words_in("machine engine battery implant plant")
STIMULI = words_in("""
    item items question stimulus word rater judge assessor reviewer observer consumer product sample
    plate lecturer instructor user d s
""")
#: What the same units meet one after the other: never numbered anew in each of them.
CONDITIONS = words_in("""
    condition treatment drug dose diet time day week month year wave visit session occasion trial
    phase period task story sentence vignette scenario picture face image video song method machine
    operator technician lab laboratory variety genotype strain species sex gender brand product
""")
AUXILIARY = words_in("""
    sq squared square cubed lag lagged resid residual fitted pred se sd var moe n nobs
    trials weights wts size pop lat long latitude longitude samplesize sampsize
    pre pret pretest baseline base initial before previous
""")
NAMING = words_in(
    "name names label numeric new old home abb abbr abbrev abbreviation full the of my a iso iso2c"
    " iso3c"
)

_BEFORE = re.compile(
    r"(?:pre|pret|baseline|base|initial|before)(?:wt|weight|test|score|scr|bmi|bp)"
)

_SPLIT = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
_GLUED_ID = re.compile(
    r"[a-z]id|[a-z]{1,8}code?|[a-z]{2,8}nr|[a-z]{2,8}(?<!i)num|(?:case|hh|item|user|emp|obs)(?:id|no)"
)
_GLUED_UNIT = re.compile(
    r"(?:id)?(?:school|sch|class|teach|district|distric|dist|county|state|country|hosp|patient|subj"
    r"|person|child|pupil|student|stud|family|firm|site|batch|clust|group|grp)"
    r"(?:id|nr|no|num|cod|code|name|abb)(?:[a-z]{0,2}|\d+)"
)
_GLUED_TIME = re.compile(r"[a-z]{1,5}(?:year|month|week|date)s?")
_GLUED_CATEGORY = re.compile(
    r"(?:region|ethnic|race|marital|relig|occup|indust|job|type|diag)(?:code?|cat|group|grp|type)"
)
_DUMMY = re.compile(r"(?:y|yr|d|year|q|m|t)(?:19|20)?\d\d")
_GLUED_OUTCOME = re.compile(
    r"(?:norm|log|ln|l|z|std)?(?:[a-z]*(?:score|scr|exam|wage|price|ach|rating|growth|yield|wt))"
    r"|[a-z]{0,2}gdp[a-z]{0,6}|[a-z]{1,5}rate"
    r"|(?:log|ln)[a-z0-9]{2,}"
)


@dataclass(frozen=True)
class Cues:
    """Roles that the words of a column's name suggest.

    Attributes
    ----------
    group : bool
        Names nothing but a unit of which there are many: a school, a subject.
    unit : bool
        Ends in such a unit, so that it may be a property of it ('home_county', 'mpg_city').
    id : bool
        Names a number or code of something.
    row_id : bool
        Names the rows of the table.
    time : bool
    duration : bool
        Of the words for time, one that may be how long something took.
    duration_only : bool
        Of these, one that is not an abbreviation of many things ('sec', 'min').
    attribute : bool
        A treatment or a property, that is a predictor rather than a group or outcome.
    category : bool
        A property that has no numbers by nature.
    outcome : bool
    weak_outcome : bool
        Of the outcome's words, only such as often name a predictor too.
    plain_outcome : bool
        An outcome's word and nothing else.
    followed : bool
        Names persons, animals or things that are visited again and again.
    auxiliary : bool
        A square, a standard error, a total, the indicator of a year: made from other columns.
    """

    group: bool = False
    unit: bool = False
    id: bool = False
    row_id: bool = False
    time: bool = False
    duration: bool = False
    duration_only: bool = False
    attribute: bool = False
    category: bool = False
    outcome: bool = False
    weak_outcome: bool = False
    plain_outcome: bool = False
    auxiliary: bool = False
    followed: bool = False


def tokens_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, without accents: 'schoolNR' is school, nr."""
    return tuple(word.lower() for word in _SPLIT.split(_plain(name)) if word)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def cues_of(name: str) -> Cues:
    """Return what a column name suggests; all False for a name without known words."""
    words = tokens_of(name)
    bare = {_singular(word) for word in words} | set(words)
    whole = "".join(words)
    names_unit = bool((bare | {whole}) & (UNITS | _UNITS_ABROAD))
    extra = {word for word in words if not word.isdigit()} - IDS - NAMING
    head = bool({_singular(words[-1]), words[-1]} & UNITS) if words else False
    units = UNITS | _UNITS_ABROAD
    plain = all(_singular(word) in units or word in units for word in extra)
    # 'students' are a number of students, not which one; 'students_id' is which one.
    counts = bool(extra) and not extra & (UNITS | _UNITS_ABROAD) and not bare & IDS
    is_id = bool(bare & IDS) and not _is_number_of(words)
    dummy = _DUMMY.fullmatch(whole) is not None
    is_before = _BEFORE.fullmatch(whole) is not None
    strong, any_outcome = _outcome_words(words, bare, whole, names_unit)
    return Cues(
        group=(names_unit and plain and not counts) or _GLUED_UNIT.fullmatch(whole) is not None,
        unit=head or whole in UNITS,
        id=is_id or _GLUED_ID.fullmatch(whole) is not None,
        row_id=bool((bare | {whole}) & ROW_IDS),
        time=bool(bare & (TIMES | _TIMES_ABROAD)) or _GLUED_TIME.fullmatch(whole) is not None,
        duration=bool(set(words) & DURATIONS),
        duration_only=bool(words) and bool({*words[-2:]} & _DURATIONS_ONLY),
        attribute=bool(bare & (ATTRIBUTES | _ATTRIBUTES_ABROAD)),
        category=bool(set(words) & CATEGORIES) or _GLUED_CATEGORY.fullmatch(whole) is not None,
        auxiliary=bool(set(words) & AUXILIARY) or dummy or is_before,
        followed=bool(bare & (FOLLOWED - IDS - _THINGS)),
        outcome=any_outcome and not dummy,
        weak_outcome=any_outcome and not strong,
        plain_outcome=not dummy and whole in (OUTCOMES | _OUTCOMES_ABROAD),
    )


def _is_number_of(words: tuple[str, ...]) -> bool:
    """Whether a name says how many: 'no_cylinders', 'numGroups', 'n_bids', 'num people'."""
    heads = ("no", "num", "nr", "number")
    return (len(words) > 1 and words[0] in heads and _singular(words[-1]) + "s" == words[-1]) or (
        words[:1] == ("num",) and words[-1:] == ("people",)
    )


def _outcome_words(
    words: tuple[str, ...], bare: set[str], whole: str, names_unit: bool
) -> tuple[bool, bool]:
    """Return whether a name is that of an outcome without doubt, and whether at all."""
    known = (bare | {whole}) & (OUTCOMES | _OUTCOMES_ABROAD)
    says_of_what = len(words) > 1 and words[0] == "count"  # 'count_working'
    known -= {"count"} if says_of_what else set()
    long_word = whole.startswith(_LONG_OUTCOMES) and not (names_unit or says_of_what)
    glued = _GLUED_OUTCOME.fullmatch(whole) is not None
    is_price = "price" in whole or "gdp" in whole
    strong = bool(known - WEAK_OUTCOMES)
    strong = strong or (not known and (long_word or glued) and not is_price)
    return strong, bool(known) or long_word or glued
