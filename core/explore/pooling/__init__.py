"""What do the three fits say about my groups?"""
