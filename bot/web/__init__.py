"""The pages: a phone for monitors, a room for offices, invitations, health and the webhook.

Every request is judged by the roster as it stands. Nothing is cached, nothing comes from another
host, and nothing secret stands in an address but the one-time code of an invitation.
"""
