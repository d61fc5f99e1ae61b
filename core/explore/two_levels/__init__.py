"""What do group-level predictors explain?"""
