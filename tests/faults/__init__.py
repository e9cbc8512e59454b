"""What was found on real use, line by line; each test fails on the version before its mending."""
