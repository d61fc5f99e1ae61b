# Time lme4 on one saved case: prints one line of JSON.   Rscript worker.R FOLDER
suppressMessages(library(lme4))
folder <- commandArgs(trailingOnly = TRUE)[1]
enough_seconds <- 8
most_runs <- 7

read_raw <- function(path) readBin(path, "double", file.size(path) / 8)
columns <- list()
for (path in list.files(folder, "[.]number$", full.names = TRUE)) {
  columns[[sub("[.]number$", "", basename(path))]] <- read_raw(path)
}
for (path in list.files(folder, "[.]label$", full.names = TRUE)) {
  columns[[sub("[.]label$", "", basename(path))]] <- factor(read_raw(path))
}
table <- as.data.frame(columns)
model <- readLines(file.path(folder, "model.json"), warn = FALSE)
names_in <- function(key) {
  inside <- sub(paste0('.*"', key, '": \\[([^]]*)\\].*'), "\\1", model)
  strsplit(gsub('[" ]', "", inside), ",")[[1]]
}
inside <- paste(c("1", names_in("varying")), collapse = " + ")
formula <- as.formula(paste("y ~", paste(names_in("predictors"), collapse = " + "),
                            "+ (", inside, "| g)"))

peak_memory <- function(reset = FALSE) {
  if (reset) try(cat("5", file = "/proc/self/clear_refs"), silent = TRUE)
  line <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
clock <- function() proc.time()[["elapsed"]]
invisible(gc())
before <- peak_memory(reset = TRUE)
outcomes <- file.path(folder, "outcomes")
if (file.exists(outcomes)) {
  y <- matrix(read_raw(outcomes), nrow = nrow(table))
  values <- c()
  fit <- suppressMessages(lmer(formula, table))
  start <- clock()
  for (i in seq_len(ncol(y))) {
    fit <- suppressWarnings(suppressMessages(refit(fit, y[, i])))
    values <- c(values, REMLcrit(fit))
    if (clock() - start > 2 * enough_seconds && i >= 5) break
  }
  seconds <- (clock() - start) * ncol(y) / length(values)
  runs <- length(values)
  criterion <- mean(values[1:5])
} else {
  spent <- c()
  while (length(spent) < most_runs + 1 && sum(spent) < enough_seconds) {
    start <- clock()
    fit <- suppressWarnings(suppressMessages(lmer(formula, table)))
    spent <- c(spent, clock() - start)
  }
  if (length(spent) > 1) spent <- spent[-1]
  seconds <- median(spent)
  runs <- length(spent)
  criterion <- REMLcrit(fit)
}
cat(sprintf('{"seconds": %.6f, "runs": %d, "criterion": %.8f, "memory": %.1f, "version": "%s"}\n',
            seconds, runs, criterion, peak_memory() - before, packageVersion("lme4")))
