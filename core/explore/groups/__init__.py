"""What about this group?"""
