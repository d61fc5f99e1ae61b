"""Which groups really stand out?"""
