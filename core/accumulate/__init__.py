"""What the events of a stream add up to: snapshots and final answers, of chats, responses and threads.

Uses `structured` and below.
"""
