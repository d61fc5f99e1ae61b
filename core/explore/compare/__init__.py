"""Which of two models explains more?"""
