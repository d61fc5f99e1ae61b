# lme4 on the simulated tables of simulated.py: criterion of the best of three optimizers.
suppressMessages({library(lme4); library(jsonlite)})
arguments <- commandArgs(trailingOnly = TRUE)
models <- fromJSON(file.path(arguments[1], "models.json"), simplifyVector = FALSE)

controls <- list(
  lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
              check.conv.singular = "ignore", calc.derivs = FALSE),
  lmerControl(optimizer = "Nelder_Mead", optCtrl = list(maxfun = 1e5, FtolAbs = 1e-12, XtolRel = 1e-10),
              check.conv.singular = "ignore", calc.derivs = FALSE),
  lmerControl(optimizer = "nlminbwrap", optCtrl = list(rel.tol = 1e-14, x.tol = 1e-10),
              check.conv.singular = "ignore", calc.derivs = FALSE))

out <- list()
for (name in names(models)) {
  data <- read.csv(file.path(arguments[1], paste0(name, ".csv")))
  model <- models[[name]]
  fits <- lapply(controls, function(control) tryCatch(suppressWarnings(suppressMessages(
    lmer(as.formula(model$formula), data, REML = model$REML, control = control))),
    error = function(e) NULL))
  fits <- Filter(Negate(is.null), fits)
  if (length(fits) == 0) { out[[name]] <- list(criterion = NULL); next }
  values <- sapply(fits, function(f) if (model$REML) REMLcrit(f) else deviance(f))
  best <- fits[[which.min(values)]]
  out[[name]] <- list(formula = model$formula, REML = model$REML, n = nrow(data),
                      criterion = min(values), spread = max(values) - min(values),
                      fixef = unname(fixef(best)), se = unname(sqrt(diag(as.matrix(vcov(best))))),
                      sigma = sigma(best))
}
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null"), arguments[2])
