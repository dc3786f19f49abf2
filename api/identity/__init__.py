"""`/identity`: how good the links are, and which are in doubt."""
