"""A campaign against the server: killed at random instants while people go on using it.

`python -m tests.campaign --kills 200 --monitors 20 --officers 5` prints what was sent, what was
lost, what was doubled and how long the worst recovery took. A short one is a test.
"""
