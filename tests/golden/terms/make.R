# Gold values of models with terms: lme4, best of three optimizers.
#
#   Rscript tests/golden/terms/make.R tests/golden/terms
#
# Writes simulated.csv (a made table with every kind of column) and results.json. Other data: the
# shipped examples and tests/golden/data.
suppressMessages({library(lme4); library(splines); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
root <- file.path(folder, "..", "..", "..")

set.seed(20261127)
J <- 24; n <- sample(4:16, J, TRUE); g <- rep(seq_len(J), n); N <- length(g)
x <- round(rnorm(N, 2, 1.3), 3); z <- round(runif(N, -1, 4), 3); w <- round(rnorm(N, 50, 12), 2)
p <- round(rlnorm(N, 1, 0.6), 3)
a <- sample(c("red", "green", "blue"), N, TRUE); b <- sample(c("no", "yes"), N, TRUE)
date <- as.Date("1998-03-05") + sample(0:2600, N, TRUE)
u <- round(rnorm(J), 3)[g]
t <- as.numeric(date - as.Date("2000-01-01")) / 365.25
e <- MASS::mvrnorm(J, c(0, 0), matrix(c(1, 0.2, 0.2, 0.25), 2))
y <- 3 + x - 0.2 * x^2 + 0.5 * z + 0.3 * x * z + 0.7 * (a == "red") + 0.4 * (a == "blue") * x +
  0.8 * (b == "yes") - 0.02 * w + sin(z) + log(p) + 0.15 * t + 0.4 * u + 0.2 * x * u +
  e[g, 1] + e[g, 2] * x + rnorm(N)
made <- data.frame(y = round(y, 4), g = sprintf("g%02d", g), x, z, w, p, a, b,
                   date = format(date), u)
made$z[c(5, 77)] <- NA; made$y[120] <- NA
write.csv(made, file.path(folder, "simulated.csv"), row.names = FALSE, quote = FALSE, na = "")

read <- function(path, group) {
  table <- read.csv(path, colClasses = setNames("character", group))
  for (column in names(table)) if (is.character(table[[column]]))
    table[[column]] <- factor(table[[column]], levels = sort(unique(table[[column]]), method = "radix"))
  table
}
made <- read(file.path(folder, "simulated.csv"), "g")
made$t <- as.numeric(as.Date(as.character(made$date)) - as.Date("2000-01-01")) / 365.25
made$days <- as.numeric(as.Date(as.character(made$date)) - min(as.Date(as.character(made$date))))
sleep <- read(file.path(root, "assets/data/sleepstudy.csv"), "Subject")
exam <- read(file.path(root, "assets/data/exam.csv"), "school")
dietox <- read(file.path(root, "tests/golden/data/dietox.csv"), "Pig")

best <- function(formula, data, REML) {
  control <- function(...) lmerControl(..., check.conv.singular = "ignore", calc.derivs = FALSE,
                                       check.rankX = "silent.drop.cols")
  controls <- list(
    control(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5)),
    control(optimizer = "Nelder_Mead", optCtrl = list(maxfun = 1e5, FtolAbs = 1e-12, XtolRel = 1e-10)),
    control(optimizer = "nlminbwrap", optCtrl = list(rel.tol = 1e-14, x.tol = 1e-10)))
  fits <- lapply(controls, function(control) tryCatch(suppressWarnings(suppressMessages(
    lmer(formula, data, REML = REML, control = control))), error = function(e) NULL))
  fits <- Filter(Negate(is.null), fits)
  value <- sapply(fits, function(fit) if (REML) REMLcrit(fit) else deviance(fit))
  fits[[which.min(value)]]
}

said <- function(fit) list(
  criterion = if (isREML(fit)) REMLcrit(fit) else deviance(fit), nobs = nobs(fit),
  names = names(fixef(fit)), estimate = unname(fixef(fit)),
  se = unname(sqrt(diag(as.matrix(vcov(fit))))), sigma = sigma(fit),
  sds = unname(unlist(lapply(VarCorr(fit), attr, "stddev"))),
  fitted = unname(fitted(fit)[1:5]))

out <- list()
case <- function(name, formula, data) {
  out[[name]] <<- list(formula = deparse(formula, width.cutoff = 500),
                       REML = said(best(formula, data, TRUE)), ML = said(best(formula, data, FALSE)))
  cat(name, out[[name]]$REML$criterion, out[[name]]$ML$criterion, "\n")
}

complete <- subset(made, !is.na(z) & !is.na(y))
case("square", y ~ x + I(x^2) + (1 | g), complete)
case("square_slope", y ~ x + I(x^2) + (x | g), complete)
case("square_varies", y ~ x + I(x^2) + (x + I(x^2) || g), complete)
case("cube", y ~ z + I(z^2) + I(z^3) + (1 | g), complete)
case("numbers", y ~ x + z + x:z + (x | g), complete)
case("number_category", y ~ x + a + x:a + (1 | g), complete)
case("number_category_slope", y ~ x + a + x:a + (x | g), complete)
case("categories", y ~ a + b + a:b + (1 | g), complete)
case("three", y ~ x + z + a + x:z + x:a + z:a + x:z:a + (1 | g), complete)
case("three_numbers", y ~ x + z + w + x:z + x:w + z:w + x:z:w + (x | g), complete)
case("four", y ~ (x + z + a + b)^4 + (1 | g), complete)
case("alone", y ~ x + x:z + (1 | g), complete)
case("alone_category", y ~ a + a:x + (1 | g), complete)
case("log_sqrt", y ~ z + log(p) + sqrt(w) + (1 | g), complete)
case("log_varies", y ~ log(p) + (log(p) | g), complete)
case("log_beside", y ~ p + log(p) + (1 | g), complete)
case("standardised", y ~ scale(w) + x + (x | g), complete)
case("spline", y ~ ns(z, 4) + (1 | g), subset(complete, TRUE))
case("spline_knots", y ~ ns(z, knots = c(0, 1.5)) + x + (x | g), complete)
case("spline_ends", y ~ ns(z, knots = c(0, 1.5), Boundary.knots = c(-0.5, 3)) + (1 | g), complete)
case("spline_category", y ~ ns(z, 3) * b + (1 | g), complete)
case("square_category", y ~ (x + I(x^2)) * a + (1 | g), complete)
case("spline_slope", y ~ z + ns(z, 3) + (z | g), complete)
case("years", y ~ t + (t | g), complete)
case("years_square", y ~ t + I(t^2) + (1 | g), complete)
case("days", y ~ days + x + (x | g), complete)
case("two_levels", y ~ x + z + x:z + u + x:u + z:u + x:z:u + (x | g), complete)
case("filtered", y ~ x + I(x^2) + (x | g), subset(complete, a %in% c("red", "blue") & w >= 40 & w <= 70))
case("sleep_square", Reaction ~ Days + I(Days^2) + (Days | Subject), sleep)
case("sleep_spline", Reaction ~ ns(Days, 3) + (1 | Subject), sleep)
case("exam_sex", normexam ~ standLRT * sex + (standLRT | school), exam)
case("exam_cube", normexam ~ standLRT + I(standLRT^2) + I(standLRT^3) + (standLRT | school), exam)
case("dietox_spline", Weight ~ ns(Time, 4) + Cu + (1 | Pig), dietox)
case("dietox_both", Weight ~ (Time + I(Time^2)) * Cu + (Time | Pig), dietox)

ns_case <- function(x, ...) { m <- ns(x, ...); list(x = x, args = list(...), values = unclass(m)[, , drop = FALSE]) }
at <- c(-3, -1, -0.2, 0, 0.31, 1, 1.7, 2, 3.3, 4, 6)
bases <- list(
  list(x = at, knots = c(0.5, 2), boundary = c(-1, 4), values = unname(ns(at, knots = c(0.5, 2), Boundary.knots = c(-1, 4))[, 1:3])),
  list(x = at, knots = c(0, 1, 1, 2), boundary = c(-3, 6), values = unname(ns(at, knots = c(0, 1, 1, 2))[, 1:5])),
  list(x = at, df = 5, values = unname(ns(at, 5)[, 1:5])),
  list(x = at, df = 2, values = unname(ns(at, 2)[, 1:2])))
writeLines(toJSON(list(software = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))),
                       models = out, bases = bases),
                  digits = NA, auto_unbox = TRUE, matrix = "rowmajor", na = "null"),
           file.path(folder, "results.json"))
