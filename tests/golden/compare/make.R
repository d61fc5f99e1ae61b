# Writes results.json: R's anova of pairs of lme4 models (refitted by ML), from the shipped examples.
# From the root of the repository: Rscript tests/golden/compare/make.R
library(lme4)
library(jsonlite)
tight <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                     optCtrl = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 2e5))
read <- function(name) read.csv(file.path("assets/data", paste0(name, ".csv")), check.names = FALSE)
pairs <- list(
  list("exam", "normexam ~ standLRT + (1 | school)", "normexam ~ standLRT + (standLRT | school)"),
  list("exam", "normexam ~ 1 + (1 | school)", "normexam ~ standLRT + (standLRT | school)"),
  list("exam", "normexam ~ standLRT + schavg + (1 | school)", "normexam ~ standLRT + (1 | school)"),
  list("exam", "normexam ~ standLRT + sex + (1 | school)", "normexam ~ standLRT + vr + (1 | school)"),
  list("exam", "normexam ~ standLRT + sex + vr + (standLRT | school)",
       "normexam ~ standLRT + (standLRT | school)"),
  list("radon", "log_radon ~ floor + (floor | county)",
       "log_radon ~ floor + log_uranium + floor:log_uranium + (floor | county)"),
  list("radon", "log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)"),
  list("sleepstudy", "Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (Days | Subject)"),
  list("sleepstudy", "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)"),
  list("penicillin", "diameter ~ 1 + (1 | plate)", "diameter ~ 1 + (1 | plate) + (1 | sample)")
)
out <- lapply(pairs, function(pair) {
  data <- read(pair[[1]])
  if (pair[[1]] %in% c("sleepstudy")) data$Subject <- factor(data$Subject)
  fits <- lapply(pair[2:3], function(f) lmer(as.formula(f), data, control = tight))
  found <- suppressMessages(anova(fits[[1]], fits[[2]], model.names = c("A", "B")))
  both <- found[c("A", "B"), ]
  list(table = pair[[1]], A = pair[[2]], B = pair[[3]], npar = both$npar, AIC = both$AIC,
       BIC = both$BIC, logLik = both$logLik, deviance = both$deviance,
       chisq = found$Chisq[2], df = found$Df[2], p = found[["Pr(>Chisq)"]][2])
})
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "tests/golden/compare/results.json")
