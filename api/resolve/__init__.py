"""`/resolve`: which coin is it?"""
