# Writes results.json: leverages and Cook's distances of rows of lme4 fits, and bootMer intervals.
# From the root of the repository: Rscript tests/golden/rows/make.R
library(lme4)
library(jsonlite)
control <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                       optCtrl = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 2e5))
sleep <- read.csv("assets/data/sleepstudy.csv")
sleep$Subject <- factor(sleep$Subject)
weighted <- read.csv("tests/golden/weights/simulated.csv")
fits <- list(
  sleepstudy = lmer(Reaction ~ Days + (Days | Subject), sleep, control = control),
  independent = lmer(Reaction ~ Days + (Days || Subject), sleep, REML = FALSE, control = control),
  weighted = lmer(y ~ x + z + u + (x | g), weighted, weights = w, control = control),
  cross = lmer(y ~ x * u + (1 | g), weighted, control = control)
)
rows <- lapply(fits, function(m) list(
  hat = head(unname(hatvalues(m)), 30), sum = sum(hatvalues(m)),
  cook = head(unname(cooks.distance(m)), 30), worst = max(cooks.distance(m)),
  fitted = head(unname(fitted(m)), 30),
  average = head(unname(predict(m, re.form = NA)), 30),
  average_se = head(unname(sqrt(rowSums((getME(m, "X") %*% as.matrix(vcov(m))) * getME(m, "X")))), 30)
))
ends <- function(m) {
  summarise <- function(f) c(as.data.frame(VarCorr(f), order = "lower.tri")$sdcor, fixef(f))
  made <- suppressMessages(bootMer(m, summarise, nsim = 500, seed = 1))
  list(estimate = unname(made$t0), lower = unname(apply(made$t, 2, quantile, .025, na.rm = TRUE)),
       upper = unname(apply(made$t, 2, quantile, .975, na.rm = TRUE)), se = unname(apply(made$t, 2, sd, na.rm = TRUE)))
}
# Of a weighted fit bootMer draws rows that are all equally precise: no gold.
out <- list(rows = rows, bootMer = list(sleepstudy = suppressWarnings(ends(fits$sleepstudy))))
write(toJSON(out, digits = NA, auto_unbox = TRUE), "tests/golden/rows/results.json")
