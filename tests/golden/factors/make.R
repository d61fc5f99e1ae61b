# Gold values of models with several grouping factors: lme4, best of three optimizers.
#
#   Rscript tests/golden/factors/make.R tests/golden/factors
#
# Writes <case>.csv (what was fitted) and <case>.json. Data: lme4, nlme and mlmRev.
suppressMessages({library(lme4); library(nlme); library(mlmRev); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]

best <- function(formula, data, REML) {
  controls <- list(
    bobyqa = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
                         check.conv.singular = "ignore", calc.derivs = FALSE),
    nelder = lmerControl(optimizer = "Nelder_Mead",
                         optCtrl = list(maxfun = 1e5, FtolAbs = 1e-12, XtolRel = 1e-10),
                         check.conv.singular = "ignore", calc.derivs = FALSE),
    nlminb = lmerControl(optimizer = "nlminbwrap", optCtrl = list(rel.tol = 1e-14, x.tol = 1e-10),
                         check.conv.singular = "ignore", calc.derivs = FALSE))
  fits <- lapply(controls, function(control)
    tryCatch(suppressWarnings(suppressMessages(
      lmer(formula, data, REML = REML, control = control))), error = function(e) NULL))
  fits <- Filter(Negate(is.null), fits)
  value <- sapply(fits, function(fit) if (REML) REMLcrit(fit) else deviance(fit))
  list(fit = fits[[which.min(value)]], criterion = min(value), spread = max(value) - min(value))
}

said <- function(found) {
  fit <- found$fit
  modes <- ranef(fit, condVar = TRUE)
  factors <- lapply(names(modes), function(name) {
    post <- attr(modes[[name]], "postVar")
    if (is.list(post)) post <- NULL  # several terms for one factor: not given here
    list(levels = rownames(modes[[name]]), names = names(modes[[name]]),
         modes = unname(as.matrix(modes[[name]])),
         condvar = if (is.null(post)) NULL else aperm(post, c(3, 1, 2)))
  })
  names(factors) <- names(modes)
  vc <- VarCorr(fit)
  list(criterion = found$criterion, spread = found$spread,
       fixef = list(names = names(fixef(fit)), estimate = unname(fixef(fit)),
                    se = unname(sqrt(diag(as.matrix(vcov(fit)))))),
       sigma = sigma(fit), singular = isSingular(fit),
       cov = lapply(setNames(names(vc), names(vc)), function(n) unname(as.matrix(vc[[n]])[,, drop = FALSE])),
       factors = factors)
}

write <- function(name, formula, data) {
  columns <- all.vars(formula)
  data <- na.omit(as.data.frame(data)[columns])
  for (column in columns)
    if (is.factor(data[[column]])) data[[column]] <- as.character(data[[column]])
  path <- file.path(folder, paste0(name, ".csv"))
  write.csv(data, path, row.names = FALSE, quote = TRUE)
  # The fit sees what the file holds: text columns are treatment-coded in the C locale's order.
  classes <- sapply(data, function(x) if (is.character(x)) "character" else "numeric")
  data <- read.csv(path, colClasses = classes)
  for (column in columns)
    if (is.character(data[[column]]))
      data[[column]] <- factor(data[[column]], levels = sort(unique(data[[column]]), method = "radix"))
  out <- list(formula = deparse(formula, width.cutoff = 500), n = nrow(data),
              software = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))),
              REML = said(best(formula, data, TRUE)), ML = said(best(formula, data, FALSE)))
  writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, matrix = "rowmajor", na = "null", null = "null"),
             file.path(folder, paste0(name, ".json")))
  cat(name, out$n, out$REML$criterion, out$REML$spread, out$ML$spread, "\n")
}

only <- commandArgs(trailingOnly = TRUE)[2]
case <- function(name, ...) if (is.na(only) || only == name) write(name, ...)

case("pastes", strength ~ 1 + (1 | batch) + (1 | batch:cask), lme4::Pastes)
case("penicillin", diameter ~ 1 + (1 | plate) + (1 | sample), lme4::Penicillin)
case("cake", angle ~ recipe + temp + (1 | replicate) + (1 | recipe:replicate), lme4::cake)
case("oats", yield ~ nitro + Variety + (1 | Block) + (1 | Block:Variety), nlme::Oats)
case("oats_slope", yield ~ nitro + (nitro | Block) + (1 | Block:Variety), nlme::Oats)
case("machines", score ~ Machine + (1 | Worker) + (1 | Worker:Machine), nlme::Machines)
case("pixel", pixel ~ day + (day | Dog) + (1 | Dog:Side), nlme::Pixel)
case("wafer", current ~ voltage + (voltage | Wafer) + (voltage | Wafer:Site), nlme::Wafer)
case("oxide", Thickness ~ 1 + (1 | Lot) + (1 | Lot:Wafer), nlme::Oxide)
case("alfalfa", Yield ~ Date + Variety + (1 | Block) + (1 | Block:Variety), nlme::Alfalfa)
case("stool", effort ~ 1 + (1 | Subject) + (1 | Type), nlme::ergoStool)
case("assay", logDens ~ sample + dilut + (1 | Block) + (1 | Block:sample) + (1 | Block:dilut),
     nlme::Assay)
case("scotssec", attain ~ verbal + sex + (1 | primary) + (1 | second), mlmRev::ScotsSec)
case("egsingle", math ~ year + (1 | childid) + (year | schoolid),
     subset(mlmRev::egsingle, as.integer(schoolid) <= 20))
