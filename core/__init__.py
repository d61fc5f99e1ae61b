"""The public face of ``core``: see the README for a tour."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from core.estimators.bootstrap import Bootstrap, bootstrap
from core.estimators.factors.intervals import variance_intervals
from core.estimators.factors.view import FactorDial, FactorView, factor_dial, factor_view
from core.estimators.inference import fixed_effects
from core.estimators.profile import Profile, profile
from core.exceptions import (
    DataError,
    DegenerateDataError,
    NotIdentifiedError,
    PoolingError,
    SourceError,
    SpecError,
)
from core.explore.checks.row_influence import row_influence
from core.explore.compare.comparison import Comparison, compare
from core.explore.compare.numbers import r_squared, variance_test
from core.explore.compare.predicted_difference import PredictedDifference, compare_predictions
from core.explore.dial.dial_posterior import DialPosterior, dial_posterior
from core.explore.dial.held_out import DialValidation, dial_validation
from core.explore.dial.numbers import DialPosition, dial
from core.explore.dial.path import DialPath, dial_path
from core.explore.dial.receipt import Receipt, receipt
from core.explore.dial.receipt_doubt import ReceiptDoubt, receipt_doubt
from core.explore.dial.split import dial_split
from core.explore.prediction.numbers import predict
from core.explore.predicts_best.numbers import CrossValidation, cross_validate, leave_one_group_out
from core.explore.ranking.numbers import rank
from core.explore.ranking.pairs import GroupDifference, Pairs, compare_groups, pairs_alike
from core.explore.simulate.data_needed import DataNeeded, data_needed
from core.explore.simulate.draw_story import DrawComparison, compare_draw
from core.explore.simulate.numbers import SimulationStudy
from core.explore.simulate.simulation import StudyRun, simulate_many, world_of
from core.explore.simulate.win_map import MapRun, WinMap, win_map
from core.explore.standard_errors.numbers import standard_errors
from core.explore.two_levels.group_columns import GroupColumn, group_columns
from core.explore.two_levels.numbers import TwoLevels, two_levels
from core.explore.two_levels.slopes import Slopes, slopes
from core.explore.variance.numbers import icc, icc_curve
from core.explore.variance.zero_chance import ZeroChance, zero_chance
from core.fitting.fit import fit_all
from core.keep import Keep
from core.model_terms import Interaction, Log, Power, Spline, Sqrt, Time, ZScore
from core.moments import GroupMoments
from core.posterior.posterior import Posterior, posterior
from core.posterior.sensitivity import Sensitivity, prior_sensitivity
from core.posterior.story import posterior_story
from core.posterior.theta.prior import Prior
from core.results import (
    CompletePoolingFit,
    Diagnostic,
    MultilevelFit,
    NoPoolingFit,
    OptSummary,
    PoolingFits,
    Status,
)
from core.sources.asking.asking import Asking
from core.sources.asking.look import Look, look_at
from core.sources.engines.stop import Stop
from core.sources.lazy_table import LazyTable
from core.sources.named import NamedSource, NamedSources, named_sources
from core.sources.opening import open_table
from core.sources.uploads import open_upload
from core.spec import ModelSpec
from core.tables.doctor.describe import describe_columns
from core.tables.doctor.doctor import examine
from core.tables.doctor.finding import Finding
from core.tables.examples import EXAMPLES, Example, load_example
from core.tables.export import to_csv
from core.tables.fix import Fix, apply_fix
from core.tables.grouped import GroupedData
from core.tables.grouping.relations import Relation, relations
from core.tables.left_out import LeftOut
from core.tables.limits import LIMITS, Limits
from core.tables.population import Draw, Population, World, make_world, simulate
from core.tables.read.readers import read_table
from core.tables.read.reading import Reader, Reading
from core.tables.read.report import ReadOptions, ReadReport, read_report, without_repair
from core.tables.recipe_text import SimulationRecipe, read_recipe, recipe_text
from core.tables.repairs.repair import Repair
from core.tables.reshape import wide_to_long
from core.tables.roles.guess_roles import Roles, guess_roles
from core.tables.transform import (
    AddGroupMean,
    CentreGrandMean,
    CentreGroupMean,
    Logarithm,
    Recipe,
    Standardise,
    can_take_log,
    reference_levels,
)
from core.takeaway.scripts import scripts

if TYPE_CHECKING:
    from core.takeaway.work import Work, open_work, save_work
    from core.takeaway.workbook import workbook
    from core.takeaway.written import report, report_markdown

__all__ = [
    "EXAMPLES",
    "LIMITS",
    "AddGroupMean",
    "Asking",
    "Bootstrap",
    "CentreGrandMean",
    "CentreGroupMean",
    "Comparison",
    "CompletePoolingFit",
    "CrossValidation",
    "DataError",
    "DataNeeded",
    "DegenerateDataError",
    "Diagnostic",
    "DialPath",
    "DialPosition",
    "DialPosterior",
    "DialValidation",
    "Draw",
    "DrawComparison",
    "Example",
    "FactorDial",
    "FactorView",
    "Finding",
    "Fix",
    "GroupColumn",
    "GroupDifference",
    "GroupMoments",
    "GroupedData",
    "Interaction",
    "Keep",
    "LazyTable",
    "LeftOut",
    "Limits",
    "Log",
    "Logarithm",
    "Look",
    "MapRun",
    "ModelSpec",
    "MultilevelFit",
    "NamedSource",
    "NamedSources",
    "NoPoolingFit",
    "NotIdentifiedError",
    "OptSummary",
    "Pairs",
    "PoolingError",
    "PoolingFits",
    "Population",
    "Posterior",
    "Power",
    "PredictedDifference",
    "Prior",
    "Profile",
    "ReadOptions",
    "ReadReport",
    "Reader",
    "Reading",
    "Receipt",
    "ReceiptDoubt",
    "Recipe",
    "Relation",
    "Repair",
    "Roles",
    "Sensitivity",
    "SimulationRecipe",
    "SimulationStudy",
    "Slopes",
    "SourceError",
    "SpecError",
    "Spline",
    "Sqrt",
    "Standardise",
    "Status",
    "Stop",
    "StudyRun",
    "Time",
    "TwoLevels",
    "WinMap",
    "Work",
    "World",
    "ZScore",
    "ZeroChance",
    "apply_fix",
    "bootstrap",
    "can_take_log",
    "compare",
    "compare_draw",
    "compare_groups",
    "compare_predictions",
    "cross_validate",
    "data_needed",
    "describe_columns",
    "dial",
    "dial_path",
    "dial_posterior",
    "dial_split",
    "dial_validation",
    "examine",
    "factor_dial",
    "factor_view",
    "fit_all",
    "fixed_effects",
    "group_columns",
    "guess_roles",
    "icc",
    "icc_curve",
    "leave_one_group_out",
    "load_example",
    "look_at",
    "make_world",
    "named_sources",
    "open_table",
    "open_upload",
    "open_work",
    "pairs_alike",
    "posterior",
    "posterior_story",
    "predict",
    "prior_sensitivity",
    "profile",
    "r_squared",
    "rank",
    "read_recipe",
    "read_report",
    "read_table",
    "receipt",
    "receipt_doubt",
    "recipe_text",
    "reference_levels",
    "relations",
    "report",
    "report_markdown",
    "row_influence",
    "save_work",
    "scripts",
    "simulate",
    "simulate_many",
    "slopes",
    "standard_errors",
    "to_csv",
    "two_levels",
    "variance_intervals",
    "variance_test",
    "wide_to_long",
    "win_map",
    "without_repair",
    "workbook",
    "world_of",
    "zero_chance",
]


#: Loaded when first asked for: reports bring every figure along.
_LATE = {
    "report": "core.takeaway.written",
    "report_markdown": "core.takeaway.written",
    "Work": "core.takeaway.work",
    "open_work": "core.takeaway.work",
    "save_work": "core.takeaway.work",
    "workbook": "core.takeaway.workbook",
}


def __getattr__(name: str) -> Any:
    """Return what is loaded late."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module 'core' has no attribute {name!r}")
