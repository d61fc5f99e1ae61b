"""Is my table what I think it is?"""
