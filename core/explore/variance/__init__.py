"""How much do groups differ, and how sure is that?"""
