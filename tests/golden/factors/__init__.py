"""Gold values of models with several grouping factors (made by ``make.R``)."""
