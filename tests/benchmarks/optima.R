# The best of three lme4 optimizers for every model of a folder: Rscript optima.R FOLDER
suppressMessages({library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
controls <- list(
  lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5), calc.derivs = FALSE,
              check.nobs.vs.nRE = "ignore", check.nobs.vs.rankZ = "ignore", check.nlev.gtreq.5 = "ignore", check.scaleX = "ignore"),
  lmerControl(optimizer = "Nelder_Mead", optCtrl = list(maxfun = 1e5), calc.derivs = FALSE,
              check.nobs.vs.nRE = "ignore", check.nobs.vs.rankZ = "ignore", check.nlev.gtreq.5 = "ignore", check.scaleX = "ignore"),
  lmerControl(optimizer = "nloptwrap", optCtrl = list(maxeval = 1e5, xtol_abs = 1e-9, ftol_abs = 1e-9), calc.derivs = FALSE,
              check.nobs.vs.nRE = "ignore", check.nobs.vs.rankZ = "ignore", check.nlev.gtreq.5 = "ignore", check.scaleX = "ignore"))
models <- fromJSON(file.path(folder, "models.json"), simplifyVector = FALSE)
out <- lapply(models, function(m) {
  table <- read.csv(file.path(folder, m$file), colClasses = c(g = "character"))
  values <- sapply(controls, function(control) {
    fit <- try(suppressMessages(suppressWarnings(
      lmer(as.formula(m$formula), table, REML = m$reml, control = control))), silent = TRUE)
    if (inherits(fit, "try-error")) NA else -2 * as.numeric(logLik(fit))
  })
  list(name = m$name, best = suppressWarnings(min(values, na.rm = TRUE)), all = values)
})
write(toJSON(out, auto_unbox = TRUE, digits = 14, na = "null"), file.path(folder, "lme4.json"))
