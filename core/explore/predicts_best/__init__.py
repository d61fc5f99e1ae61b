"""Is partial pooling worth it, here?"""
