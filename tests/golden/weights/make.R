# Writes simulated.csv and results.json: lme4 and lm with weights=.
# From the root of the repository: Rscript tests/golden/weights/make.R
library(lme4)
library(jsonlite)
set.seed(3)
J <- 14
n <- sample(3:12, J, TRUE)
g <- rep(seq_len(J), n)
N <- sum(n)
x <- round(rnorm(N), 3)
z <- sample(c("a", "b", "c"), N, TRUE)
w <- round(exp(rnorm(N, 0, .8)), 3)
f <- sample(1:4, N, TRUE)
u <- round(rnorm(J), 3)[g]
y <- round(1 + .5 * x + rnorm(J, 0, .8)[g] + rnorm(J, 0, .4)[g] * x + .3 * u + rnorm(N) / sqrt(w), 4)
data <- data.frame(y, x, z, u, g = sprintf("g%02d", g), w, f)
write.csv(data, "tests/golden/weights/simulated.csv", row.names = FALSE)
control <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                       optCtrl = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 2e5))
models <- list(
  slope = y ~ x + z + u + (x | g),
  independent = y ~ x + (x || g),
  cross = y ~ x * u + (1 | g),
  mean = y ~ 1 + (1 | g),
  category = y ~ z + x + (1 | g)
)
one <- function(model, reml) {
  m <- lmer(model, data, weights = w, REML = reml, control = control)
  list(criterion = if (reml) REMLcrit(m) else -2 * as.numeric(logLik(m)), fixef = unname(fixef(m)),
       se = unname(sqrt(diag(as.matrix(vcov(m))))), sigma = sigma(m), theta = unname(getME(m, "theta")),
       ranef = unname(as.matrix(ranef(m)$g)), AIC = AIC(m), BIC = BIC(m))
}
fits <- lapply(models, function(model) list(REML = one(model, TRUE), ML = one(model, FALSE)))
whole <- lm(y ~ x + z + u, data, weights = w)
own <- lm(y ~ 0 + g + x + z, data, weights = w)
about <- function(l) list(coef = unname(coef(l)), se = unname(sqrt(diag(vcov(l)))), sigma = sigma(l),
                          logLik = as.numeric(logLik(l)), r2 = summary(l)$r.squared,
                          hat = unname(hatvalues(l)), cook = unname(cooks.distance(l)))
out <- list(models = fits, complete = about(whole), indicators = about(own))
write(toJSON(out, digits = NA, auto_unbox = TRUE), "tests/golden/weights/results.json")
