"""What next, for a known group and for a new one?"""
