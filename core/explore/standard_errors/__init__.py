"""Which standard error is right?"""
