"""What is said: one dialogue a file, by who is speaking.

A dialogue takes what somebody said and what is known, and gives back what to answer. It knows
no channel, sends nothing, and reads and writes only through the transaction it is handed.
"""
