# Degrees of freedom (lmerTest) and 95% profile intervals (lme4's confint) of some models.
#
#   Rscript tests/golden/factors/inference.R tests/golden/factors
suppressMessages({library(lmerTest); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
formulas <- list(
  pastes = strength ~ 1 + (1 | batch) + (1 | batch:cask),
  penicillin = diameter ~ 1 + (1 | plate) + (1 | sample),
  pixel = pixel ~ day + (day | Dog) + (1 | Dog:Side),
  stool = effort ~ 1 + (1 | Subject) + (1 | Type))
out <- lapply(names(formulas), function(name) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  fit <- suppressMessages(lmer(formulas[[name]], data,
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))))
  found <- coef(summary(fit))
  ends <- suppressWarnings(confint(fit, quiet = TRUE, oldNames = FALSE))
  list(formula = deparse(formulas[[name]]), terms = rownames(found), df = unname(found[, "df"]),
       parameters = rownames(ends), lower = unname(ends[, 1]), upper = unname(ends[, 2]))
})
names(out) <- names(formulas)
out$software <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                     lmerTest = as.character(packageVersion("lmerTest")))
write_json(out, file.path(folder, "inference.json"), auto_unbox = TRUE, digits = NA, pretty = TRUE)
