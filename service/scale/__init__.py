"""Pool scoring, re-signing and simulation on a Ray cluster: the same results as on one machine, sooner.

Ray is an optional extra (`shelfloop[scale]`): nothing here imports it before it is used.
"""
