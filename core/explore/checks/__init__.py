"""Can I believe the model?"""
