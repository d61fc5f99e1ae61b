"""What happens to the groups when the pooling is turned by hand?"""
