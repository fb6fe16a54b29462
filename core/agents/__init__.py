"""Agents: what a turn of a session comes to, and the programs that follow one."""
