"""What would happen if I knew the truth?"""
