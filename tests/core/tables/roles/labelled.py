"""Tables whose roles a person would not hesitate about, labelled before any guess was made.

Each design is a line: the columns with the kind of each, and after the arrow the outcome, the
group and the predictor that are right (several where several are; none where it does not matter).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

DESIGNS = """
school:G pupil:row age:age hours_studied:x score:y -> score; school; hours_studied
Klinik:G Patient_Nr:row Alter:age Blutdruck:y -> Blutdruck; Klinik;
region:U shop:G visits:count revenue:y -> revenue; shop;
farm:G cow:row parity:few milk_kg:y -> milk_kg; farm;
subject:g trial:t condition:cat rt_ms:y -> rt_ms; subject;
patient:g visit_date:date crp:y -> crp; patient; visit_date
site:G plot:t nitrogen_kg_ha:dose yield_t_ha:y -> yield_t_ha; site; nitrogen_kg_ha
driver:G lap:t lap_time:y -> lap_time; driver; lap
hospital:G age:age severity:few los_days:y -> los_days; hospital;
center:G dose_mg:dose recovered:yesno -> recovered; center; dose_mg
company:G employee_id:rid years_experience:x salary:y -> salary; company; years_experience
country:G year:t investment:x gdp_growth:y -> gdp_growth; country;
group:g3 baseline:x response:y -> response; group; baseline
id:gid week:t weight:y -> weight; id; week
store:G weekday:cat customers:count sales:y -> sales; store;
stand:G tree_no:row dbh_cm:x height_m:y -> height_m; stand; dbh_cm
judge:G wine:t score:y -> score; judge wine;
route:G bus:row departure_hour:few delay_min:y -> delay_min; route;
litter:g pup:t sex:sex birth_weight:y -> birth_weight; litter;
student:g item:t correct:b -> correct; student item;
team:G match:row possession:x goals:count -> goals; team; possession
neighborhood:G house_id:row sqm:x price:y -> price; neighborhood; sqm
lake:G depth_m:x chlorophyll:y -> chlorophyll; lake; depth_m
teacher:G class_size:u satisfaction:y -> satisfaction; teacher;
person:g day:t stress:x mood:y -> mood; person;
machine:G shift:cat temperature:x defect_rate:y -> defect_rate; machine; temperature
county:G floor:b log_radon:y uranium:u -> log_radon; county; floor
batch:G sample:t ph:x viscosity:y -> viscosity; batch; ph
dog:G minutes_after:t heart_rate:y -> heart_rate; dog; minutes_after
branch:G quarter:few calls:count complaints:count2 -> complaints; branch;
respondent_id:rid interviewer:G age:age life_satisfaction:y -> life_satisfaction; interviewer; age
mouse:gid treatment:UT day:t tumor_volume:y -> tumor_volume; mouse; day
village:G household_size:few food_expenditure:y -> food_expenditure; village;
airline:G month:t flights:count ontime_pct:y -> ontime_pct; airline;
course:G student_id:rid attendance_pct:x final_exam:y -> final_exam; course; attendance_pct
plate:g well:t concentration:x absorbance:y -> absorbance; plate; concentration
therapist:G client:row bdi_pre:x bdi_post:y -> bdi_post; therapist; bdi_pre
Schule:G Geschlecht:sex Note:y -> Note; Schule;
école:G élève:row heures:x note:y -> note; école; heures
hospital:G age:age died:yesno -> died; hospital; age
operator:G part:t measurement:y -> measurement; operator part;
station:G temp:x no2:y -> no2; station; temp
genotype:G block:t yield:y -> yield; genotype block;
city:G flat:row rooms:few rent_eur:y -> rent_eur; city; rooms
state:G year:t beer_tax:x fatality_rate:y -> fatality_rate; state;
restaurant:G party_size:few tip_pct:y -> tip_pct; restaurant; party_size
clinic:G patient_id:rid hba1c_baseline:x hba1c_12m:y -> hba1c_12m; clinic; hba1c_baseline
vessel:G haul:row depth:x catch_kg:y -> catch_kg; vessel; depth
participant:gid block:t intensity:x accuracy:y -> accuracy; participant;
pen:g pig:row feed:x weight_gain:y -> weight_gain; pen; feed
Region:U Filiale:G Besucher:count Umsatz:y -> Umsatz; Filiale;
school:G hours:x passed:ja -> passed; school; hours
subject:g time_min:t dose:u conc_ng_ml:y -> conc_ng_ml; subject; time_min
worker:G week:t overtime:x units_produced:y -> units_produced; worker;
field:G temp_c:x germinated:yesno -> germinated; field; temp_c
classroom:G pretest:x posttest:y -> posttest; classroom; pretest
bank:G loan_id:rid income:x defaulted:b -> defaulted; bank; income
ward:G nurse:row age:age pain_score:y -> pain_score; ward;
date:date store_id:g temperature:x revenue_usd:y -> revenue_usd; store_id;
species:G leaf_area:x photosynthesis_rate:y -> photosynthesis_rate; species; leaf_area
"""


@dataclass(frozen=True)
class Labelled:
    """A made-up table and what is right: several names where several are."""

    name: str
    table: pd.DataFrame
    outcomes: tuple[str, ...]
    groups: tuple[str, ...]
    predictors: tuple[str, ...]


def labelled(seed: int) -> list[Labelled]:
    """Return every design with numbers drawn anew."""
    lines = [line for line in DESIGNS.strip().splitlines() if line.strip()]
    return [_made(line, np.random.default_rng([seed, i])) for i, line in enumerate(lines)]


def _made(line: str, rng: np.random.Generator) -> Labelled:
    columns, right = line.split(" -> ")
    kinds = dict(part.rsplit(":", 1) for part in columns.split())
    outcomes, groups, predictors = (tuple(part.split()) for part in right.split(";"))
    n_groups = 3 if "g3" in kinds.values() else int(rng.integers(8, 25))
    sizes = np.full(n_groups, int(rng.integers(5, 14)))
    if not {"t", "date"} & set(kinds.values()):
        sizes = rng.integers(4, 16, n_groups) * (4 if n_groups == 3 else 1)
    group = np.repeat(np.arange(n_groups), sizes)
    within = np.concatenate([np.arange(n) for n in sizes])
    made = _Made(rng, group, within, n_groups)
    table = pd.DataFrame({name: made.column(kind) for name, kind in kinds.items()})
    return Labelled(line.split(" ->")[0], table, outcomes, groups, predictors)


class _Made:
    """Columns of one table, of the kinds that designs name."""

    def __init__(
        self, rng: np.random.Generator, group: np.ndarray, within: np.ndarray, n_groups: int
    ) -> None:
        self.rng, self.group, self.within, self.n_groups = rng, group, within, n_groups
        self.n = len(group)
        self.x = rng.normal(size=self.n)
        self.score = 0.7 * self.x + 0.2 * within / max(within.max(), 1)
        self.score += rng.normal(0, 0.7, n_groups)[group] + rng.normal(size=self.n)

    def column(self, kind: str) -> object:
        """Return a column of a kind."""
        return getattr(self, f"_{kind}")()

    def _named(self, stem: str) -> np.ndarray:
        return np.array([f"{stem}{chr(65 + j % 26)}{j // 26 or ''}" for j in range(self.n_groups)])

    def _G(self) -> object:
        stem = self.rng.choice(["North ", "St. ", "", "unit ", "No "])
        return self._named(str(stem))[self.group]

    def _g(self) -> object:
        return self.group + int(self.rng.choice([1, 1, 101]))

    def _g3(self) -> object:
        return self.group

    def _gid(self) -> object:
        return np.array([f"P{j + 1:03d}" for j in self.group])

    def _row(self) -> object:
        return np.arange(1, self.n + 1)

    def _rid(self) -> object:
        return np.array([f"X-{k:05d}" for k in self.rng.permutation(self.n)])

    def _t(self) -> object:
        return self.within + 1

    def _date(self) -> object:
        start = self.rng.integers(0, 300, self.n_groups)[self.group]
        days = start + 14 * self.within + self.rng.integers(0, 5, self.n)
        return (pd.Timestamp("2021-01-05") + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d")

    def _x(self) -> object:
        return (20 + 5 * self.x).round(1)

    def _y(self) -> object:
        scale = float(self.rng.choice([1.0, 10.0, 250.0]))
        return (scale * (6 + self.score)).round(1 if scale > 1 else 2)

    def _age(self) -> object:
        return (45 + 12 * self.x).round().clip(1, 95).astype(int)

    def _count(self) -> object:
        return self.rng.poisson(np.exp(2.0 + 0.3 * self.x))

    def _count2(self) -> object:
        return self.rng.poisson(np.exp(1.5 + 0.4 * self.score))

    def _few(self) -> object:
        return self.rng.integers(1, 5, self.n)

    def _dose(self) -> object:
        return self.rng.choice([0, 10, 20, 40], self.n)

    def _cat(self) -> object:
        return self.rng.choice(["a", "b", "c"], self.n)

    def _sex(self) -> object:
        return self.rng.choice(["female", "male"], self.n)

    def _b(self) -> object:
        return (self.score + self.rng.normal(size=self.n) > 0).astype(int)

    def _yesno(self) -> object:
        return np.where(self._b(), "yes", "no")

    def _ja(self) -> object:
        return np.where(self._b(), "ja", "nein")

    def _u(self) -> object:
        return self.rng.normal(30, 5, self.n_groups).round(1)[self.group]

    def _U(self) -> object:
        areas = np.array(["west", "east", "south"])
        return areas[self.rng.integers(0, 3, self.n_groups)][self.group]

    def _UT(self) -> object:
        return np.array(["drug", "placebo"])[self.rng.integers(0, 2, self.n_groups)][self.group]
