"""Results of lme4 and lm to compare with: see README.md."""
