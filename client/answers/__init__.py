"""What callers hold in their hands: responses, streams that add up, handlers of events.

Uses `sending`.
"""
